using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes.Opening;

/// <summary>The opening handshake (RFC 6455 §4).</summary>
internal static class UpgradeProbe
{
    private const int BadRequest = 400;

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        ClientConnection connection;
        try
        {
            connection = (await run.LinkAsync(stop).ConfigureAwait(false)).Connection;
        }
        catch (ConnectionFailedException failure) when (run.Obstacle is not null && IsConsequence(failure))
        {
            return Finding.Fail(failure.Finding, run.Obstacle);
        }

        IReadOnlyList<string> wanted = run.Options.Connection.Subprotocols;
        string subprotocol = connection.Subprotocol is string agreed ? $", subprotocol {ReceivedAnswer.Shown(agreed)}" : "";
        string text = $"{connection.Answer.StatusLine}{subprotocol}";
        Fact[] facts = [new("status", (long)connection.Answer.Status), new("subprotocol", connection.Subprotocol)];
        return wanted.Count > 0 && connection.Subprotocol is null
            ? Finding.Warn(text, new(
                $"none of the offered subprotocols was agreed on ({string.Join(", ", wanted.Select(ReceivedAnswer.Shown))}): browsers fail such a connection",
                "check the names with those that the server knows"), facts)
            : Finding.Pass(text, facts);
    }

    /// <summary>Whether the cause can be that of the plain GET before: TLS on the port, or an instance that the router has taken out since then.</summary>
    private static bool IsConsequence(ConnectionFailedException failure) =>
        failure.Stage == Stage.Answer && (failure.Answer is null or { Status: BadRequest } || RouterDiagnosis.IsWithoutInstance(failure.Answer));
}
