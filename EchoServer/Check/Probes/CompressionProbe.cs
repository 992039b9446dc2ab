using System.IO.Compression;
using EchoServer.Check.Wire;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>Whether permessage-deflate can be agreed on (RFC 7692), and works.</summary>
internal sealed class CompressionProbe : TalkProbe
{
    private const string Extension = "permessage-deflate";

    // Without context from message to message each can be read by itself.
    private const string Offer = $"{Extension}; server_no_context_takeover; client_no_context_takeover";

    // RFC 6455 §5.2 and RFC 7692 §6: RSV1 says that the message is compressed.
    private const byte Rsv1 = 0x40;

    private const int MaxBytes = 64 * 1024;

    // RFC 7692 §7.2.2: what the sender took off the end.
    private static readonly byte[] Tail = [0x00, 0x00, 0xFF, 0xFF];

    // Long enough for servers that leave short messages as they are.
    private static readonly byte[] Message = [.. Enumerable.Repeat("compress me, "u8.ToArray(), 100).SelectMany(part => part)];

    public override string Name => "compression";

    public override async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        using WebSocketLink link = await WebSocketLink.OpenAsync(run.Dialer, null, Offer, stop).ConfigureAwait(false);
        if (link.Extensions is not { Length: > 0 } agreed)
        {
            return NotAgreed(run.Info);
        }

        // Not compressed, as the extension allows for any message; what comes back may be.
        await link.SendAsync(Opcode.Text, Message, stop).ConfigureAwait(false);
        bool wasCompressed = await run.Dialer.Step(Stage.Echo).RunAsync(token => AwaitEchoAsync(link, token), stop).ConfigureAwait(false);
        return Finding.Pass(
            $"{ReceivedAnswer.Shown(agreed)}; the echo came {(wasCompressed ? "compressed" : "uncompressed")}",
            new("agreed", true), new("extensions", agreed));
    }

    private static Finding NotAgreed(ServerInfo? info) => info switch
    {
        { Compresses: true } => Finding.Warn(
            "offered, but not agreed on",
            new("the server compresses, so something on the way drops Sec-WebSocket-Extensions", "nothing breaks, but more bytes are sent; let proxies on the way pass on the Sec-WebSocket headers"),
            new Fact("agreed", false)),
        { Compresses: false } => Finding.Skip("this server does not compress"),
        _ => Finding.Skip("not agreed on: the server does not compress, or something on the way drops the offer"),
    };

    /// <summary>Reads messages, compressed or not, until the echo is there.</summary>
    /// <returns>Whether it was compressed.</returns>
    private static async Task<bool> AwaitEchoAsync(WebSocketLink link, CancellationToken stop)
    {
        byte[] bytes = [];
        while (bytes.Length < MaxBytes)
        {
            ReadOnlyMemory<byte> more = await link.ReadRawAsync(stop).ConfigureAwait(false);
            if (more.IsEmpty)
            {
                throw new EndOfStreamException("the stream ended before the echo");
            }

            bytes = [.. bytes, .. more.Span];
            while (TryTake(ref bytes, out byte[] payload, out bool isCompressed))
            {
                if (payload.AsSpan().EndsWith(Message))
                {
                    return isCompressed;
                }
            }
        }

        throw new InvalidDataException("what came is no echo of what was sent");
    }

    private static bool TryTake(ref byte[] bytes, out byte[] payload, out bool isCompressed)
    {
        payload = [];
        isCompressed = bytes.Length > 0 && (bytes[0] & Rsv1) != 0;
        if (!Frame.TryReadLayout(bytes, out Frame frame) || (ulong)(bytes.Length - frame.HeaderSize) < frame.PayloadLength)
        {
            return false;
        }

        int end = frame.HeaderSize + (int)frame.PayloadLength;
        payload = isCompressed ? Inflate(bytes[frame.HeaderSize..end]) : bytes[frame.HeaderSize..end];
        bytes = bytes[end..];
        return true;
    }

    private static byte[] Inflate(byte[] compressed)
    {
        using var inflater = new DeflateStream(new MemoryStream([.. compressed, .. Tail]), CompressionMode.Decompress);
        byte[] plain = new byte[MaxBytes];
        int length = inflater.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false);
        return plain[..length];
    }
}
