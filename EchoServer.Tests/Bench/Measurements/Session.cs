using EchoServer.Bench.Report;
using EchoServer.Bench.Servers;

namespace EchoServer.Bench.Measurements;

/// <summary>What every measurement needs: what to measure, where to put it, and when to stop.</summary>
internal sealed class Session(BenchOptions options, BenchReport report, CancellationToken stop)
{
    /// <summary>What to measure.</summary>
    public BenchOptions Options => options;

    /// <summary>Where to put it.</summary>
    public BenchReport Report => report;

    /// <summary>Ctrl-C.</summary>
    public CancellationToken Stop => stop;

    /// <summary>Starts servers, hands them over, and ends them whatever happens.</summary>
    /// <param name="which">Those of the servers that take part.</param>
    /// <param name="measure">Measures them.</param>
    /// <param name="logFile">The file that a server logs each message to; null for no such log.</param>
    public async Task WithServersAsync(
        Func<ServerKind, bool> which, Func<IReadOnlyList<RunningServer>, Task> measure, Func<ServerKind, string>? logFile = null)
    {
        var servers = new List<RunningServer>();
        try
        {
            foreach (ServerKind kind in options.Servers.Where(which))
            {
                servers.Add(await RunningServer.StartAsync(kind, stop, logFile?.Invoke(kind)));
            }

            if (servers.Count > 0)
            {
                await measure(servers);
            }
        }
        finally
        {
            foreach (RunningServer server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    /// <summary>Says on standard error what is going on: a run takes minutes.</summary>
    public static void Say(string what) => Console.Error.WriteLine($"bench: {what}");
}
