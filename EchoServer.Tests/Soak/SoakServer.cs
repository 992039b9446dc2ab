using System.Diagnostics;
using System.Text.RegularExpressions;
using EchoServer.Tests.Support;

namespace EchoServer.Tests.Soak;

/// <summary>The server under load: a process of its own with short deadlines, in 64 MB where the machine can do that.</summary>
internal sealed partial class SoakServer : IAsyncDisposable
{
    private const int LimitMegabytes = 64;
    private const string Hierarchy = "/sys/fs/cgroup/memory";

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

    private readonly ServerProcess _process;
    private readonly string? _cgroup;

    private SoakServer(ServerProcess process, string? cgroup)
    {
        _process = process;
        _cgroup = cgroup;
    }

    public int Port => _process.Port;

    /// <summary>What holds its memory, in words.</summary>
    public string MemoryLimit => _cgroup is null ? "no memory cgroup could be made" : $"cgroup of {LimitMegabytes} MB";

    public static async Task<SoakServer> StartAsync()
    {
        string? cgroup = TryMakeCgroup();
        ProcessStartInfo start = Programs.EchoServer(Options, Variables);
        if (cgroup is not null)
        {
            // The shell enters the group and becomes the server, which is then never outside and keeps its process id.
            string[] command = [start.FileName, .. start.ArgumentList];
            start.FileName = "bash";
            start.ArgumentList.Clear();
            string[] enter = ["-c", "echo $$ >\"$0\" && exec \"$@\"", Path.Combine(cgroup, "cgroup.procs")];
            Array.ForEach([.. enter, .. command], start.ArgumentList.Add);
        }

        ServerProcess process = await ServerProcess.StartAsync(start);
        await process.WaitForLineAsync(line => StatsLine().IsMatch(line));
        return new SoakServer(process, cgroup);
    }

    /// <summary>Looks at the process, and at the newest of its own lines of figures.</summary>
    /// <exception cref="IOException">The process is gone.</exception>
    public Sample TakeSample(double seconds)
    {
        // Of a process that is gone there is no such folder, and of one that is just going no memory.
        string path = $"/proc/{_process.Id}/status";
        string status = File.Exists(path) ? File.ReadAllText(path) : "";
        Match resident = ResidentLine().Match(status);
        if (!resident.Success)
        {
            throw new IOException("the server has ended, though nobody told it to");
        }

        Match stats = _process.Output.Reverse().Select(line => StatsLine().Match(line)).First(match => match.Success);
        return new Sample(
            seconds, Number(resident, "kilobytes") * 1024, Number(stats, "heap"), Number(stats, "used"), Number(stats, "peak"),
            (int)Number(stats, "connections"), OpenFiles(), (int)Number(ThreadsLine().Match(status), "threads"));
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

    /// <summary>Waits for it to end, whoever brings that about: alone after a crash, with SIGTERM otherwise.</summary>
    public async Task<SoakServerEnd> StopAsync()
    {
        bool isGone = !Directory.Exists($"/proc/{_process.Id}");
        int exitCode = isGone ? await _process.WaitForExitAsync() : await _process.StopAsync();
        return new SoakServerEnd(exitCode, _process.Output, await _process.ReadErrorAsync());
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _process.DisposeAsync();
        }
        finally
        {
            if (_cgroup is not null)
            {
                // The kernel takes a moment to take the last process out of its group.
                await Wait.UntilAsync(() => TryRemove(_cgroup), () => $"the cgroup {_cgroup} cannot be removed");
            }
        }
    }

    // Without assemblies: the runtime keeps their files open, and loads some of them late.
    private int OpenFiles() => new DirectoryInfo($"/proc/{_process.Id}/fd").EnumerateFileSystemInfos()
        .Count(file => file.LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) == false);

    private static string? TryMakeCgroup()
    {
        if (!File.Exists(Path.Combine(Hierarchy, "memory.limit_in_bytes")))
        {
            return null;
        }

        string folder = Path.Combine(Hierarchy, $"echo-server-soak-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "memory.limit_in_bytes"), $"{LimitMegabytes}M");
            return folder;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            TryRemove(folder);
            return null;
        }
    }

    private static bool TryRemove(string cgroup)
    {
        try
        {
            Directory.Delete(cgroup);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return !Directory.Exists(cgroup);
        }
    }

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].Value);

    [GeneratedRegex(
        @"Stats: (?<connections>\d+) connections, budget (?<used>\d+) of \d+ bytes, budget peak (?<peak>\d+), heap (?<heap>\d+)")]
    private static partial Regex StatsLine();

    [GeneratedRegex(@"^VmRSS:\s+(?<kilobytes>\d+) kB", RegexOptions.Multiline)]
    private static partial Regex ResidentLine();

    [GeneratedRegex(@"^Threads:\s+(?<threads>\d+)", RegexOptions.Multiline)]
    private static partial Regex ThreadsLine();
}

/// <summary>How the server ended, and all that it said.</summary>
internal sealed record SoakServerEnd(int ExitCode, IReadOnlyCollection<string> Log, string Error);
