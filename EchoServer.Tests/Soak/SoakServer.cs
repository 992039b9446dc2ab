using EchoServer.Tests.Metrics;

namespace EchoServer.Tests.Soak;

/// <summary>The server under load: a process of its own with short deadlines, in little memory where the machine can do that.</summary>
internal sealed class SoakServer(Target target) : IAsyncDisposable
{
    // Deadlines of seconds, so that a minute sees many of each; a budget that a leak uses up within a run.
    private static readonly string[] Options =
    [
        "--log-messages", "false", "--memory-budget", $"{8 * 1024 * 1024}",
        "--max-message-bytes", $"{BadClients.MaxMessageBytes}", "--handshake-timeout", "3", "--message-timeout", "3",
        "--send-timeout", "3", "--keep-alive-interval", "2", "--keep-alive-timeout", "4", "--close-timeout", "1",
        "--drain-timeout", "5",
    ];

    // A collection after each MiB (hexadecimal) instead of after several, which would be one a minute under this load: what
    // collections leave is what the heap is judged by.
    private static readonly Dictionary<string, string> Variables = new() { ["DOTNET_GCGen0MaxBudget"] = "100000" };

    public Target Target => target;

    public string MemoryLimit => Target.IsLimited ? $"cgroup of {Target.MemoryBytes / 1024 / 1024} MB" : "no memory cgroup could be made";

    public static async Task<SoakServer> StartAsync() => new(await Target.StartAsync(Options, environment: Variables));

    /// <summary>Looks at the process, and at its own figures.</summary>
    /// <exception cref="IOException">The server has ended without a signal.</exception>
    public Sample TakeSample(double seconds)
    {
        long resident = Target.Memory.Resident;
        int openFiles = Target.OpenFiles;
        Scrape metrics = Ask();

        // Without the connection that asks.
        int connections = (int)metrics["sockets_open"] - 1;
        return new Sample(
            seconds, resident, (long)metrics["heap_bytes"], (long)metrics["memory_budget_used_bytes"],
            (long)metrics["memory_budget_peak_bytes"], connections, openFiles, Target.Threads);
    }

    /// <summary>Waits for the server to say that no connection is left, and to have no more files open than it may.</summary>
    /// <returns>The last look at it, also when it never came to that.</returns>
    public async Task<Sample> SettleAsync(int atMostOpenFiles = int.MaxValue)
    {
        Sample sample = TakeSample(0);
        int looksAtRest = 0;
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
            looksAtRest = sample.Connections == 0 ? looksAtRest + 1 : 0;

            // Files are counted before connections: only the second look shows those that are open without any.
            return looksAtRest > 1 && sample.OpenFiles <= atMostOpenFiles;
        }
    }

    public ValueTask DisposeAsync() => Target.DisposeAsync();

    private Scrape Ask()
    {
        try
        {
            return Scrape.Of(Target.Port);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            throw new IOException("the server has ended", exception);
        }
    }
}
