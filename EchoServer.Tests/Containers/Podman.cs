namespace EchoServer.Tests.Containers;

/// <summary>podman with a store of its own: no image and no container of this machine is seen or touched.</summary>
/// <remarks>As on a machine that has no service manager, and where a process may not raise its own limits.</remarks>
internal sealed class Podman
{
    private readonly Dictionary<string, string> _environment;

    public Podman(string folder)
    {
        string storage = Path.Combine(folder, "storage.conf");
        string containers = Path.Combine(folder, "containers.conf");
        File.WriteAllText(
            storage,
            $"""
            [storage]
            driver = "vfs"
            graphroot = "{folder}/graph"
            runroot = "{folder}/run"
            """);
        File.WriteAllText(
            containers,
            $"""
            [containers]
            netns = "host"
            default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
            [engine]
            runtime = "runc"
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            tmp_dir = "{folder}/tmp"
            """);
        _environment = new Dictionary<string, string>
        {
            ["CONTAINERS_STORAGE_CONF"] = storage,
            ["CONTAINERS_CONF"] = containers,
            ["CONTAINER_ENGINE"] = "podman",
        };
    }

    public ProcessStartInfo Start(string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = Programs.Start(program, arguments);
        foreach ((string name, string value) in _environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <summary><c>build.sh</c>, which then loads images into this store. It leaves no build server behind.</summary>
    public ProcessStartInfo BuildScript(params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = Start("/usr/bin/bash", [Path.Combine(Programs.ProjectFolder, "build.sh"), .. arguments]);
        return ServerBuild.WithSdk(start);
    }

    public async Task<string> RunAsync(params IEnumerable<string> arguments)
    {
        ProgramResult result = await Programs.RunAsync(Start("podman", arguments), ServerBuild.Patience);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return result.Output.Trim();
    }
}
