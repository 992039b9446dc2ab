namespace EchoServer.Tests.Soak;

/// <summary>The server under load: a process of its own with short deadlines, in little memory where the machine can do that.</summary>
internal sealed class SoakServer : IAsyncDisposable
{
    private static readonly Regex StatsLine = new(
        @"Stats: (?<connections>\d+) connections, budget (?<used>\d+) of \d+ bytes, budget peak (?<peak>\d+), heap (?<heap>\d+)");
    private static readonly Regex ResidentLine = new(@"^VmRSS:\s+(?<kilobytes>\d+) kB", RegexOptions.Multiline);
    private static readonly Regex ThreadsLine = new(@"^Threads:\s+(?<threads>\d+)", RegexOptions.Multiline);

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

    private readonly Target _target;

    private SoakServer(Target target) => _target = target;

    public int Port => _target.Port;

    public string MemoryLimit => _target.IsLimited ? $"cgroup of {Target.MemoryBytes / 1024 / 1024} MB" : "no memory cgroup could be made";

    public static async Task<SoakServer> StartAsync()
    {
        Target target = await Target.StartAsync(Options, environment: Variables);
        await target.WaitForLineAsync(line => StatsLine.IsMatch(line));
        return new SoakServer(target);
    }

    /// <summary>Looks at the process, and at the newest of its own lines of figures.</summary>
    public Sample TakeSample(double seconds)
    {
        // Of a process that is gone there is no such folder, and of one that is just going no memory.
        string path = $"/proc/{_target.Id}/status";
        string status = File.Exists(path) ? File.ReadAllText(path) : "";
        Match resident = ResidentLine.Match(status);
        if (!resident.Success)
        {
            throw new IOException("the server has ended without a signal");
        }

        Match stats = _target.Log.Reverse().Select(line => StatsLine.Match(line)).First(match => match.Success);
        return new Sample(
            seconds, Number(resident, "kilobytes") * 1024, Number(stats, "heap"), Number(stats, "used"), Number(stats, "peak"),
            (int)Number(stats, "connections"), _target.OpenFiles, (int)Number(ThreadsLine.Match(status), "threads"));
    }

    /// <summary>Waits for the server to say that no connection is left, and to have no more files open than it may.</summary>
    /// <returns>The last look at it, also when it never came to that.</returns>
    public async Task<Sample> SettleAsync(int atMostOpenFiles = int.MaxValue)
    {
        Sample sample = TakeSample(0);
        try
        {
            await Wait.UntilAsync(IsAtRest, () => "not at rest");
        }
        catch (TimeoutException)
        {
            // For the caller to judge, together with all else.
        }

        return sample;

        bool IsAtRest()
        {
            sample = TakeSample(0);
            return sample.Connections == 0 && sample.OpenFiles <= atMostOpenFiles;
        }
    }

    /// <summary>Sends SIGTERM unless the server has crashed, and waits for its end.</summary>
    public async Task<SoakServerEnd> StopAsync()
    {
        ServerEnd end = await _target.StopAsync();
        return new SoakServerEnd(end.ExitCode, _target.Log, end.Error);
    }

    public ValueTask DisposeAsync() => _target.DisposeAsync();

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].Value);
}

/// <summary>How the server ended, and all that it said.</summary>
internal sealed record SoakServerEnd(int ExitCode, IReadOnlyCollection<string> Log, string Error);
