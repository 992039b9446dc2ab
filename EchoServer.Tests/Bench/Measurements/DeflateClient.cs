using System.Net;
using System.Net.Sockets;
using System.Text;
using EchoServer.Text;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Bench.Measurements;

/// <summary>
/// One connection with permessage-deflate (RFC 7692): sends messages that were compressed before, and reads each echo to its last
/// byte. Its calls block; not safe on several threads.
/// </summary>
internal sealed class DeflateClient : IDisposable
{
    private const string WithoutContext = "; server_no_context_takeover; client_no_context_takeover";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Inflater _inflater = Inflater.Create()!;
    private readonly bool _keepsContext;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly byte[] _inflated;
    private int _from;
    private int _to;

    /// <summary>Connects and upgrades.</summary>
    /// <param name="port">The server's port on the loopback interface.</param>
    /// <param name="messageBytes">The largest message that will come.</param>
    /// <param name="keepsContext">Whether messages may refer back to those before; otherwise the server is asked to see that they do not.</param>
    /// <exception cref="InvalidDataException">The server does not agree on that.</exception>
    public DeflateClient(int port, int messageBytes, bool keepsContext)
    {
        _keepsContext = keepsContext;
        _inflated = new byte[messageBytes + 1];
        _socket.ReceiveTimeout = _socket.SendTimeout = (int)Timeout.TotalMilliseconds;
        _socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
        string offer = $"\r\nSec-WebSocket-Extensions: permessage-deflate{(keepsContext ? "" : WithoutContext)}\r\n\r\n";
        string request = Encoding.ASCII.GetString(BlockingClient.Request("/raw"));
        Send(Encoding.ASCII.GetBytes(request.Replace("\r\n\r\n", offer, StringComparison.Ordinal)));
        string head = ReadHead();
        bool isWithout = head.Contains("server_no_context_takeover", StringComparison.OrdinalIgnoreCase);
        if (!head.Contains("permessage-deflate", StringComparison.OrdinalIgnoreCase) || isWithout == keepsContext)
        {
            Dispose();
            throw new InvalidDataException($"the offer of compression was answered with {EscapedText.From(head.AsSpan())}");
        }
    }

    /// <summary>Bytes of payload that came, as compressed.</summary>
    public long WireBytes { get; private set; }

    /// <summary>A message as this client sends it: text, compressed by itself, masked.</summary>
    public static byte[] Message(ReadOnlySpan<byte> text)
    {
        byte[] room = new byte[text.Length + 100];
        using Deflater deflater = Deflater.Create(6, 15)!;
        int length = deflater.Compress(default, text, room, keepsContext: false);
        const uint Key = 0x3D21FA37;
        byte[] frame = new byte[Frame.SizeOfHeader(length, masked: true) + length];
        int header = Frame.WriteHeader(frame, Opcode.Text, length, maskingKey: Key, isCompressed: true);
        Masking.Apply(room.AsSpan(0, length), frame.AsSpan(header), Key);
        return frame;
    }

    /// <summary>Sends all of it.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    /// <summary>Reads a message, in however many fragments it comes.</summary>
    /// <returns>Whether it is this text.</returns>
    public bool ReadsEcho(ReadOnlySpan<byte> text)
    {
        int length = 0;
        bool isCompressed = false;
        Frame frame;
        bool isFirst = true;
        do
        {
            frame = ReadHeader();
            isCompressed = isFirst ? frame.IsCompressed : isCompressed;
            isFirst = false;
            ReadOnlySpan<byte> payload = Read((int)frame.PayloadLength);
            WireBytes += payload.Length;
            Span<byte> room = _inflated.AsSpan(length);
            int written = Math.Min(payload.Length, room.Length);
            if (!isCompressed)
            {
                payload[..written].CopyTo(room);
            }
            else if (!_inflater.Inflate(payload, room, out _, out written))
            {
                return false;
            }

            length += written;
        }
        while (!frame.IsFinal);

        bool isWhole = !isCompressed || _inflater.EndMessage(hasTail: false);
        if (!_keepsContext)
        {
            _inflater.Forget();
        }

        return isWhole && _inflated.AsSpan(0, length).SequenceEqual(text);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _inflater.Dispose();
    }

    private Frame ReadHeader()
    {
        while (true)
        {
            ParseStatus status = Frame.Read(_buffer.AsSpan(_from, _to - _from), Role.Client, mayCompress: true, out Frame frame, out ProtocolViolation? violation);
            if (status == ParseStatus.Bad || (status == ParseStatus.Done && frame.IsControl))
            {
                throw new InvalidDataException(violation?.Reason ?? $"a {frame.Opcode} frame came");
            }

            if (status == ParseStatus.Done)
            {
                _from += frame.HeaderSize;
                return frame;
            }

            Receive();
        }
    }

    private ReadOnlySpan<byte> Read(int count)
    {
        while (_to - _from < count)
        {
            Receive();
        }

        _from += count;
        return _buffer.AsSpan(_from - count, count);
    }

    private string ReadHead()
    {
        int end;
        while ((end = _buffer.AsSpan(_from, _to - _from).IndexOf("\r\n\r\n"u8)) < 0)
        {
            Receive();
        }

        return Encoding.ASCII.GetString(Read(end + 4));
    }

    private void Receive()
    {
        if (_from > 0)
        {
            _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
            (_from, _to) = (0, _to - _from);
        }

        int count = _socket.Receive(_buffer.AsSpan(_to));
        _to += count > 0 ? count : throw new InvalidDataException("the server closed the connection");
    }
}
