using EchoServer.Check.Conversations;
using EchoServer.Check.Probes;
using EchoServer.Check.Probes.Opening;
using EchoServer.Connect;

namespace EchoServer.Check;

/// <summary>The probes in their order, each run when its turn has come.</summary>
internal static class CheckPlan
{
    /// <summary>The group of the probes behind one that was essential and has failed.</summary>
    internal const string NotTried = "not tried";

    internal static IReadOnlyList<Probe> Probes(CheckOptions options) =>
    [
        new("url", UrlProbe.RunAsync),
        new("dns", RouteProbes.DnsAsync, IsEssential: true),
        new("tcp", RouteProbes.TcpAsync, IsEssential: true),
        new("proxy", RouteProbes.ProxyAsync, IsEssential: true),
        new("tls", TlsProbe.RunAsync, IsEssential: true),
        new("http", HttpProbe.RunAsync),
        new("upgrade", UpgradeProbe.RunAsync, IsEssential: true),
        new(EchoProbes.Greeting, EchoProbes.GreetingAsync, NeedsEcho: true),
        new("text", EchoProbes.TextAsync, NeedsEcho: true),
        new("utf8", EchoProbes.Utf8Async, NeedsEcho: true),
        new("binary", EchoProbes.BinaryAsync, NeedsEcho: true),
        new("empty", EchoProbes.EmptyAsync, NeedsEcho: true),
        new("fragments", EchoProbes.FragmentsAsync, NeedsEcho: true),
        new("sizes", SizesProbe.RunAsync, NeedsEcho: true),
        new("ping", EchoProbes.PingAsync),
        new("compression", CompressionProbe.RunAsync),
        new("subprotocol", HeaderProbes.SubprotocolAsync),
        new("headers", HeaderProbes.HeadersAsync),
        new("round-trip", RoundTripProbe.RunAsync, NeedsEcho: true),
        new("close", CloseProbe.RunAsync),
        .. If(options.Conversation.Count > 0, new("conversation", Conversation.ProbeAsync)),
        .. If(options.Idle is not null, new("idle", IdleProbe.RunAsync)),
        .. If(options.Connections is not null, new("connections", ConnectionsProbe.RunAsync)),
        .. If(options.ReachesInstances, new("instances", InstancesProbe.RunAsync)),
    ];

    internal static async Task<IReadOnlyList<ProbeResult>> RunAsync(CheckOptions options, Action<ProbeResult> onResult, CancellationToken stop)
    {
        using var run = new CheckRun(options);
        List<ProbeResult> results = [];
        string? ended = null;
        foreach (Probe probe in Probes(options))
        {
            ProbeResult result = ended is null
                ? await RunAsync(probe, run, stop).ConfigureAwait(false)
                : new(probe.Name, Finding.Skip($"not tried, as {ended} failed") with { Group = NotTried }, TimeSpan.Zero, probe.NeedsEcho);
            results.Add(result);
            onResult(result);
            ended ??= probe.IsEssential && result.Finding.Outcome == Outcome.Fail ? probe.Name : null;
        }

        return results;
    }

    internal static async Task<ProbeResult> RunAsync(Probe probe, CheckRun run, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        Finding finding;
        try
        {
            finding = (probe.NeedsEcho ? EchoProbes.WhyNotTried(probe, run) : null) ?? await probe.RunAsync(run, stop).ConfigureAwait(false);
        }
        catch (ConnectionFailedException failure)
        {
            // The connection may have ended while something was sent on it.
            run.HangUp();
            finding = Finding.Fail(failure.Finding, failure.Fault);
        }

        return new(probe.Name, finding, Stopwatch.GetElapsedTime(start), probe.NeedsEcho);
    }

    private static Probe[] If(bool isAskedFor, Probe probe) => isAskedFor ? [probe] : [];
}
