using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>Whether close code and reason are carried both ways (RFC 6455 §7).</summary>
internal static class CloseProbe
{
    // RFC 6455 §7.4.2: 4000-4999 are for private use.
    private const CloseCode Code = (CloseCode)4321;
    private const string Reason = "the check is done";

    // RFC 6455 §5.2: reserved, so that a server must fail the connection.
    private const Opcode Reserved = (Opcode)0x3;

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        // An app may give its own codes a meaning; 1000 is what every client ends with.
        bool echoes = run.Dialect.IsKnown;
        (CloseCode code, string reason) = echoes ? (Code, Reason) : (CloseCode.NormalClosure, "");
        ClientEvent reply = await SendAsync(run, link => link.CloseAsync(code, reason, stop), stop).ConfigureAwait(false);
        bool isClose = reply.Kind == ClientEventKind.Close;
        Fact[] facts = [new("replyCode", isClose ? (long)reply.Code!.Value : null), new("replyReason", isClose ? reply.Reason : null)];
        if (!isClose)
        {
            return Finding.Fail($"our Close was answered with {reply.Describe()}", reply.Kind == ClientEventKind.Violation ? reply.Diagnose(run.Url) : new(
                "the server's Close was lost: something on the way ends both directions as soon as one ends, or the server does not answer a Close",
                "clients then see 1006 instead of the code: do not build on close codes here, or mend the proxy on the way"), facts);
        }

        if (!echoes)
        {
            string answer = $"our {ClosePayload.Describe(code)} was answered with {reply.Describe()}";
            return reply.Code is CloseCode.NormalClosure or CloseCode.NoStatusReceived
                ? Finding.Pass(answer, facts)
                : Finding.Warn(answer, reply.Diagnose(run.Url), facts);
        }

        if (reply.Code != code)
        {
            return Finding.Warn($"our {ClosePayload.Describe(code)} was answered with {reply.Describe()}", new(
                "the reply does not repeat our code, as endpoints typically do (RFC 6455 §5.5.1): the code may not have arrived",
                "do not build on codes that the client sends here"), facts);
        }

        string both = reply.Reason == reason ? "code and reason" : "the code";
        if (run.Info is null)
        {
            return Finding.Pass($"{both} of our Close came back: {reply.Describe()}", facts);
        }

        // The other way round: the Close of an EchoServer for a frame that breaks the protocol.
        ClientEvent own = await SendAsync(run, link => link.SendAsync(Reserved, ReadOnlyMemory<byte>.Empty, stop), stop).ConfigureAwait(false);
        return own is { Kind: ClientEventKind.Close, Code: CloseCode.ProtocolError, Reason.Length: > 0 }
            ? Finding.Pass($"{both} of our Close came back; the server's own arrived: {own.Describe()}", [.. facts, new("serverCode", (long)own.Code)])
            : Finding.Fail($"the server's own Close arrived as {own.Describe()}", new(
                "a Close from the server does not arrive as it was sent: something on the way loses or alters it",
                "clients then see 1006 or another code: do not build on close codes here, or mend the proxy on the way"), facts);
    }

    private static async Task<ClientEvent> SendAsync(CheckRun run, Func<EchoLink, Task> send, CancellationToken stop)
    {
        EchoLink link = await run.LinkAsync(stop).ConfigureAwait(false);
        try
        {
            await send(link).ConfigureAwait(false);
            return await link.WaitForEndAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            run.HangUp();
        }
    }
}
