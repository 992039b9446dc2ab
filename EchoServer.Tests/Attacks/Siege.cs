namespace EchoServer.Tests.Attacks;

/// <summary>
/// One attack on a server of its own, with a good client that was there before it. Each test begins with <c>BeginAsync</c>,
/// attacks, and ends with <see cref="EndAsync"/>, which checks that the attack left nothing behind.
/// </summary>
internal sealed class Siege(Target target) : IAsyncDisposable
{
    private static readonly Regex HeapAtEnd = new("; heap (?<bytes>[0-9]+)$");

    // "fail" and "crit" are what the console logger calls the levels error and critical.
    private static readonly Regex ErrorLine = new("^[^ ]+ (fail|crit): ");

    // Deadlines as short as a busy machine allows, so that each attack takes seconds.
    private static readonly string[] ShortDeadlines =
    [
        "--handshake-timeout", "2", "--message-timeout", "2", "--send-timeout", "2", "--keep-alive-interval", "1",
        "--keep-alive-timeout", "1", "--close-timeout", "1", "--drain-timeout", "4", "--log-messages", "false",
    ];

    /// <summary>The most CPU time that the server may use for others while the good client waits for an echo.</summary>
    private static readonly TimeSpan MaxGoodWait = TimeSpan.FromSeconds(1);

    // The pool keeps threads for a while that it has started under load.
    private const int MoreThreads = 16;

    // Garbage that was not collected yet is part of the heap.
    private static readonly long MaxHeapBytes = Target.MemoryBytes / 2;

    private readonly CancellationTokenSource _patience = new(ServerProcess.Patience);
    private readonly GoodClient _good = new(target.Port, () => target.ProcessorTime);
    private readonly List<Crowd> _crowds = [];
    private readonly int _openFilesBefore = target.OpenFiles;
    private readonly int _threadsBefore = target.Threads;

    public Target Target => target;

    public int Port => Target.Port;

    /// <summary>Cancelled when the attack has taken longer than any should.</summary>
    public CancellationToken Patience => _patience.Token;

    /// <summary>Starts a server with short deadlines, and the good client.</summary>
    /// <param name="options">More options for the server; a second one of the same name replaces the first.</param>
    public static Task<Siege> BeginAsync(params string[] options) => BeginAsync(openFileLimit: null, null, options);

    public static async Task<Siege> BeginAsync(
        int? openFileLimit, IReadOnlyDictionary<string, string>? environment, params string[] options)
    {
        string[] defaults = [.. ShortDeadlines.Chunk(2).Where(pair => !options.Contains(pair[0])).SelectMany(pair => pair)];
        Target target = await Target.StartAsync([.. defaults, .. options], openFileLimit, environment);
        try
        {
            return new Siege(target);
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets a crowd attack a server of its own, and checks that it leaves nothing behind.</summary>
    /// <remarks>Each has upgraded with these lines before; with null, none has.</remarks>
    public static async Task<Answer[]> AttackAsync(
        string[]? upgrade, int count, Func<Attacker, int, Task<Answer>> attack, params string[] options)
    {
        await using Siege siege = await BeginAsync(options);
        Crowd crowd = await (upgrade is null ? Crowd.ConnectAsync(siege, count) : Crowd.OpenAsync(siege, count, null, upgrade));
        Answer[] answers = await crowd.AllAsync(attack);
        await siege.EndAsync();
        return answers;
    }

    public Task WaitUntilAllFilesAreClosedAsync() => Wait.UntilAsync(
        () => Target.OpenFiles <= _openFilesBefore,
        () => $"the server has {Target.OpenFiles} open files, it had {_openFilesBefore} before the attack");

    /// <summary>Takes a crowd over, to be dismissed with the siege.</summary>
    public void Add(Crowd crowd) => _crowds.Add(crowd);

    public void DismissCrowds() => _crowds.ForEach(crowd => crowd.Dispose());

    /// <summary>Dismisses the attackers; checks that the server has served, lives, has released everything, and ends well.</summary>
    public async Task EndAsync()
    {
        DismissCrowds();
        await WaitUntilAllFilesAreClosedAsync();
        Assert.That(Target.Threads, Is.LessThanOrEqualTo(_threadsBefore + MoreThreads), "threads");
        await TestContext.Out.WriteLineAsync(Target.MemoryPeak);
        _good.Stop();
        CheckEnd(await Target.StopAsync());
    }

    public async Task EndAfterSigtermAsync(Task<ServerEnd> ending)
    {
        ServerEnd end = await ending;
        _good.Stop();
        Assert.That(_good.WasToldToGo, Is.True, "the good client was not told that the server stops");
        CheckEnd(end);
    }

    public async ValueTask DisposeAsync()
    {
        DismissCrowds();
        await Target.DisposeAsync();
        _good.Dispose();
        _patience.Dispose();
    }

    private void CheckEnd(ServerEnd end)
    {
        TestContext.Out.WriteLine($"good client: {_good.Echoes} echoes, longest wait {_good.MaxWait.TotalMilliseconds:0} ms of the server's CPU time");
        string? budget = Target.Log.LastOrDefault(line => line.Contains("Memory budget: ", StringComparison.Ordinal));
        TestContext.Out.WriteLine(budget);
        Assert.Multiple(() =>
        {
            Assert.That(_good.Failure, Is.Null, "the good client");
            Assert.That(_good.MaxWait, Is.LessThan(MaxGoodWait), "the good client's longest wait");
            Assert.That(end.ExitCode, Is.Zero);
            Assert.That(end.Error, Is.Empty);
            Assert.That(Target.Log, Has.None.Match(ErrorLine));
            Assert.That(budget, Does.Contain("Memory budget: 0 bytes in use, "));
            Assert.That(long.Parse(HeapAtEnd.Match(budget ?? "").Groups["bytes"].Value), Is.LessThan(MaxHeapBytes), "heap");
        });
    }
}
