namespace EchoServer.Check;

/// <summary>What a probe found, and how long that took.</summary>
internal sealed record ProbeResult(string Name, Finding Finding, TimeSpan Elapsed)
{
    /// <inheritdoc cref="Probe.NeedsEcho"/>
    internal bool NeedsEcho { get; init; }
}
