namespace EchoServer.Tests.Support;

/// <summary>
/// A memory cgroup (v1) for one process, as a container would have it: made below the test's own, so that whatever bounds the
/// test still bounds the server. Removed when disposed of; the process must have ended by then.
/// </summary>
internal sealed class MemoryCgroup(string folder) : IAsyncDisposable
{
    private const string Hierarchy = "/sys/fs/cgroup/memory";

    private static int _number;

    public string ProcessesFile => Path.Combine(folder, "cgroup.procs");

    /// <summary>The most memory that was ever in use, the page cache of the files that were read included.</summary>
    public long PeakBytes => long.Parse(File.ReadAllText(Path.Combine(folder, "memory.max_usage_in_bytes")));

    /// <summary>Makes a group with a limit; null where that cannot be done (not root, no cgroup v1).</summary>
    public static MemoryCgroup? TryCreate(long limitBytes)
    {
        string folder = Path.Combine(
            OwnFolder(), $"echo-server-test-{Environment.ProcessId}-{Interlocked.Increment(ref _number)}");
        try
        {
            if (!File.Exists(Path.Combine(OwnFolder(), "memory.limit_in_bytes")))
            {
                return null;
            }

            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "memory.limit_in_bytes"), $"{limitBytes}");
            return new MemoryCgroup(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Remove(folder);
            return null;
        }
    }

    public void KillProcesses()
    {
        foreach (string id in File.ReadAllLines(ProcessesFile))
        {
            Programs.Signal(int.Parse(id), "KILL");
        }
    }

    public async ValueTask DisposeAsync() =>
        await Wait.UntilAsync(() => Remove(folder), () => $"the cgroup {folder} cannot be removed: it still has processes");

    private static string OwnFolder()
    {
        // Lines such as "4:memory:/path". In a container the path can be one that only the host sees: there the root is our own.
        string? line = File.Exists("/proc/self/cgroup")
            ? File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.Contains(":memory:", StringComparison.Ordinal))
            : null;
        string own = Hierarchy + (line is null ? "" : line[(line.LastIndexOf(':') + 1)..]);
        return Directory.Exists(own) ? own : Hierarchy;
    }

    private static bool Remove(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
