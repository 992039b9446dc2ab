namespace EchoServer.Metrics;

/// <summary>What the operating system says about this process: memory in use, descriptors (0 where that cannot be known), CPU time.</summary>
/// <remarks>Safe on any thread.</remarks>
internal sealed record ProcessFacts(long ResidentBytes, int OpenFiles, double CpuSeconds)
{
    // With thousands of connections the files take milliseconds to count: requests within this time share one count.
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private static (long At, ProcessFacts Facts)? _last;
    private static readonly Lock Gate = new();

    /// <summary>The facts, at most a second old.</summary>
    internal static ProcessFacts Now
    {
        get
        {
            lock (Gate)
            {
                if (_last is not (long at, ProcessFacts facts) || Stopwatch.GetElapsedTime(at) > MaxAge)
                {
                    facts = new ProcessFacts(Environment.WorkingSet, Transport.OpenFiles.Count(), Environment.CpuUsage.TotalTime.TotalSeconds);
                    _last = (Stopwatch.GetTimestamp(), facts);
                }

                return facts;
            }
        }
    }

    /// <summary>The most file descriptors there may be.</summary>
    internal static long MaxOpenFiles { get; } = Transport.OpenFiles.ReadLimit();
}
