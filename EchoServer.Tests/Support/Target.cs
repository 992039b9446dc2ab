using EchoServer.Bench.Servers;

namespace EchoServer.Tests.Support;

/// <summary>A server for hard times: a process of its own, in a small memory cgroup where the machine allows it.</summary>
internal sealed class Target(ServerProcess server, MemoryCgroup? cgroup) : IAsyncDisposable
{
    private const string BudgetOption = "--memory-budget";

    /// <summary>What the whole process may have, in bytes: three quarters of manifest.yml's memory. A build with the runtime in it needs more.</summary>
    public static long MemoryBytes { get; } = (IsNativeCode() ? 24 : 64) * 1024 * 1024;

    // The runtime sees three quarters of the memory, and the server keeps a quarter of that at most.
    private static long BudgetBytes => MemoryBytes * 3 / 4 / 4;

    public int Port => server.Port;

    public int Id => server.Id;

    public IReadOnlyCollection<string> Log => server.Output;

    /// <summary>How many file descriptors it has open; without those of assemblies, which the runtime opens when it needs them and keeps.</summary>
    public int OpenFiles => new DirectoryInfo($"/proc/{Id}/fd").EnumerateFileSystemInfos()
        .Count(file => file.LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) != true);

    /// <summary>How many file descriptors it has open in all: what its limit counts.</summary>
    public int AllOpenFiles => Directory.GetFileSystemEntries($"/proc/{Id}/fd").Length;

    public TimeSpan ProcessorTime => ProcessClock.Read(Id);

    public ProcessMemory Memory => ProcessMemory.Read(Id);

    public int Threads => Directory.GetFileSystemEntries($"/proc/{Id}/task").Length;

    public string MemoryPeak
    {
        get
        {
            string inGroup = cgroup is null ? "no cgroup" : $"cgroup {cgroup.PeakBytes / 1024} KiB of {MemoryBytes / 1024} KiB";
            return $"memory peak: resident {Memory.Peak / 1024} KiB, {inGroup}";
        }
    }

    public static async Task<Target> StartAsync(
        IEnumerable<string> arguments, int? openFileLimit = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        MemoryCgroup? group = MemoryCgroup.TryCreate(MemoryBytes);
        if (group is null)
        {
            await TestContext.Out.WriteLineAsync("no memory cgroup can be made here: the server runs without a memory limit, and is told its budget");
            arguments = arguments.Contains(BudgetOption) ? arguments : [BudgetOption, $"{BudgetBytes}", .. arguments];
        }

        // The shell enters the group and lowers the limit, and then becomes the server: it is never outside, and keeps its id.
        string enter = group is null ? "" : $"echo $$ > {group.ProcessesFile} && ";
        string lower = openFileLimit is null ? "" : $"ulimit -n {openFileLimit} && ";
        ProcessStartInfo start = Programs.EchoServer(arguments, environment);
        try
        {
            return new Target(await ServerProcess.StartAsync(Programs.Through(start, "bash", "-c", $"{enter}{lower}exec \"$@\"", "bash")), group);
        }
        catch
        {
            await (group?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    public bool IsLimited => cgroup is not null;

    public Task<string> WaitForLineAsync(Func<string, bool> matches) => server.WaitForLineAsync(matches);

    public async Task LimitOpenFilesAsync(int files)
    {
        ProgramResult result = await Programs.RunAsync(Programs.Start("prlimit", [$"--pid={Id}", $"--nofile={files}:"]));
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "", "")));
    }

    /// <summary>Sends SIGTERM, unless it has ended by itself, waits for the end and reads everything the server had to say.</summary>
    public async Task<ServerEnd> StopAsync()
    {
        bool isGone = !Directory.Exists($"/proc/{Id}");
        int exitCode = isGone ? await server.WaitForExitAsync() : await server.StopAsync();
        return new ServerEnd(exitCode, await server.ReadErrorAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await (cgroup?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private static bool IsNativeCode() =>
        Programs.RunAsync(Programs.EchoServer(["--version"])).GetAwaiter().GetResult().Output.Contains("build aot", StringComparison.Ordinal);
}

internal sealed record ServerEnd(int ExitCode, string Error);
