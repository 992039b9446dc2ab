using System.Diagnostics;
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

    /// <summary>Lists the probes of a check.</summary>
    internal static IReadOnlyList<IProbe> Probes(CheckOptions options)
    {
        List<IProbe> probes =
        [
            new UrlProbe(), new DnsProbe(), new TcpProbe(), new ProxyProbe(), new TlsProbe(), new HttpProbe(), new UpgradeProbe(),
            new GreetingProbe(), EchoProbe.Text(), EchoProbe.Utf8(), EchoProbe.Binary(), EchoProbe.Empty(), new FragmentsProbe(),
            new SizesProbe(), new PingProbe(), new CompressionProbe(), new SubprotocolProbe(), new HeadersProbe(), new RoundTripProbe(),
            new CloseProbe(),
        ];
        if (options.Conversation.Count > 0)
        {
            probes.Add(new ConversationProbe(options.Conversation));
        }

        if (options.Idle is TimeSpan idle)
        {
            probes.Add(new IdleProbe(idle));
        }

        if (options.Connections is int connections)
        {
            probes.Add(new ConnectionsProbe(connections));
        }

        if (options.ReachesInstances)
        {
            probes.Add(new InstancesProbe());
        }

        return probes;
    }

    /// <summary>Runs the probes.</summary>
    /// <returns>All results, in order.</returns>
    internal static async Task<IReadOnlyList<ProbeResult>> RunAsync(CheckOptions options, Action<ProbeResult> onResult, CancellationToken stop)
    {
        using var run = new CheckRun(options);
        List<ProbeResult> results = [];
        string? ended = null;
        foreach (IProbe probe in Probes(options))
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

    private static async Task<ProbeResult> RunAsync(IProbe probe, CheckRun run, CancellationToken stop)
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
}
