namespace EchoServer.Check.Probes;

/// <summary>What the probes that need an echo have in common.</summary>
internal static class TalkProbe
{
    /// <summary>Skips a probe where no echo is known.</summary>
    internal static Finding? CannotRun(CheckRun run) => run.Peer.Dialect.IsKnown ? null : OfOtherServer(run) ?? Finding.Skip("needs an echo");

    /// <summary>Skips a probe that sends messages, where the server need not be an echo server.</summary>
    internal static Finding? OfOtherServer(CheckRun run)
    {
        string reason = run.Info is null ? "the server does not say that it is an EchoServer" : "this path is a scenario, which need not echo";
        return run.ExpectsEcho ? null : Finding.Skip($"needs an echo, and {reason}: --echo tries it") with { Group = "need --echo" };
    }
}
