using System.Diagnostics;
using EchoServer.Connect;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>How long echoes take, beside what a plain request to the same server takes.</summary>
internal sealed class RoundTripProbe : TalkProbe
{
    private const int Count = 20;
    private const int Ok = 200;

    public override string Name => "round-trip";

    public override async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        byte[] message = "round trip"u8.ToArray();
        List<TimeSpan> echoes = [];
        for (int i = 0; i < Count; i++)
        {
            echoes.Add(await run.Talk.EchoAsync(Opcode.Text, message, stop).ConfigureAwait(false));
        }

        List<TimeSpan> plain = run.Info is null ? [] : await AskHealthAsync(run.Dialer, stop).ConfigureAwait(false);
        string beside = plain.Count > 0
            ? $"; a GET of /health: p50 {Times.ShowShort(Percentile(plain, 50))}, p99 {Times.ShowShort(Percentile(plain, 99))}"
            : "";
        return Finding.Pass(
            $"{Count} echoes: p50 {Times.ShowShort(Percentile(echoes, 50))}, p99 {Times.ShowShort(Percentile(echoes, 99))}{beside}",
            new("p50_ms", Percentile(echoes, 50).TotalMilliseconds),
            new("p99_ms", Percentile(echoes, 99).TotalMilliseconds),
            new("health_p50_ms", plain.Count > 0 ? Percentile(plain, 50).TotalMilliseconds : null),
            new("health_p99_ms", plain.Count > 0 ? Percentile(plain, 99).TotalMilliseconds : null));
    }

    /// <summary>By nearest rank.</summary>
    internal static TimeSpan Percentile(List<TimeSpan> times, int percent) =>
        times.Order().ElementAt(Math.Max(0, (int)Math.Ceiling(times.Count * percent / 100.0) - 1));

    private static async Task<List<TimeSpan>> AskHealthAsync(Dialer dialer, CancellationToken stop)
    {
        List<TimeSpan> times = [];
        for (int i = 0; i < Count; i++)
        {
            // The connection is not counted: an echo's is there already.
            using TcpLink link = await dialer.OpenAsync(stop).ConfigureAwait(false);
            long start = Stopwatch.GetTimestamp();
            PlainAnswer answer = await PlainAnswer.GetAsync(link, dialer, "/health", Ok, stop).ConfigureAwait(false);
            if (answer.Answer.Status != Ok)
            {
                return [];
            }

            times.Add(Stopwatch.GetElapsedTime(start));
        }

        return times;
    }
}
