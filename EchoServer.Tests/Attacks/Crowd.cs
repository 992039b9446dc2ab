namespace EchoServer.Tests.Attacks;

/// <summary>Many attackers at once.</summary>
internal sealed class Crowd : IDisposable
{
    // How many connect at the same time: they are to be there together, not to fight for the listen backlog.
    private const int ConnectingAtOnce = 64;

    // Attackers come from elsewhere: they bring the network's strength to bear, not this machine's processors. With a thread for each
    // that has something to send, the server would wait for its turn to run, and the good client for the server.
    private static readonly TaskScheduler TwoThreads =
        new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, maxConcurrencyLevel: 2).ConcurrentScheduler;

    private readonly Attacker[] _attackers;

    private Crowd(Attacker[] attackers) => _attackers = attackers;

    /// <summary>Connects so many.</summary>
    public static Task<Crowd> ConnectAsync(Siege siege, int count, int? bufferBytes = null) =>
        GatherAsync(siege, count, () => Attacker.ConnectAsync(siege.Port, siege.Patience, bufferBytes));

    /// <summary>Connects so many and upgrades each to WebSocket.</summary>
    public static Task<Crowd> OpenAsync(Siege siege, int count, int? bufferBytes = null) => OpenAsync(siege, count, bufferBytes, []);

    /// <summary>Connects so many and upgrades each to WebSocket.</summary>
    /// <param name="siege">The server.</param>
    /// <param name="count">How many.</param>
    /// <param name="bufferBytes">The size of the kernel's buffers on this side; null for its own choice.</param>
    /// <param name="lines">More header lines of each upgrade.</param>
    public static Task<Crowd> OpenAsync(Siege siege, int count, int? bufferBytes, params string[] lines) => GatherAsync(siege, count, async () =>
    {
        Attacker attacker = await Attacker.ConnectAsync(siege.Port, siege.Patience, bufferBytes);
        await attacker.UpgradeAsync(lines);
        return attacker;
    });

    /// <summary>Lets all of them do something at the same time, and waits for all.</summary>
    public Task<T[]> AllAsync<T>(Func<Attacker, int, Task<T>> action) => Task.WhenAll(_attackers.Select((attacker, i) =>
        Task.Factory.StartNew(() => action(attacker, i), default, TaskCreationOptions.None, TwoThreads).Unwrap()));

    /// <inheritdoc cref="AllAsync{T}"/>
    public Task AllAsync(Func<Attacker, int, Task> action) => AllAsync(async (attacker, i) =>
    {
        await action(attacker, i);
        return true;
    });

    /// <summary>Sends something that never ends, one byte every so often, until the server has cut them all off.</summary>
    /// <returns>What the server said to each.</returns>
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

    /// <summary>Everyone leaves.</summary>
    public void Dispose() => Array.ForEach(_attackers, attacker => attacker?.Dispose());

    private static async Task<Crowd> GatherAsync(Siege siege, int count, Func<Task<Attacker>> connect)
    {
        var crowd = new Crowd(new Attacker[count]);
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = ConnectingAtOnce, CancellationToken = siege.Patience };
            await Parallel.ForAsync(0, count, options, async (i, _) => crowd._attackers[i] = await connect());
            return crowd;
        }
        catch
        {
            crowd.Dispose();
            throw;
        }
    }
}
