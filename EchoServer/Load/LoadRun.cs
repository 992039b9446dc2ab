using System.Diagnostics.CodeAnalysis;
using EchoServer.Metrics;

namespace EchoServer.Load;

/// <summary>Shared by the connections of one run: its start, its end, and the counts of each thread.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Connections may still count after the run, and few runs are made.")]
internal sealed class LoadRun(Pace? pace)
{
    private readonly ThreadLocal<ThreadTally> _tallies = new(() => new ThreadTally(), trackAllValues: true);

    /// <summary>The schedule of a run with a rate; null for as fast as the echoes come.</summary>
    internal Pace? Pace => pace;

    /// <summary>The time of its start, in ticks of <see cref="Stopwatch"/>.</summary>
    internal long StartedAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>Whether sending is over.</summary>
    internal bool IsEnding
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Right echoes or answers so far, on all threads.</summary>
    internal long Messages => _tallies.Values.Sum(tally => tally.Messages);

    /// <summary>Answers of which no message is known that they are for, so far.</summary>
    internal long Untimed => _tallies.Values.Sum(tally => tally.Untimed);

    /// <summary>The tally of this thread. No other thread writes to it.</summary>
    internal ThreadTally Tally => _tallies.Value!;

    /// <summary>Adds up the tallies of all threads. Exact only while no echo is pending.</summary>
    internal (LatencyHistogram Latency, long Bytes, long LastEchoAt) AddUp()
    {
        var latency = new LatencyHistogram();
        long bytes = 0;
        long last = StartedAt;
        foreach (ThreadTally tally in _tallies.Values)
        {
            latency.Add(tally.Latency);
            bytes += tally.Bytes;
            last = Math.Max(last, tally.LastEchoAt);
        }

        return (latency, bytes, last);
    }
}

/// <summary>Counts for one thread in one run: without a lock, without a shared cache line, and with few histograms.</summary>
/// <remarks>Times are in ticks of <see cref="Stopwatch"/>.</remarks>
internal sealed class ThreadTally
{
    private long _messages;
    private long _bytes;
    private long _untimed;
    private long _lastEchoAt;

    internal LatencyHistogram Latency { get; } = new();

    internal long Messages => Volatile.Read(ref _messages);

    internal long Bytes => Volatile.Read(ref _bytes);

    internal long Untimed => Volatile.Read(ref _untimed);

    internal long LastEchoAt => Volatile.Read(ref _lastEchoAt);

    /// <summary>Counts a right echo, or an answer, whose latency is null when it is not known.</summary>
    internal void Add(long now, long? latency, int bytes)
    {
        if (latency is long known)
        {
            Latency.Record(known);
        }
        else
        {
            Volatile.Write(ref _untimed, _untimed + 1);
        }

        Volatile.Write(ref _messages, _messages + 1);
        Volatile.Write(ref _bytes, _bytes + bytes);
        Volatile.Write(ref _lastEchoAt, now);
    }
}
