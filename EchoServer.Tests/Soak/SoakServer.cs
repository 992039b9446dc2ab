namespace EchoServer.Tests.Soak;

/// <summary>The server under load: a process of its own with short deadlines, in little memory where the machine can do that.</summary>
internal sealed class SoakServer(Target target) : IAsyncDisposable
{
    private static readonly Regex StatsLine = new(
        @"Stats: (?<connections>\d+) connections, budget (?<used>\d+) of \d+ bytes, budget peak (?<peak>\d+), heap (?<heap>\d+)");

    // Deadlines of seconds, so that a minute sees many of each; a budget that a leak uses up within a run.
    private static readonly string[] Options =
    [
        "--stats-interval", "1", "--log-messages", "false", "--memory-budget", $"{8 * 1024 * 1024}",
        "--max-message-bytes", $"{BadClients.MaxMessageBytes}", "--handshake-timeout", "3", "--message-timeout", "3",
        "--send-timeout", "3", "--keep-alive-interval", "2", "--keep-alive-timeout", "4", "--close-timeout", "1",
        "--drain-timeout", "5",
    ];

    // A collection after each MiB (hexadecimal) instead of after several, which would be one a minute under this load: what
    // collections leave is what the heap is judged by.
    private static readonly Dictionary<string, string> Variables = new() { ["DOTNET_GCGen0MaxBudget"] = "100000" };

    public Target Target => target;

    public string MemoryLimit => Target.IsLimited ? $"cgroup of {Target.MemoryBytes / 1024 / 1024} MB" : "no memory cgroup could be made";

    public static async Task<SoakServer> StartAsync()
    {
        Target target = await Target.StartAsync(Options, environment: Variables);
        await target.WaitForLineAsync(line => StatsLine.IsMatch(line));
        return new SoakServer(target);
    }

    /// <summary>Looks at the process, and at the newest of its own lines of figures.</summary>
    /// <exception cref="IOException">The server has ended without a signal.</exception>
    public Sample TakeSample(double seconds)
    {
        long resident = Target.Memory.Resident;
        Match stats = Target.Log.Reverse().Select(line => StatsLine.Match(line)).First(match => match.Success);
        return new Sample(
            seconds, resident, Number("heap"), Number("used"), Number("peak"), (int)Number("connections"), Target.OpenFiles,
            Target.Threads);

        long Number(string group) => long.Parse(stats.Groups[group].Value);
    }

    /// <summary>Waits for the server to say that no connection is left, and to have no more files open than it may.</summary>
    /// <returns>The last look at it, also when it never came to that.</returns>
    public async Task<Sample> SettleAsync(int atMostOpenFiles = int.MaxValue)
    {
        Sample sample = TakeSample(0);
        try
        {
            await Wait.UntilAsync(
                () => (sample = TakeSample(0)).Connections == 0 && sample.OpenFiles <= atMostOpenFiles, () => "not at rest");
        }
        catch (TimeoutException)
        {
            // For the caller to judge, together with all else.
        }

        return sample;
    }

    public ValueTask DisposeAsync() => Target.DisposeAsync();
}
