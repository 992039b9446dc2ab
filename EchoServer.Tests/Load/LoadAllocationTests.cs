using EchoServer.Connect;
using EchoServer.Load;
using EchoServer.Load.Report;

namespace EchoServer.Tests.Load;

/// <summary>A message of the load allocates nothing, or the tool would measure its own garbage collector.</summary>
[NonParallelizable]
[WholeMachine]
internal sealed class LoadAllocationTests
{
    private const int Samples = 40;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    [TestCase("/raw", true, 64, 1)]
    [TestCase("/", true, 64, 16)]
    [TestCase("/raw", false, 4096, 4)]
    [TestCase("/raw", false, 64 * 1024, 4)]
    public async Task A_message_allocates_nothing(string path, bool isText, int size, int inFlight)
    {
        await using var client = new LoadClient(new LoadOptions
        {
            Connection = new ConnectionOptions { Url = SharedServers.Large.Url(path) },
            Connections = 8,
            IsText = isText,
            MessageBytes = size,
            InFlight = inFlight,
        });
        await client.ConnectAsync();
        await client.RunAsync(TimeSpan.FromSeconds(1));
        using var stop = new CancellationTokenSource();
        Task<LoadResult> run = client.RunAsync(TimeSpan.FromMinutes(1), stop.Token);

        // What else the process and its test runner allocate only adds: the least sample is the load's own.
        var samples = new List<(long Bytes, long Messages)>();
        for (int i = 0; i < Samples; i++)
        {
            long messages = client.Messages;
            long bytes = GC.GetTotalAllocatedBytes(precise: true);
            await Task.Delay(Interval);
            bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
            samples.Add((bytes, client.Messages - messages));
        }

        await stop.CancelAsync();
        await run;
        await client.CloseAsync();
        Assert.That(client.Errors.Counts, Is.Empty);
        Assert.That(samples.Min(sample => sample.Bytes / Math.Max(sample.Messages, 1)), Is.Zero, string.Join(' ', samples));
        Assert.That(samples.Sum(sample => sample.Messages), Is.GreaterThan(1000), "too few to tell");
    }
}
