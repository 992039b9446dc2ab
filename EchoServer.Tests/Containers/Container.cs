namespace EchoServer.Tests.Containers;

/// <summary>A running container: <c>podman run --rm</c> in the foreground, whose output and exit code are the server's.</summary>
internal sealed class Container : IAsyncDisposable
{
    private readonly Podman _podman;

    private Container(Podman podman, string name, ServerProcess server)
    {
        _podman = podman;
        Name = name;
        Server = server;
    }

    public string Name { get; }

    public ServerProcess Server { get; }

    public static async Task<Container> StartAsync(Podman podman, string image, int port, IEnumerable<string> flags)
    {
        string name = $"echo-test-{Guid.NewGuid():N}";
        try
        {
            ServerProcess server = await ServerProcess.StartAsync(
                podman.Start("podman", ["run", "--rm", "--name", name, "--env", $"PORT={port}", .. flags, image]));
            return new Container(podman, name, server);
        }
        catch
        {
            await podman.RunAsync("rm", "--force", "--ignore", name);
            throw;
        }
    }

    public Task StopAsync() => _podman.RunAsync("stop", "--time", "10", Name);

    public async ValueTask DisposeAsync()
    {
        await _podman.RunAsync("rm", "--force", "--ignore", "--time", "10", Name);
        await Server.DisposeAsync();
    }
}
