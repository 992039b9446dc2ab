using EchoServer.Check.Conversations;
using EchoServer.Check.Probes;
using EchoServer.Check.Probes.Opening;
using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check;

/// <summary>The probes in their order, each run when its turn has come.</summary>
internal static class CheckPlan
{
    /// <summary>The group of the probes behind one that was essential and has failed.</summary>
    internal const string NotTried = "not tried";

    internal static IReadOnlyList<Probe> Probes(CheckOptions options) =>
    [
        new("url", UrlProbe.RunAsync),
        new("dns", DnsProbe.RunAsync) { IsEssential = true },
        new("tcp", TcpProbe.RunAsync) { IsEssential = true },
        new("proxy", ProxyProbe.RunAsync) { IsEssential = true, CannotRun = ProxyProbe.CannotRun },
        new("tls", TlsProbe.RunAsync) { IsEssential = true },
        new("http", HttpProbe.RunAsync),
        new("upgrade", UpgradeProbe.RunAsync) { IsEssential = true },
        new("greeting", EchoProbes.GreetingAsync) { NeedsEcho = true, CannotRun = EchoProbes.OfOtherServer },
        new("text", EchoProbes.TextAsync) { NeedsEcho = true, CannotRun = EchoProbes.CannotRun },
        new("utf8", EchoProbes.Utf8Async) { NeedsEcho = true, CannotRun = EchoProbes.CannotRun },
        new("binary", EchoProbes.BinaryAsync) { NeedsEcho = true, CannotRun = EchoProbes.CannotRun },
        new("empty", EchoProbes.EmptyAsync) { NeedsEcho = true, CannotRun = EchoProbes.CannotRun },
        new("fragments", EchoProbes.FragmentsAsync) { NeedsEcho = true, CannotRun = EchoProbes.CannotRun },
        new("sizes", SizesProbe.RunAsync) { NeedsEcho = true, CannotRun = SizesProbe.CannotRun },
        new("ping", PingProbe.RunAsync),
        new("compression", CompressionProbe.RunAsync),
        new("subprotocol", SubprotocolProbe.RunAsync) { CannotRun = SubprotocolProbe.CannotRun },
        new("headers", HeadersProbe.RunAsync) { CannotRun = HeadersProbe.CannotRun },
        new("round-trip", RoundTripProbe.RunAsync) { NeedsEcho = true, CannotRun = EchoProbes.CannotRun },
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
                : new(probe.Name, Finding.Skip($"not tried, as {ended} failed") with { Group = NotTried }, TimeSpan.Zero);
            result = result with { NeedsEcho = probe.NeedsEcho };
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
            finding = probe.CannotRun(run) ?? await probe.RunAsync(run, stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ConnectionFailedException || Step.IsOfNetwork(exception))
        {
            // The connection may have ended while something was sent on it.
            run.Peer.HangUp();
            ConnectionFailedException failure = exception as ConnectionFailedException ?? run.Dialer.Step(Stage.Echo).Failed(exception);
            finding = Finding.Fail(failure.Finding, failure.Fault);
        }

        return new(probe.Name, finding, Stopwatch.GetElapsedTime(start));
    }

    private static Probe[] If(bool isAskedFor, Probe probe) => isAskedFor ? [probe] : [];
}
