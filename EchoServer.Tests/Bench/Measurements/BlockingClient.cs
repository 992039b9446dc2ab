using System.Net;
using System.Net.Sockets;
using System.Text;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Bench.Measurements;

/// <summary>
/// One WebSocket connection with blocking calls: the fewest system calls possible, and no allocation for a message. Measures
/// starts and allocations, and carries compressed messages. Not thread-safe.
/// </summary>
internal sealed class BlockingClient : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    // RFC 6455 §1.3: the example of a handshake. Nothing is cached between here and the server, so that a fresh key proves nothing.
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private static readonly byte[] Accept = "\r\nsec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"u8.ToArray();
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received;
    private int _from;
    private int _to;

    private BlockingClient(int bufferSize) => _received = new byte[bufferSize];

    public static BlockingClient Connect(int port, int bufferSize = 4096)
    {
        var client = new BlockingClient(bufferSize);
        try
        {
            client._socket.ReceiveTimeout = client._socket.SendTimeout = (int)Timeout.TotalMilliseconds;
            client._socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public static byte[] Request(string path) => Encoding.ASCII.GetBytes(
        $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + $"Sec-WebSocket-Key: {Key}\r\nSec-WebSocket-Version: 13\r\n\r\n");

    public static byte[] Masked(Opcode opcode, ReadOnlySpan<byte> payload, bool isCompressed = false) =>
        FrameOf(opcode, payload, BitConverter.ToUInt32([0x37, 0xFA, 0x21, 0x3D]), isCompressed);

    public static byte[] Unmasked(Opcode opcode, ReadOnlySpan<byte> payload) => FrameOf(opcode, payload, null, isCompressed: false);

    public ReadOnlySpan<byte> Received => _received.AsSpan(_from, _to - _from);

    public void Upgrade(byte[] request)
    {
        Send(request);
        ReadOnlySpan<byte> head = ReadHead();
        if (!head.StartsWith("HTTP/1.1 101 "u8) || !HasAccept(head))
        {
            throw new InvalidDataException($"the handshake was answered with {EscapedText.Quote(head)}");
        }
    }

    public ReadOnlySpan<byte> ReadHead()
    {
        int end;
        while ((end = Received.IndexOf(EndOfHead)) < 0)
        {
            Receive();
        }

        return Take(end + EndOfHead.Length);
    }

    /// <summary>Receives until there are enough bytes, and takes them.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        while (_to - _from < count)
        {
            Receive();
        }

        _from += count;
        return _received.AsSpan(_from - count, count);
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    public void Expect(ReadOnlySpan<byte> expected)
    {
        while (!expected.IsEmpty)
        {
            if (_from == _to)
            {
                Receive();
            }

            int count = Math.Min(expected.Length, _to - _from);
            if (!_received.AsSpan(_from, count).SequenceEqual(expected[..count]))
            {
                throw new InvalidDataException($"expected {EscapedText.Quote(expected)}, but {EscapedText.Quote(_received.AsSpan(_from, count))} came");
            }

            _from += count;
            expected = expected[count..];
        }
    }

    public void Receive()
    {
        Received.CopyTo(_received);
        (_from, _to) = (0, _to - _from);
        if (_to == _received.Length)
        {
            throw new InvalidDataException("the answer is too long");
        }

        int count = _socket.Receive(_received.AsSpan(_to));
        if (count == 0)
        {
            throw new InvalidDataException("the server closed the connection");
        }

        _to += count;
    }

    public void Dispose() => _socket.Dispose();

    private static byte[] FrameOf(Opcode opcode, ReadOnlySpan<byte> payload, uint? key, bool isCompressed)
    {
        byte[] frame = new byte[Frame.SizeOfHeader(payload.Length, key.HasValue) + payload.Length];
        Frame.Write(frame, opcode, payload, default, key, isCompressed);
        return frame;
    }

    // RFC 9110 §5.1: header names know no case; the value's case is compared as well, by folding both.
    private static bool HasAccept(ReadOnlySpan<byte> head)
    {
        for (int i = 0; i <= head.Length - Accept.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(head.Slice(i, Accept.Length), Accept))
            {
                return true;
            }
        }

        return false;
    }
}
