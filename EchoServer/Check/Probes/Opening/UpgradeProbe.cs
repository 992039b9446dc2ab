using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes.Opening;

/// <summary>The opening handshake (RFC 6455 §4).</summary>
internal sealed class UpgradeProbe : IProbe
{
    public string Name => "upgrade";

    public bool IsEssential => true;

    public async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        WebSocketLink link = await run.Talk.LinkAsync(stop).ConfigureAwait(false);
        IReadOnlyList<string> wanted = run.Options.Connection.Subprotocols;
        string subprotocol = link.Subprotocol is string agreed ? $", subprotocol {ReceivedAnswer.Shown(agreed)}" : "";
        string text = $"{link.Head.Answer.StatusLine}{subprotocol}";
        Fact[] facts = [new("status", (long)link.Head.Answer.Status), new("subprotocol", link.Subprotocol)];
        return wanted.Count > 0 && link.Subprotocol is null
            ? Finding.Warn(text, new(
                $"none of the offered subprotocols was agreed on ({string.Join(", ", wanted.Select(ReceivedAnswer.Shown))}): browsers fail such a connection",
                "check the names with those that the server knows"), facts)
            : Finding.Pass(text, facts);
    }
}
