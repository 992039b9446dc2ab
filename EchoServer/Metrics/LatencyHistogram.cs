using System.Numerics;

namespace EchoServer.Metrics;

/// <summary>How long echoes took: counted in buckets that are at most 1/128 wider than their value (HdrHistogram's idea).</summary>
/// <remarks>
/// Up to 256 ticks each value has its own bucket; above, each power of two is cut into 128. That keeps two significant digits over
/// twelve decades in 36 KiB, and a recorded value costs one increment. Not thread-safe: each thread has its own, and they are
/// added up at the end.
/// </remarks>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 7;
    private const int SubBuckets = 1 << SubBucketBits;

    // 2^42 ticks of a nanosecond are 73 minutes. What takes longer is counted there; the greatest value is kept as it is.
    private const int HighestBit = 41;
    private const int Buckets = (HighestBit - SubBucketBits + 2) * SubBuckets;

    private readonly long[] _counts = new long[Buckets];
    private long _max;

    internal long Count { get; private set; }

    /// <summary>The greatest of them, exactly.</summary>
    internal TimeSpan Max => ToTimeSpan(_max);

    /// <summary>Counts one value.</summary>
    /// <param name="ticks">In ticks of <see cref="Stopwatch"/>; a negative one counts as 0.</param>
    internal void Record(long ticks)
    {
        ticks = Math.Max(ticks, 0);
        _counts[BucketOf(ticks)]++;
        Count++;
        _max = Math.Max(_max, ticks);
    }

    /// <summary>Counts one value.</summary>
    internal void Record(TimeSpan time) => Record((long)(time.TotalSeconds * Stopwatch.Frequency));

    /// <summary>Adds what another one has counted.</summary>
    internal void Add(LatencyHistogram other)
    {
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            _counts[bucket] += other._counts[bucket];
        }

        Count += other.Count;
        _max = Math.Max(_max, other._max);
    }

    /// <summary>Computes the values recorded since an earlier copy of the same histogram.</summary>
    internal LatencyHistogram Since(LatencyHistogram before)
    {
        var since = new LatencyHistogram { Count = Count - before.Count, _max = _max };
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            since._counts[bucket] = _counts[bucket] - before._counts[bucket];
        }

        return since;
    }

    /// <summary>The value that so much per cent of all values do not exceed.</summary>
    /// <param name="percent">Above 0, at most 100.</param>
    /// <returns>The upper end of its bucket, at most <see cref="Max"/>; zero when nothing was recorded.</returns>
    internal TimeSpan Percentile(double percent)
    {
        long rank = Math.Clamp((long)Math.Ceiling(percent / 100 * Count), 1, Math.Max(Count, 1));
        long seen = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= rank)
            {
                return ToTimeSpan(Math.Min(HighestOf(bucket), _max));
            }
        }

        // Only when nothing was recorded, or while another thread records.
        return Max;
    }

    private static int BucketOf(long ticks)
    {
        int topBit = BitOperations.Log2((ulong)ticks | 1);
        if (topBit > HighestBit)
        {
            return Buckets - 1;
        }

        // The eight highest bits say where in its power of two a value lies; the first of them is always set, and so adds SubBuckets.
        int shift = Math.Max(topBit - SubBucketBits, 0);
        return (shift << SubBucketBits) + (int)(ticks >> shift);
    }

    private static long HighestOf(int bucket)
    {
        int shift = Math.Max((bucket >> SubBucketBits) - 1, 0);
        long lowest = (long)(bucket - (shift << SubBucketBits)) << shift;
        return bucket == Buckets - 1 ? long.MaxValue : lowest + (1L << shift) - 1;
    }

    private static TimeSpan ToTimeSpan(long ticks) => Stopwatch.GetElapsedTime(0, ticks);
}
