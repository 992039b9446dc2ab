using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Metrics;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>How long echoes take, beside what a plain request to the same server takes.</summary>
internal static class RoundTripProbe
{
    private const int Count = 20;
    private const int Ok = 200;

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        byte[] message = "round trip"u8.ToArray();
        var echoes = new LatencyHistogram();
        for (int i = 0; i < Count; i++)
        {
            echoes.Record(await run.EchoAsync(Opcode.Text, message, stop).ConfigureAwait(false));
        }

        LatencyHistogram plain = run.Info is null ? new() : await AskHealthAsync(run.Dialer, stop).ConfigureAwait(false);
        return Finding.Pass(
            $"{Count} echoes: {Describe(echoes)}{(plain.Count > 0 ? $"; a GET of /health: {Describe(plain)}" : "")}",
            new("p50Milliseconds", Milliseconds(echoes, 50)),
            new("p99Milliseconds", Milliseconds(echoes, 99)),
            new("healthP50Milliseconds", Milliseconds(plain, 50)),
            new("healthP99Milliseconds", Milliseconds(plain, 99)));
    }

    private static string Describe(LatencyHistogram times) =>
        $"p50 {Times.ShowShort(times.Percentile(50))}, p99 {Times.ShowShort(times.Percentile(99))}";

    private static double? Milliseconds(LatencyHistogram times, double percent) =>
        times.Count > 0 ? times.Percentile(percent).TotalMilliseconds : null;

    private static async Task<LatencyHistogram> AskHealthAsync(Dialer dialer, CancellationToken stop)
    {
        var times = new LatencyHistogram();
        for (int i = 0; i < Count; i++)
        {
            // The connection is not counted: an echo's is there already.
            using TcpLink link = await dialer.OpenAsync(stop).ConfigureAwait(false);
            long start = Stopwatch.GetTimestamp();
            ReceivedAnswer answer = await PlainAnswer.GetAsync(link, dialer, "/health", Ok, stop).ConfigureAwait(false);
            if (answer.Status != Ok)
            {
                return new();
            }

            times.Record(Stopwatch.GetTimestamp() - start);
        }

        return times;
    }
}
