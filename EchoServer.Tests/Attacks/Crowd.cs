namespace EchoServer.Tests.Attacks;

internal sealed class Crowd(Attacker[] attackers) : IDisposable
{
    // How many connect at the same time: they are to be there together, not to fight for the listen backlog.
    private const int ConnectingAtOnce = 64;

    // Attackers come from elsewhere: they bring the network's strength to bear, not this machine's processors. With a thread for each
    // that has something to send, the server would wait for its turn to run, and the good client for the server.
    private static readonly TaskScheduler TwoThreads =
        new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, maxConcurrencyLevel: 2).ConcurrentScheduler;

    public static Task<Crowd> ConnectAsync(Siege siege, int count) =>
        GatherAsync(siege, count, () => Attacker.ConnectAsync(siege.Port, siege.Patience));

    public static Task<Crowd> OpenAsync(Siege siege, int count, int? bufferBytes = null, params string[] lines) =>
        GatherAsync(siege, count, () => Attacker.OpenAsync(siege.Port, siege.Patience, bufferBytes, lines));

    public Task<T[]> AllAsync<T>(Func<Attacker, int, Task<T>> action) => Task.WhenAll(attackers.Select((attacker, i) =>
        Task.Factory.StartNew(() => action(attacker, i), default, TaskCreationOptions.None, TwoThreads).Unwrap()));

    public Task AllAsync(Func<Attacker, int, Task> action) => AllAsync(async (attacker, i) =>
    {
        await action(attacker, i);
        return true;
    });

    /// <summary>Sends something that never ends, one byte every so often, until the server has cut them all off.</summary>
    public async Task<Answer[]> TrickleAsync(byte[] bytes, TimeSpan pace)
    {
        Task<Answer[]> reading = AllAsync((attacker, _) => attacker.ReadToEndAsync());
        for (int i = 0; i < bytes.Length && !reading.IsCompleted; i++)
        {
            await AllAsync((attacker, _) => attacker.SendAsync(bytes.AsMemory(i, 1)));
            await Task.WhenAny(reading, Task.Delay(pace));
        }

        return await reading;
    }

    public void Dispose() => Array.ForEach(attackers, attacker => attacker?.Dispose());

    public static async Task<Crowd> GatherAsync(Siege siege, int count, Func<Task<Attacker>> connect)
    {
        var gathered = new Attacker[count];
        var crowd = new Crowd(gathered);
        siege.Add(crowd);
        var options = new ParallelOptions { MaxDegreeOfParallelism = ConnectingAtOnce, CancellationToken = siege.Patience };
        await Parallel.ForAsync(0, count, options, async (i, _) => gathered[i] = await connect());
        return crowd;
    }
}
