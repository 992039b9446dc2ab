using System.Diagnostics;
using System.Globalization;
using EchoServer.Metrics;
using EchoServer.Text;

namespace EchoServer.Ping;

/// <summary>What the messages of a <c>ping</c> came to. Not thread-safe.</summary>
internal sealed class PingStatistics
{
    private readonly LatencyHistogram _times = new();
    private long _least = long.MaxValue;
    private double _sum;

    /// <summary>How many messages were due, those included for which there was no connection.</summary>
    internal long Sent { get; private set; }

    /// <summary>How many came back in time.</summary>
    internal long Received => _times.Count;

    /// <summary>How many will not come back.</summary>
    internal long Lost => Sent - Received;

    /// <summary>A message is due.</summary>
    internal void AddSent() => Sent++;

    /// <summary>A message came back.</summary>
    internal void AddReceived(long ticks)
    {
        _times.Record(ticks);
        _least = Math.Min(_least, ticks);
        _sum += ticks;
    }

    /// <summary>The two lines at the end; one when nothing came back.</summary>
    internal string Summarize()
    {
        double lostShare = Sent == 0 ? 0 : 100.0 * Lost / Sent;
        string counts = string.Create(CultureInfo.InvariantCulture, $"{Sent} sent, {Received} received, {Lost} lost ({lostShare:0.##} %)");
        if (Received == 0)
        {
            return counts;
        }

        TimeSpan[] times =
            [Stopwatch.GetElapsedTime(0, _least), Stopwatch.GetElapsedTime(0, (long)(_sum / Received)), _times.Max, _times.Percentile(99)];
        return $"{counts}\nround trip min/avg/max/p99 {string.Join('/', times.Select(Times.Milliseconds))} ms";
    }
}
