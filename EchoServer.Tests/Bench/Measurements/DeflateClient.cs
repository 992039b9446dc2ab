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
    private const int BufferBytes = 256 * 1024;

    private readonly BlockingClient _client;
    private readonly Inflater _inflater = Inflater.Create()!;
    private readonly bool _keepsContext;
    private readonly byte[] _inflated;

    public DeflateClient(int port, int messageBytes, bool keepsContext)
    {
        _keepsContext = keepsContext;
        _inflated = new byte[messageBytes + 1];
        _client = BlockingClient.Connect(port, BufferBytes);
        string offer = $"\r\nSec-WebSocket-Extensions: permessage-deflate{(keepsContext ? "" : WithoutContext)}\r\n\r\n";
        string request = Encoding.ASCII.GetString(BlockingClient.Request("/raw"));
        Send(Encoding.ASCII.GetBytes(request.Replace("\r\n\r\n", offer, StringComparison.Ordinal)));
        string head = Encoding.ASCII.GetString(_client.ReadHead());
        bool isWithout = head.Contains("server_no_context_takeover", StringComparison.OrdinalIgnoreCase);
        if (!head.Contains("permessage-deflate", StringComparison.OrdinalIgnoreCase) || isWithout == keepsContext)
        {
            Dispose();
            throw new InvalidDataException($"the offer of compression was answered with {EscapedText.From(head.AsSpan())}");
        }
    }

    /// <summary>Bytes of payload that came, as compressed.</summary>
    public long WireBytes { get; private set; }

    public static byte[] Message(ReadOnlySpan<byte> text)
    {
        byte[] room = new byte[text.Length + 100];
        using Deflater deflater = Deflater.Create(6, 15)!;
        int length = deflater.Compress(default, text, room, keepsContext: false);
        return BlockingClient.Masked(Opcode.Text, room.AsSpan(0, length), isCompressed: true);
    }

    public void Send(ReadOnlySpan<byte> bytes) => _client.Send(bytes);

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
            ReadOnlySpan<byte> payload = _client.Take((int)frame.PayloadLength);
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

    public void Dispose()
    {
        _client.Dispose();
        _inflater.Dispose();
    }

    private Frame ReadHeader()
    {
        while (true)
        {
            ParseStatus status = Frame.Read(_client.Received, Role.Client, mayCompress: true, out Frame frame, out ProtocolViolation? violation);
            if (status == ParseStatus.Bad || (status == ParseStatus.Done && frame.IsControl))
            {
                throw new InvalidDataException(violation?.Reason ?? $"a {frame.Opcode} frame came");
            }

            if (status == ParseStatus.Done)
            {
                _client.Take(frame.HeaderSize);
                return frame;
            }

            _client.Receive();
        }
    }
}
