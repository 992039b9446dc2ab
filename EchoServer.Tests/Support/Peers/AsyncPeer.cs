using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace EchoServer.Tests.Support.Peers;

/// <summary>A <see cref="RawPeer"/> for many at a time: no thread waits. Every wait ends with the token that it was made with.</summary>
internal sealed class AsyncPeer : IDisposable
{
    // RFC 6455 §5.2
    private const int FinBit = 0x80;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationToken _patience;

    private AsyncPeer(CancellationToken patience) => _patience = patience;

    /// <summary>Connects. Where a reset is tolerated, the next send or receive reports it.</summary>
    public static async Task<AsyncPeer> ConnectAsync(
        int port, CancellationToken patience, int receiveBuffer = 0, int sendBuffer = 0, bool toleratesReset = false)
    {
        var peer = new AsyncPeer(patience);
        try
        {
            if (receiveBuffer > 0)
            {
                peer._socket.ReceiveBufferSize = receiveBuffer;
            }

            if (sendBuffer > 0)
            {
                peer._socket.SendBufferSize = sendBuffer;
            }

            await peer._socket.ConnectAsync(IPAddress.Loopback, port, patience);
            return peer;
        }
        catch (SocketException exception) when (toleratesReset && exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    public static async Task<AsyncPeer> OpenAsync(int port, CancellationToken patience)
    {
        AsyncPeer peer = await ConnectAsync(port, patience);
        await peer.UpgradeAsync();
        return peer;
    }

    /// <summary>Upgrades to WebSocket on <c>/raw</c>, where the server says nothing by itself.</summary>
    public async Task UpgradeAsync(params string[] lines)
    {
        await SendAsync(Encoding.ASCII.GetBytes(RawPeer.UpgradeRequest("/raw", lines)));
        string head = await ReadHeadAsync();
        if (!head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"no upgrade: {head}");
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, _patience)..];
        }
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _socket.ReceiveAsync(buffer, _patience);

    /// <summary>Reads an answer's head; after it nothing comes unasked except a refusal's body, which is dropped.</summary>
    public async Task<string> ReadHeadAsync()
    {
        byte[] buffer = new byte[1024];
        int length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            int received = await ReceiveAsync(buffer.AsMemory(length));
            length += received > 0 ? received : throw new EndOfStreamException("end of stream in an answer's head");
        }

        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    /// <summary>Reads up to a Close frame, which must have this code; only pings may come before it.</summary>
    public async Task ExpectCloseAsync(int code)
    {
        await using var stream = new NetworkStream(_socket, ownsSocket: false);
        byte[] header = new byte[2];
        byte[] payload;
        do
        {
            await stream.ReadExactlyAsync(header, _patience);
            payload = new byte[header[1]];
            await stream.ReadExactlyAsync(payload, _patience);
        }
        while (header[0] == (FinBit | WireFrame.PingOpcode));

        if (header[0] != (FinBit | WireFrame.CloseOpcode) || BinaryPrimitives.ReadUInt16BigEndian(payload) != code)
        {
            throw new InvalidDataException($"no Close {code}: {Convert.ToHexString(header)} {Convert.ToHexString(payload)}");
        }
    }

    public void Reset() => _socket.Close(0);

    public void Dispose() => _socket.Dispose();
}
