using EchoServer.Tests.Support;

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

    /// <summary>What podman knows it by.</summary>
    public string Name { get; }

    /// <summary>Its output, and how it ends; as a process it is podman.</summary>
    public ServerProcess Server { get; }

    /// <summary>Runs an image until its server listens.</summary>
    /// <param name="podman">What runs it.</param>
    /// <param name="image">The name of the image.</param>
    /// <param name="port">A free port of this machine, whose network the container has.</param>
    /// <param name="flags">More for <c>podman run</c>.</param>
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

    /// <summary>SIGTERM, and SIGKILL when that has not helped in ten seconds.</summary>
    public Task StopAsync() => _podman.RunAsync("stop", "--time", "10", Name);

    public async ValueTask DisposeAsync()
    {
        await _podman.RunAsync("rm", "--force", "--ignore", "--time", "10", Name);
        await Server.DisposeAsync();
    }
}
