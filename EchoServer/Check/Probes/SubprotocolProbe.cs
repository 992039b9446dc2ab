using EchoServer.Connect;

namespace EchoServer.Check.Probes;

/// <summary>Whether an offer of a subprotocol reaches the server and its choice comes back (RFC 6455 §1.9).</summary>
internal static class SubprotocolProbe
{
    private const string Offer = "echo-check.v1";
    private const int FirstClientError = 400;
    private const int FirstServerError = 500;

    internal static Finding? CannotRun(CheckRun run) =>
        run.Options.Connection.Subprotocols.Count > 0 ? Finding.Skip("see upgrade: --subprotocol was offered there") : null;

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        EchoLink link;
        try
        {
            link = await run.Peer.OpenAsync(stop, [Offer]).ConfigureAwait(false);
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
