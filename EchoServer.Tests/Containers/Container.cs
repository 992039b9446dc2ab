namespace EchoServer.Tests.Containers;

/// <summary>A running container: <c>podman run --rm</c> in the foreground, whose output and exit code are the server's.</summary>
internal sealed class Container(Podman podman, string name, ServerProcess server) : IAsyncDisposable
{
    public string Name => name;

    public ServerProcess Server => server;

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

    public Task StopAsync() => podman.RunAsync("stop", "--time", "10", Name);

    public async ValueTask DisposeAsync()
    {
        await podman.RunAsync("rm", "--force", "--ignore", "--time", "10", Name);
        await Server.DisposeAsync();
    }
}
