using EchoServer.Check.Wire;

namespace EchoServer.Check.Probes;

/// <summary>Whether an offer of a subprotocol reaches the server and its choice comes back (RFC 6455 §1.9).</summary>
internal sealed class SubprotocolProbe : IProbe
{
    private const string Offer = "echo-check.v1";

    public string Name => "subprotocol";

    public string? CannotRun(CheckRun run) => run.Options.Connection.Subprotocols.Count > 0 ? "see upgrade: --subprotocol was offered there" : null;

    public async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        using WebSocketLink link = await run.Talk.OpenAsync(stop, [Offer]).ConfigureAwait(false);
        return link.Subprotocol == Offer
            ? Finding.Pass("the offer reached the server, and its choice came back", new Fact("agreed", true))
            : run.Info is null
                ? Finding.Skip("the server chose none, as it may; this EchoServer would take any")
                : Finding.Fail("offered, but not agreed on", new(
                    "this server agrees to the first subprotocol that is offered, so something on the way drops Sec-WebSocket-Protocol",
                    "let every proxy on the way pass on the Sec-WebSocket headers, in both directions"), new Fact("agreed", false));
    }
}

/// <summary>Whether a header of one's own reaches the server.</summary>
internal sealed class HeadersProbe : IProbe
{
    private const string Field = "X-Echo-Check";

    public string Name => "headers";

    public string? CannotRun(CheckRun run) => run.Info is null ? "needs an EchoServer's /info" : null;

    public async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
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
}
