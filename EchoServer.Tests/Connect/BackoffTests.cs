using EchoServer.Connect;

namespace EchoServer.Tests.Connect;

internal sealed class BackoffTests
{
    private const double AlmostOne = 0.999999;

    [TestCase(0, 100)]
    [TestCase(1, 200)]
    [TestCase(2, 400)]
    [TestCase(5, 3200)]
    [TestCase(6, 5000)]
    [TestCase(7, 5000)]
    [TestCase(int.MaxValue, 5000)]
    public void The_bound_doubles_with_each_failure_up_to_5_s(int failures, int milliseconds)
    {
        Assert.That(Backoff.Delay(failures, 0), Is.EqualTo(TimeSpan.Zero));
        Assert.That(Backoff.Delay(failures, 0.5).TotalMilliseconds, Is.EqualTo(milliseconds / 2.0).Within(0.1));
        Assert.That(Backoff.Delay(failures, AlmostOne).TotalMilliseconds, Is.EqualTo(milliseconds - 1));
    }

    [Test]
    public void Only_a_connection_that_lasted_ends_the_failures()
    {
        Assert.That(Backoff.AfterConnection(3, TimeSpan.FromSeconds(4.9)), Is.EqualTo(3));
        Assert.That(Backoff.AfterConnection(3, TimeSpan.FromSeconds(5)), Is.Zero);
    }
}
