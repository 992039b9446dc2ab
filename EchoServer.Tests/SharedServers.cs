using EchoServer.Tests.Containers;

namespace EchoServer.Tests;

/// <summary>Servers that many tests talk to, started once: as a user would start them, and with the large limit.</summary>
[SetUpFixture]
internal sealed class SharedServers
{
    public const int LargeMessageBytes = 16 * 1024 * 1024;

    private static ServerProcess? _default;
    private static ServerProcess? _large;

    public static ServerProcess Default => _default ?? throw new InvalidOperationException("not started");

    /// <summary>
    /// With a limit of 16 MiB a message, no line for each message, and all the time for a client's Close: a test that does not get on
    /// without its deadline fails.
    /// </summary>
    public static ServerProcess Large => _large ?? throw new InvalidOperationException("not started");

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        // Reading a process's output blocks a thread of the pool, and so do the raw peers: on two cores the pool would otherwise
        // be short of threads, and make up for it one a second.
        ThreadPool.SetMinThreads(workerThreads: 64, completionPortThreads: 64);
        _default = await ServerProcess.StartAsync(["--log-level", "debug"]);
        _large = await ServerProcess.StartAsync(
            ["--max-message-bytes", $"{LargeMessageBytes}", "--log-messages", "false", "--close-timeout", $"{2 * ServerProcess.Patience.TotalSeconds}"]);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await ImageStore.RemoveAsync();
        foreach (ServerProcess? server in (ServerProcess?[])[_default, _large])
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }
    }
}
