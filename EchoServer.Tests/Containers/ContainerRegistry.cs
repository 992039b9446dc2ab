namespace EchoServer.Tests.Containers;

/// <summary>Debian's <c>docker-registry</c> on a free port of this machine, with nothing in it.</summary>
internal sealed class ContainerRegistry(Process process) : IAsyncDisposable
{
    private static readonly Regex ListeningLine = new(@"listening on 127\.0\.0\.1:(?<port>\d+)");

    public string Host { get; private set; } = "";

    public static async Task<ContainerRegistry> StartAsync(string folder)
    {
        string configuration = Path.Combine(folder, "registry.yml");
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            version: 0.1
            storage: { filesystem: { rootdirectory: {{folder}}/registry } }
            http: { addr: "127.0.0.1:0" }
            """);
        ProcessStartInfo start = Programs.Start(Requires.DockerRegistry, ["serve", configuration]);
        start.Environment["OTEL_TRACES_EXPORTER"] = "none";
        var registry = new ContainerRegistry(Process.Start(start)!);
        return await registry.StartedAsync(registry.WaitForPortAsync);
    }

    public async ValueTask DisposeAsync() => await Programs.EndAsync(process);

    private async Task WaitForPortAsync()
    {
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        while (Host.Length == 0)
        {
            string line = await process.StandardError.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException("the registry ended");
            Match match = ListeningLine.Match(line);
            Host = match.Success ? $"localhost:{match.Groups["port"].Value}" : "";
        }

        // It would stand still as soon as the pipes are full.
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
    }
}
