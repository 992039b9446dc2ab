using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Check.Probes;

/// <summary>Whether permessage-deflate can be agreed on (RFC 7692), and works.</summary>
internal static class CompressionProbe
{
    private const string Offer = $"{DeflateParameters.Offer}; server_no_context_takeover; client_no_context_takeover";
    private const int MaxBytes = 64 * 1024;

    // Long enough for servers that do not compress short messages.
    private static readonly byte[] Message = [.. Enumerable.Repeat("compress me, "u8.ToArray(), 100).SelectMany(part => part)];

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        bool echoes = run.Dialect.IsKnown;
        using EchoLink link = await run.OpenAsync(
            stop, extensions: Offer, maxMessageBytes: echoes ? MaxBytes : ClientConnection.MaxMessageBytes).ConfigureAwait(false);
        string? agreed = link.Connection.Extensions;
        Finding finding = agreed is not { Length: > 0 }
            ? NotAgreed(run.Info)
            : Finding.Pass(
                $"{ReceivedAnswer.Shown(agreed)}{(echoes ? await EchoAsync(link, run.Dialer, stop).ConfigureAwait(false) : "")}",
                new("agreed", true), new("extensions", agreed));
        await link.LeaveAsync(stop).ConfigureAwait(false);
        return finding;
    }

    /// <returns>How the echo came, in words.</returns>
    private static async Task<string> EchoAsync(EchoLink link, Dialer dialer, CancellationToken stop)
    {
        // Sent uncompressed, as the extension allows for any message. The echo may be compressed.
        await link.SendAsync(Opcode.Text, Message, stop).ConfigureAwait(false);
        var deadline = Deadline.In(dialer.Options.Timeout);
        while (true)
        {
            long? before = link.Connection.Compressed?.Received.Messages;
            ClientEvent received = await link.Connection.ReceiveAsync(deadline, stop).ConfigureAwait(false) ?? throw dialer.Step(Stage.Echo).TimedOut();
            if (received.IsMessage && received.Payload.AsSpan().EndsWith(Message))
            {
                return link.Connection.Compressed?.Received.Messages > before ? "; the echo came compressed" : "; the echo came uncompressed";
            }

            if (received is { Kind: ClientEventKind.Violation, Code: CloseCode.MessageTooBig })
            {
                throw new ConnectionFailedException(Stage.Echo, "the answer has no echo of what was sent", new(
                    "without compression the echo comes, with it something else does: something on the way alters messages, or the server has a fault",
                    "check the server without the proxies on the way"));
            }

            if (received.IsEnd)
            {
                throw ConnectionFailedException.Of(received, dialer.Url);
            }
        }
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
}
