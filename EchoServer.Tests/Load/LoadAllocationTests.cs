using EchoServer.Load;
using EchoServer.Load.Report;

namespace EchoServer.Tests.Load;

/// <summary>A message of the load allocates nothing, or the tool would measure its own garbage collector.</summary>
[NonParallelizable]
[WholeMachine]
internal sealed class LoadAllocationTests
{
    private const int MaxSamples = 40;
    private const int MinMessages = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    [TestCase("/raw", true, 64, 1)]
    [TestCase("/", true, 64, 16)]
    [TestCase("/raw", false, 4096, 4)]
    [TestCase("/raw", false, 64 * 1024, 4)]
    public async Task A_message_allocates_nothing(string path, bool isText, int size, int inFlight)
    {
        await using var client = new LoadClient(
            LoadAgainst.Options(SharedServers.Large.Url(path)) with { Connections = 8, IsText = isText, MessageBytes = size, InFlight = inFlight });
        await client.ConnectAsync();
        await client.RunAsync(TimeSpan.FromSeconds(1));
        using var stop = new CancellationTokenSource();
        Task<LoadResult> run = client.RunAsync(TimeSpan.FromMinutes(1), stop.Token);

        // What else the process and its test runner allocate only adds: the least sample is the load's own.
        var samples = new List<(long Bytes, long Messages)>();
        while (samples.Count < MaxSamples && !(IsFree(samples) && Messages(samples) > MinMessages))
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
        Assert.That(IsFree(samples), Is.True, string.Join(' ', samples));
        Assert.That(Messages(samples), Is.GreaterThan(MinMessages), "too few to tell");
    }

    private static bool IsFree(List<(long Bytes, long Messages)> samples) => samples.Exists(sample => sample.Messages > 0 && sample.Bytes / sample.Messages == 0);

    private static long Messages(List<(long Bytes, long Messages)> samples) => samples.Sum(sample => sample.Messages);
}
