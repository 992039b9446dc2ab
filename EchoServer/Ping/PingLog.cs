using EchoServer.Diagnosis;
using EchoServer.Metrics;

namespace EchoServer.Ping;

/// <summary>The messages of a <c>ping</c> that have no answer yet, a line of output for each result, and the statistics of all.</summary>
/// <remarks>Safe on any thread: answers come in while messages go out.</remarks>
internal sealed class PingLog(PingOptions options, TextWriter output)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, long> _pending = [];
    private readonly LatencyHistogram _times = new();
    private long _sent;
    private long _least = long.MaxValue;
    private double _sum;
    private volatile string? _down;

    /// <summary>Counts a message that is due.</summary>
    /// <returns>Whether to send it: false while there is no connection, when it counts as lost.</returns>
    internal bool Begin(long number)
    {
        lock (_lock)
        {
            _sent++;
            if (_down is not null)
            {
                WriteLine($"seq={number} not sent: {_down}");
                return false;
            }

            _pending.Add(number, Stopwatch.GetTimestamp());
            return true;
        }
    }

    /// <summary>Notes an answer, unless its number is of no message.</summary>
    internal void Answer(long number, long now)
    {
        lock (_lock)
        {
            if (number <= 0 || number > _sent)
            {
                return;
            }

            if (!_pending.Remove(number, out long sentAt))
            {
                WriteLine($"seq={number} came too late or twice");
                return;
            }

            TimeSpan time = Stopwatch.GetElapsedTime(sentAt, now);
            bool isInTime = time <= options.Wait;
            if (isInTime)
            {
                _times.Record(now - sentAt);
                _least = Math.Min(_least, now - sentAt);
                _sum += now - sentAt;
            }

            WriteLine($"seq={number} time={Times.Milliseconds(time)} ms{(isInTime ? "" : ", too late")}");
        }
    }

    /// <summary>Notes that the connection is lost, and with it all messages without an answer.</summary>
    internal void Disconnect(string why)
    {
        lock (_lock)
        {
            _down = why;
            WriteLine($"disconnected: {why}");
            foreach (long number in _pending.Keys.Order())
            {
                WriteLine($"seq={number} lost with the connection");
            }

            _pending.Clear();
        }
    }

    /// <summary>Notes why there is still no connection; null when there is one.</summary>
    internal void SetDown(string? why) => _down = why;

    /// <summary>Counts messages as lost that have waited for too long.</summary>
    /// <returns>The time until the next one may have; null when none waits.</returns>
    internal TimeSpan? GiveUpOld()
    {
        lock (_lock)
        {
            long now = Stopwatch.GetTimestamp();
            foreach (long number in _pending.Where(one => Stopwatch.GetElapsedTime(one.Value, now) >= options.Wait).Select(one => one.Key).Order().ToArray())
            {
                _pending.Remove(number);
                WriteLine($"seq={number} no answer within {Times.Seconds(options.Wait)}");
            }

            // A delay has whole milliseconds: one more, or the rest of one would be waited for in a busy loop.
            return _pending.Count == 0 ? null
                : options.Wait - Stopwatch.GetElapsedTime(_pending.Values.Min(), now) + TimeSpan.FromMilliseconds(1);
        }
    }

    /// <summary>Writes the statistics.</summary>
    /// <returns>Whether every message came back in time.</returns>
    internal bool WriteSummary()
    {
        lock (_lock)
        {
            WriteLine($"--- {UrlText.Shown(options.Connection.Url)}");
            long received = _times.Count;
            double lostShare = _sent == 0 ? 0 : 100.0 * (_sent - received) / _sent;
            string counts = string.Create(CultureInfo.InvariantCulture, $"{_sent} sent, {received} received, {_sent - received} lost ({lostShare:0.##} %)");
            TimeSpan[] times = received == 0 ? [] :
                [Stopwatch.GetElapsedTime(0, _least), Stopwatch.GetElapsedTime(0, (long)(_sum / received)), _times.Max, _times.Percentile(99)];
            string roundTrips = $"\nround trip min/avg/max/p99 {string.Join('/', times.Select(Times.Milliseconds))} ms";
            WriteLine($"{counts}{(received == 0 ? "" : roundTrips)}");
            return received == _sent;
        }
    }

    internal void WriteLine(string line)
    {
        lock (_lock)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
