namespace EchoServer.Metrics;

/// <summary>A histogram at one moment. The last bucket has no bound; the buckets are not cumulative.</summary>
internal sealed record HistogramCounts(double[] UpperBounds, long[] Buckets, double Sum);
