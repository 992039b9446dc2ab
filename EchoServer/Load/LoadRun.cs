using System.Diagnostics;
using EchoServer.Metrics;

namespace EchoServer.Load;

/// <summary>What the connections of one run share: when it began, whether it is over, and what each thread has counted.</summary>
internal sealed class LoadRun
{
    [ThreadStatic]
    private static ThreadTally? _ofThisThread;

    private readonly Lock _lock = new();
    private readonly List<ThreadTally> _tallies = [];
    private volatile bool _isEnding;

    /// <param name="pace">When messages are due; null when the echoes alone say it.</param>
    internal LoadRun(Pace? pace) => Pace = pace;

    /// <summary>When messages are due; null when the echoes alone say it.</summary>
    internal Pace? Pace { get; }

    /// <summary>When it began, in ticks of <see cref="Stopwatch"/>.</summary>
    internal long StartedAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>Whether nothing more is to be sent.</summary>
    internal bool IsEnding
    {
        get => _isEnding;
        set => _isEnding = value;
    }

    /// <summary>Right echoes so far, on all threads.</summary>
    internal long Messages => Tallies().Sum(tally => tally.Messages);

    /// <summary>What this thread counts in. No other thread writes to it.</summary>
    internal ThreadTally Tally => _ofThisThread is ThreadTally tally && tally.Run == this ? tally : NewTally();

    /// <summary>What all threads have counted. Only when the line is quiet.</summary>
    internal (LatencyHistogram Latency, long LastEchoAt) AddUp()
    {
        var latency = new LatencyHistogram();
        long last = StartedAt;
        foreach (ThreadTally tally in Tallies())
        {
            latency.Add(tally.Latency);
            last = Math.Max(last, tally.LastEchoAt);
        }

        return (latency, last);
    }

    private ThreadTally[] Tallies()
    {
        lock (_lock)
        {
            return [.. _tallies];
        }
    }

    private ThreadTally NewTally()
    {
        var tally = new ThreadTally(this);
        lock (_lock)
        {
            _tallies.Add(tally);
        }

        return _ofThisThread = tally;
    }
}

/// <summary>What one thread counts in one run: no lock and no shared cache line on the way of an echo, and few histograms.</summary>
internal sealed class ThreadTally(LoadRun run)
{
    private long _messages;
    private long _lastEchoAt;

    internal LoadRun Run { get; } = run;

    internal LatencyHistogram Latency { get; } = new();

    internal long Messages => Volatile.Read(ref _messages);

    internal long LastEchoAt => Volatile.Read(ref _lastEchoAt);

    /// <summary>Counts a right echo.</summary>
    /// <param name="now">When it was received.</param>
    /// <param name="latency">How long it took, in ticks of <see cref="Stopwatch"/>.</param>
    internal void AddEcho(long now, long latency)
    {
        Latency.Record(latency);
        Volatile.Write(ref _messages, _messages + 1);
        Volatile.Write(ref _lastEchoAt, now);
    }
}
