using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes;

/// <summary>Whether header fields of a request reach the server: one of the check's own, and the offer of a subprotocol.</summary>
internal static class HeaderProbes
{
    private const string Field = "X-Echo-Check";
    private const string Offer = "echo-check.v1";
    private const int FirstClientError = 400;
    private const int FirstServerError = 500;

    /// <summary>An added header reaches the server.</summary>
    internal static async Task<Finding> HeadersAsync(CheckRun run, CancellationToken stop)
    {
        if (run.Info is null)
        {
            return Finding.Skip("needs an EchoServer's /info");
        }

        string value = Guid.NewGuid().ToString("N");
        ServerInfo? info = await ServerInfo.AskAsync(run.Dialer, stop, $"{Field}: {value}").ConfigureAwait(false);
        if (info is null)
        {
            return Finding.Skip("/info did not answer a second time");
        }

        Fact fact = new("arrived", info.Header(Field) == value);
        return info.Header(Field) == value
            ? Finding.Pass($"a header of one's own ({Field}) arrived as sent", fact)
            : Finding.Fail(
                info.Header(Field) is string other ? $"{Field} arrived as '{ReceivedAnswer.Shown(other)}'" : $"{Field} did not arrive",
                new("something on the way drops or alters headers that it does not know", "have it pass on the headers that the app needs, such as tokens and trace ids"),
                fact);
    }

    /// <summary>An offer reaches the server, and its choice comes back (RFC 6455 §1.9).</summary>
    internal static async Task<Finding> SubprotocolAsync(CheckRun run, CancellationToken stop)
    {
        if (run.Options.Connection.Subprotocols.Count > 0)
        {
            return Finding.Skip("see upgrade: --subprotocol was offered there");
        }

        EchoLink link;
        try
        {
            link = await run.OpenAsync(stop, [Offer]).ConfigureAwait(false);
        }
        catch (ConnectionFailedException failure) when (run.Info is null && failure.Answer is { Status: >= FirstClientError and < FirstServerError } answer)
        {
            return Finding.Skip($"the server refuses a subprotocol that it does not know, as it may: {answer.StatusLine}");
        }

        bool isAgreed = link.Connection.Subprotocol == Offer;
        await link.LeaveAsync(stop).ConfigureAwait(false);
        return isAgreed
            ? Finding.Pass("the offer reached the server, and its choice came back", new Fact("agreed", true))
            : run.Info is null
                ? Finding.Skip("the server chose none, as it may; an EchoServer takes any")
                : Finding.Fail("offered, but not agreed on", new(
                    "this server agrees to the first subprotocol that is offered, so something on the way drops Sec-WebSocket-Protocol",
                    "let every proxy on the way pass on the Sec-WebSocket headers, in both directions"), new Fact("agreed", false));
    }
}
