namespace EchoServer.Metrics;

/// <summary>A histogram at one moment.</summary>
/// <param name="UpperBounds">The upper bound of each bucket but the last, which has none.</param>
/// <param name="Buckets">How many values fell into each bucket; not cumulative.</param>
/// <param name="Sum">The sum of all values.</param>
internal sealed record HistogramCounts(double[] UpperBounds, long[] Buckets, double Sum);
