namespace EchoServer.Bench.Measurements;

/// <summary>What every measurement needs: what to measure, where to put it, and when to stop.</summary>
internal sealed class Session(BenchOptions options, BenchReport report, CancellationToken stop)
{
    public BenchOptions Options => options;

    public BenchReport Report => report;

    public CancellationToken Stop => stop;

    public Task WithServersAsync(
        IEnumerable<ServerKind> kinds, Func<IReadOnlyList<RunningServer>, Task> measure, Func<ServerKind, string>? logFile = null) => WithEachAsync(
            kinds, kind => RunningServer.StartAsync(kind, stop, logFile?.Invoke(kind)), servers => servers.Count > 0 ? measure(servers) : Task.CompletedTask);

    /// <summary>Starts one for each, hands them over, and ends them whatever happens.</summary>
    public static async Task WithEachAsync<TOf, T>(IEnumerable<TOf> each, Func<TOf, Task<T>> start, Func<IReadOnlyList<T>, Task> use)
        where T : IAsyncDisposable
    {
        var started = new List<T>();
        try
        {
            foreach (TOf of in each)
            {
                started.Add(await start(of));
            }

            await use(started);
        }
        finally
        {
            foreach (T one in started)
            {
                await one.DisposeAsync();
            }
        }
    }

    public static void Say(string what) => Console.Error.WriteLine($"bench: {what}");
}
