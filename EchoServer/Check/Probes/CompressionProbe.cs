using System.IO.Compression;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>Whether permessage-deflate can be agreed on (RFC 7692), and works.</summary>
internal sealed class CompressionProbe : TalkProbe
{
    private const string Extension = "permessage-deflate";

    // Without context from message to message each can be read by itself.
    private const string Offer = $"{Extension}; server_no_context_takeover; client_no_context_takeover";

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
        bool wasCompressed = await run.Dialer.Step(Stage.Echo).RunAsync(token => AwaitEchoAsync(link, run.Url, token), stop).ConfigureAwait(false);
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
    private static async Task<bool> AwaitEchoAsync(WebSocketLink link, Uri url, CancellationToken stop)
    {
        byte[] bytes = [];
        byte[] message = [];
        bool isCompressed = false;
        while (bytes.Length + message.Length < MaxBytes)
        {
            ReadOnlyMemory<byte> more = await link.ReadRawAsync(stop).ConfigureAwait(false);
            if (more.IsEmpty)
            {
                throw Ended(new LinkEvent(LinkEventKind.Fin, []), url);
            }

            bytes = [.. bytes, .. more.Span];
            while (TryTake(ref bytes, out Frame frame, out byte[] payload))
            {
                if (frame.IsControl)
                {
                    await AnswerAsync(link, frame.Opcode, payload, url, stop).ConfigureAwait(false);
                    continue;
                }

                // RFC 7692 §6: of a message in fragments only the first one says whether it is compressed.
                (message, isCompressed) = frame.Opcode == Opcode.Continuation
                    ? ([.. message, .. payload], isCompressed)
                    : (payload, frame.IsCompressed);
                if (frame.IsFinal && (isCompressed ? Inflate(message, url) : message).AsSpan().EndsWith(Message))
                {
                    return isCompressed;
                }
            }
        }

        throw new ConnectionFailedException(Stage.Echo, "what came is no echo of what was sent", new(
            "without compression the echo comes, with it something else does: something on the way alters messages, or the server has a fault",
            "check the server without the proxies on the way"));
    }

    private static Task AnswerAsync(WebSocketLink link, Opcode opcode, byte[] payload, Uri url, CancellationToken stop) => opcode switch
    {
        Opcode.Ping => link.SendAsync(Opcode.Pong, payload, stop),
        Opcode.Close => throw Ended(WebSocketLink.ReadClose(payload), url),
        _ => Task.CompletedTask,
    };

    private static ConversationEndedException Ended(LinkEvent end, Uri url) => new(end, end.Diagnose(url));

    private static bool TryTake(ref byte[] bytes, out Frame frame, out byte[] payload)
    {
        payload = [];
        if (!Frame.TryReadLayout(bytes, out frame) || (ulong)(bytes.Length - frame.HeaderSize) < frame.PayloadLength)
        {
            return false;
        }

        int end = frame.HeaderSize + (int)frame.PayloadLength;
        payload = bytes[frame.HeaderSize..end];
        bytes = bytes[end..];
        return true;
    }

    private static byte[] Inflate(byte[] compressed, Uri url)
    {
        try
        {
            using var inflater = new DeflateStream(new MemoryStream([.. compressed, .. Tail]), CompressionMode.Decompress);
            byte[] plain = new byte[MaxBytes];
            int length = inflater.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false);
            return plain[..length];
        }
        catch (InvalidDataException)
        {
            throw Ended(new LinkEvent(LinkEventKind.Violation, [], Text: "a compressed message that cannot be read (RFC 7692 §6)"), url);
        }
    }
}
