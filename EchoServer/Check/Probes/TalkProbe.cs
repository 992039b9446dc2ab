namespace EchoServer.Check.Probes;

/// <summary>A probe that needs an echo.</summary>
internal abstract class TalkProbe : IProbe
{
    public abstract string Name { get; }

    public bool NeedsEcho => true;

    public virtual Finding? CannotRun(CheckRun run) => run.Peer.Dialect.IsKnown ? null : OfOtherServer(run) ?? Finding.Skip("needs an echo");

    public abstract Task<Finding> RunAsync(CheckRun run, CancellationToken stop);

    /// <summary>Skips a probe that sends messages, where the server need not be an echo server.</summary>
    internal static Finding? OfOtherServer(CheckRun run)
    {
        string reason = run.Info is null ? "the server does not say that it is an EchoServer" : "this path is a scenario, which need not echo";
        return run.ExpectsEcho ? null : Finding.Skip($"needs an echo, and {reason}: --echo tries it") with { Group = "need --echo" };
    }
}
