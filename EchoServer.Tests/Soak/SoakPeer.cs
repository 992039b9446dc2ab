using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EchoServer.Tests.Support.Peers;
using EchoServer.Tests.Support.Wire;

namespace EchoServer.Tests.Soak;

/// <summary>What <see cref="RawPeer"/> is, for many at a time: no thread waits.</summary>
internal sealed class SoakPeer : IDisposable
{
    // RFC 6455 §5.2
    private const int FinBit = 0x80;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private SoakPeer()
    {
    }

    public static async Task<SoakPeer> ConnectAsync(int port, CancellationToken patience, int receiveBuffer = 0)
    {
        var peer = new SoakPeer();
        if (receiveBuffer > 0)
        {
            peer._socket.ReceiveBufferSize = receiveBuffer;
        }

        try
        {
            await peer._socket.ConnectAsync(IPAddress.Loopback, port, patience);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>Connects and upgrades.</summary>
    public static async Task<SoakPeer> OpenAsync(int port, CancellationToken patience)
    {
        SoakPeer peer = await ConnectAsync(port, patience);
        await peer.UpgradeAsync(patience);
        return peer;
    }

    public async Task UpgradeAsync(CancellationToken patience)
    {
        await SendAsync(Encoding.ASCII.GetBytes(RawPeer.UpgradeRequest()), patience);
        string head = await ReadHeadAsync(patience);
        if (!head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"no upgrade: {head}");
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken patience)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, patience)..];
        }
    }

    /// <summary>Reads an answer's head; after it nothing comes unasked except a refusal's body, which is dropped.</summary>
    public async Task<string> ReadHeadAsync(CancellationToken patience)
    {
        byte[] buffer = new byte[1024];
        int length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            int received = await _socket.ReceiveAsync(buffer.AsMemory(length), patience);
            length += received > 0 ? received : throw new EndOfStreamException("end of stream in an answer's head");
        }

        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    /// <summary>Reads up to a Close frame, which must have this code; only pings may come before it.</summary>
    public async Task ExpectCloseAsync(int code, CancellationToken patience)
    {
        await using var stream = new NetworkStream(_socket, ownsSocket: false);
        byte[] header = new byte[2];
        byte[] payload;
        do
        {
            await stream.ReadExactlyAsync(header, patience);
            payload = new byte[header[1]];
            await stream.ReadExactlyAsync(payload, patience);
        }
        while (header[0] == (FinBit | WireFrame.PingOpcode));

        if (header[0] != (FinBit | WireFrame.CloseOpcode) || BinaryPrimitives.ReadUInt16BigEndian(payload) != code)
        {
            throw new InvalidDataException($"no Close {code}: {Convert.ToHexString(header)} {Convert.ToHexString(payload)}");
        }
    }

    /// <summary>Ends the connection with a reset (RST).</summary>
    public void Reset() => _socket.Close(0);

    public void Dispose() => _socket.Dispose();
}
