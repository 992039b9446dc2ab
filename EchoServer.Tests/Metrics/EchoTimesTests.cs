using EchoServer.Metrics;

namespace EchoServer.Tests.Metrics;

internal sealed class EchoTimesTests
{
    [TestCase(0, 0)]
    [TestCase(0.000_01, 0, TestName = "{m}(a bound belongs to its bucket)")]
    [TestCase(0.000_010_1, 1)]
    [TestCase(0.001, 6)]
    [TestCase(10, 15)]
    [TestCase(11, 16, TestName = "{m}(beyond the last bound)")]
    public void A_time_falls_into_the_bucket_whose_bound_it_does_not_exceed(double seconds, int bucket)
    {
        var times = new EchoTimes();
        times.Record(TimeSpan.FromSeconds(seconds));
        HistogramCounts counts = times.Sum();
        Assert.That(counts.Buckets, Has.Length.EqualTo(counts.UpperBounds.Length + 1));
        Assert.That(Array.IndexOf(counts.Buckets, 1L), Is.EqualTo(bucket));
        Assert.That(counts.Buckets.Sum(), Is.EqualTo(1));
        Assert.That(counts.Sum, Is.EqualTo(seconds).Within(1e-7));
    }

    [Test]
    public void Nothing_is_lost_when_many_threads_record()
    {
        var times = new EchoTimes();
        Parallel.For(0, 100_000, i => times.Record(TimeSpan.FromTicks(i % 1000)));
        HistogramCounts counts = times.Sum();
        Assert.That(counts.Buckets.Sum(), Is.EqualTo(100_000));
        Assert.That(counts.Sum, Is.EqualTo(TimeSpan.FromTicks(100L * 999 * 1000 / 2).TotalSeconds).Within(1e-9));
    }

    [Test]
    public void The_bounds_rise() => Assert.That(EchoTimes.UpperBounds, Is.Ordered.Ascending.And.Unique);
}
