namespace EchoServer.Metrics;

/// <summary>How long echoes take: a histogram of the steps that were timed.</summary>
/// <remarks>
/// Safe on any thread. One step in <see cref="OneStepIn"/> is timed, so the two atomic additions here are shared by at least that
/// many messages; and they rarely meet another core's, for each core has a row of its own.
/// </remarks>
internal sealed class EchoTimes
{
    /// <summary>How many steps of a connection there are to one that is timed; a power of two.</summary>
    internal const int OneStepIn = 16;

    // Rows are kept a cache line apart: 64 bytes on every machine that matters, twice that where lines are fetched in pairs.
    private const int LongsBetweenRows = 128 / sizeof(long);

    private readonly int _rowLength = UpperBounds.Length + 2 + LongsBetweenRows;
    private readonly int _rows = Environment.ProcessorCount;

    // A row: a number for each bucket, the last without a bound; then the sum in ticks of the stopwatch.
    private readonly long[] _cells;

    internal EchoTimes() => _cells = new long[_rows * _rowLength];

    /// <summary>The upper bounds of the buckets in seconds: from a few system calls to what a person calls broken.</summary>
    internal static double[] UpperBounds { get; } =
        [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10];

    internal void Record(TimeSpan time)
    {
        double seconds = time.TotalSeconds;
        int bucket = 0;
        while (bucket < UpperBounds.Length && seconds > UpperBounds[bucket])
        {
            bucket++;
        }

        int row = Thread.GetCurrentProcessorId() % _rows * _rowLength;
        Interlocked.Increment(ref _cells[row + bucket]);
        Interlocked.Add(ref _cells[row + UpperBounds.Length + 1], time.Ticks);
    }

    /// <summary>Adds up the rows.</summary>
    /// <returns>How many steps fell into each bucket, the one without a bound last, and the sum of their times.</returns>
    internal HistogramCounts Sum()
    {
        long[] buckets = new long[UpperBounds.Length + 1];
        long ticks = 0;
        for (int row = 0; row < _cells.Length; row += _rowLength)
        {
            for (int bucket = 0; bucket < buckets.Length; bucket++)
            {
                buckets[bucket] += Volatile.Read(ref _cells[row + bucket]);
            }

            ticks += Volatile.Read(ref _cells[row + UpperBounds.Length + 1]);
        }

        return new HistogramCounts(UpperBounds, buckets, TimeSpan.FromTicks(ticks).TotalSeconds);
    }
}
