using EchoServer.Load;
using EchoServer.Load.Report;

namespace EchoServer.Tests.Load;

[Slow]
internal sealed class PaceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [TestCase(0.5, 1)]
    [TestCase(1, 3)]
    [TestCase(333, 7)]
    [TestCase(1000, 50)]
    [TestCase(12_345.6, 10)]
    public void Each_message_is_due_in_the_batch_whose_time_it_has(double rate, int connections)
    {
        var pace = new Pace(rate, connections, 4 * Second);
        long[] due = new long[connections];
        for (int millisecond = 0; millisecond <= 4000; millisecond++)
        {
            pace.Advance(TimeSpan.FromMilliseconds(millisecond));
            long time = millisecond * (Stopwatch.Frequency / 1000);
            for (int rank = 0; rank < connections; rank++)
            {
                for (; due[rank] < pace.DueOf(rank); due[rank]++)
                {
                    Assert.That(pace.DueAt(rank, due[rank]), Is.EqualTo(time), $"connection {rank}, message {due[rank]}");
                }
            }
        }

        Assert.That(due.Sum(), Is.EqualTo((long)Math.Ceiling(rate * 4)));
        Assert.That(due.Max() - due.Min(), Is.LessThanOrEqualTo(1), "round-robin");
    }

    [Test]
    public async Task A_rate_is_kept_and_every_message_accounted_for()
    {
        await using var client = new LoadClient(LoadAgainst.Options(SharedServers.Large.Url()) with { Connections = 7, InFlight = 4, Rate = 1000 });
        await client.ConnectAsync();
        LoadResult result = await client.RunAsync(Second);
        await client.CloseAsync();
        Assert.That(result.Messages + result.Unsent, Is.EqualTo(1000));
        Assert.That(result.Latency.Count, Is.EqualTo(result.Messages));
        Assert.That(client.Errors.Counts, Is.Empty);
    }

    [Test]
    public async Task A_stall_is_in_the_latency_of_every_message_that_was_due_meanwhile()
    {
        // With one message in flight the server keeps only one waiting; but thirty were due. The asserted values are least values:
        // a slow machine only adds.
        (LoadClient client, LoadResult result) = await StallAsync(TimeSpan.FromMilliseconds(300));
        Assert.That(client.Errors.Counts, Is.Empty);
        Assert.That(result.Latency.Max, Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(250)));
        Assert.That(result.Latency.Percentile(90), Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(100)));
    }

    [Test]
    public async Task What_is_due_and_cannot_be_sent_is_told()
    {
        (_, LoadResult result) = await StallAsync(TimeSpan.FromMilliseconds(1500));
        Assert.That(result.Unsent, Is.GreaterThan(50));
        Assert.That(result.Messages + result.Unsent, Is.EqualTo(100));
    }

    /// <summary>Loads a server that stalls once, for a second at 100 messages a second.</summary>
    private static async Task<(LoadClient Client, LoadResult Result)> StallAsync(TimeSpan stall)
    {
        using ScriptedServer server = LoadAgainst.Before(chosen: 5, (_, _) => Thread.Sleep(stall));
        await using var client = new LoadClient(LoadAgainst.Options(server.Url) with { Rate = 100 });
        await client.ConnectAsync();
        LoadResult result = await client.RunAsync(Second);
        await client.CloseAsync();
        return (client, result);
    }
}
