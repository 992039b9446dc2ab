namespace EchoServer.Check.Probes;

/// <summary>A probe that needs an echo.</summary>
internal abstract class TalkProbe : IProbe
{
    public abstract string Name { get; }

    public virtual string? CannotRun(CheckRun run) => run.Peer.Dialect.IsKnown ? null : "needs an echo";

    public abstract Task<Finding> RunAsync(CheckRun run, CancellationToken stop);
}
