using EchoServer.Metrics;

namespace EchoServer.Tests.Metrics;

internal sealed class LatencyHistogramTests
{
    // One bucket in 128, which is better than two significant digits; and what TimeSpan cuts off.
    private const double WidestBucket = 1 + (1.0 / 128);
    private static readonly TimeSpan Unit = TimeSpan.FromTicks(1);

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Percentiles_are_those_of_the_values_to_two_significant_digits(int seed) => FuzzSeeds.Run(seed, 20, random =>
    {
        // Over nine decades, from a nanosecond to minutes.
        long[] values = [.. Enumerable.Range(0, random.Next(1, 20_000)).Select(_ => (long)Math.Pow(10, random.NextDouble() * 11.5))];
        LatencyHistogram histogram = Record(values);
        Array.Sort(values);
        Assert.That(histogram.Count, Is.EqualTo(values.Length));
        Assert.That(histogram.Max, Is.EqualTo(Time(values[^1])));
        foreach (double percent in (double[])[0.1, 1, 25, 50, 90, 99, 99.9, 100])
        {
            TimeSpan exact = Time(values[(int)Math.Ceiling(percent / 100 * values.Length) - 1]);
            Assert.That(histogram.Percentile(percent), Is.InRange(exact, (exact * WidestBucket) + Unit), $"p{percent}");
        }
    });

    [Test]
    public void Two_histograms_add_up_to_that_of_all_values()
    {
        long[] values = [.. Enumerable.Range(1, 1000).Select(i => i * 1_000_000L)];
        LatencyHistogram sum = Record(values[..300]);
        sum.Add(Record(values[300..]));
        LatencyHistogram whole = Record(values);
        Assert.That((sum.Count, sum.Max), Is.EqualTo((whole.Count, whole.Max)));
        foreach (double percent in (double[])[1, 50, 99, 100])
        {
            Assert.That(sum.Percentile(percent), Is.EqualTo(whole.Percentile(percent)));
        }
    }

    [Test]
    public void Nothing_recorded_is_zero() =>
        Assert.That((new LatencyHistogram().Percentile(99), new LatencyHistogram().Max), Is.EqualTo((TimeSpan.Zero, TimeSpan.Zero)));

    [Test]
    public void Any_value_is_taken([Values(0, -5, 255, 256, long.MaxValue / 1000)] long ticks)
    {
        LatencyHistogram histogram = Record(ticks);
        Assert.That(histogram.Percentile(50), Is.EqualTo(Time(Math.Max(ticks, 0))));
        Assert.That(histogram.Max, Is.EqualTo(Time(Math.Max(ticks, 0))));
    }

    private static LatencyHistogram Record(params long[] values)
    {
        var histogram = new LatencyHistogram();
        Array.ForEach(values, histogram.Record);
        return histogram;
    }

    private static TimeSpan Time(long ticks) => Stopwatch.GetElapsedTime(0, ticks);
}
