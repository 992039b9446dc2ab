namespace EchoServer.Check.Probes;

/// <summary>Whether an offer of a subprotocol reaches the server and its choice comes back (RFC 6455 §1.9).</summary>
internal sealed class SubprotocolProbe : IProbe
{
    private const string Offer = "echo-check.v1";

    public string Name => "subprotocol";

    public string? CannotRun(CheckRun run) => run.Options.Connection.Subprotocols.Count > 0 ? "see upgrade: --subprotocol was offered there" : null;

    public async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        using EchoLink link = await run.Peer.OpenAsync(stop, [Offer]).ConfigureAwait(false);
        return link.Connection.Subprotocol == Offer
            ? Finding.Pass("the offer reached the server, and its choice came back", new Fact("agreed", true))
            : run.Info is null
                ? Finding.Skip("the server chose none, as it may; this EchoServer would take any")
                : Finding.Fail("offered, but not agreed on", new(
                    "this server agrees to the first subprotocol that is offered, so something on the way drops Sec-WebSocket-Protocol",
                    "let every proxy on the way pass on the Sec-WebSocket headers, in both directions"), new Fact("agreed", false));
    }
}
