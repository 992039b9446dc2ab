namespace EchoServer.Tests.Deployment;

/// <summary>
/// One instance as a Cloud Foundry cell would run it: in a root of its own (Debian bookworm, nothing of which can be written), as
/// an unprivileged user, with the memory of the manifest, the platform's limit of open files and none but its variables.
/// </summary>
/// <remarks>Its mounts are in a namespace that only its processes are in: they end with them, however that comes about.</remarks>
internal sealed class Droplet : IAsyncDisposable
{
    public const int OpenFiles = 16384;
    public const int UserId = 2000;
    public const string Guid = "5c1f6d2e-8a1b-4d1c-b7a5-0000";

    private const string Home = "/home/vcap/app";

    // Every step becomes the next one: the process that the test started is the server in the end, and gets the signal itself.
    // The limit of open files is what the machine allows where that is less. The memory limit is to be seen where a container sees it.
    private const string Enter = $"""
        set -e
        root=$1 app=$2 group=$3
        shift 3
        echo $$ > "$group"
        ulimit -n 16384 2>/dev/null || ulimit -n "$(ulimit -H -n)"
        mount --bind "$root" "$root"
        mount --bind "$app" "$root{Home}"
        mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
        mount -t tmpfs -o size=64k,mode=755 tmpfs "$root/sys"
        mkdir -p "$root/sys/fs/cgroup/memory"
        mount --bind "$(dirname "$group")" "$root/sys/fs/cgroup/memory"
        mount -o remount,bind,ro "$root/sys/fs/cgroup/memory"
        mount -o remount,bind,ro "$root/sys"
        mount -o remount,bind,ro "$root{Home}"
        mount -o remount,bind,ro "$root"
        exec chroot --userspec=2000:2000 --groups= "$root" env -i -C {Home} "$@"
        """;

    private readonly string _root;
    private readonly string _app;
    private readonly MemoryCgroup _memory;
    private readonly string[] _environment;

    private Droplet(Manifest manifest, string root, MemoryCgroup memory)
    {
        _root = root;
        _memory = memory;
        _app = Directory.CreateTempSubdirectory("echo-droplet-").FullName;
        Port = FreePort.Find();
        _environment = [.. Variables(manifest, Port).Select(pair => $"{pair.Key}={pair.Value}")];
    }

    /// <summary>What <c>PORT</c> names. The container has no network of its own here.</summary>
    public int Port { get; }

    public ServerProcess Server { get; private set; } = null!;

    /// <summary>Copies what the manifest's <c>path</c> names and runs its <c>command</c>.</summary>
    public static async Task<Droplet> StartAsync(Manifest manifest)
    {
        string root = Requires.DropletRoot();
        var droplet = new Droplet(manifest, root, Requires.Memory(manifest.MemoryBytes));
        return await droplet.StartedAsync(async () =>
        {
            await droplet.CopyAsync(Path.Combine(Programs.ProjectFolder, manifest.Text("path")));
            droplet.Server = await ServerProcess.StartAsync(droplet.Inside("bash", "-c", manifest.Text("command")));
        });
    }

    /// <summary>Runs one more command in the container, as <c>cf ssh</c> would: it shares the memory.</summary>
    public Task<ProgramResult> RunAsync(string command) => Programs.RunAsync(Inside("bash", "-c", command));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await (Server?.DisposeAsync().AsTask() ?? Task.CompletedTask).WaitAsync(ServerProcess.Patience);
        }
        finally
        {
            // A command without "exec" is a shell that ends alone, and leaves the server behind with its output open.
            _memory.KillProcesses();
            await _memory.DisposeAsync();
            Directory.Delete(_app, recursive: true);
        }
    }

    public long PeakBytes => _memory.PeakBytes;

    /// <summary>What Cloud Foundry sets, and what the manifest adds. https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html</summary>
    public static Dictionary<string, string> Variables(Manifest manifest, int port) => new(manifest.Environment)
    {
        ["PORT"] = $"{port}",
        ["HOME"] = Home,
        ["TMPDIR"] = "/home/vcap/tmp",
        ["MEMORY_LIMIT"] = manifest.Text("memory").ToLowerInvariant(),
        ["CF_INSTANCE_INDEX"] = "0",
        ["CF_INSTANCE_GUID"] = Guid,
        ["CF_INSTANCE_IP"] = "10.0.4.17",
        ["CF_INSTANCE_INTERNAL_IP"] = "10.255.96.3",
        ["CF_INSTANCE_PORT"] = "61012",
        ["CF_INSTANCE_ADDR"] = "10.0.4.17:61012",
        ["CF_INSTANCE_PORTS"] = $$"""[{"external":61012,"internal":{{port}}}]""",
        ["VCAP_APPLICATION"] =
            """
            {"application_id":"0d9f2c1e-7a35-4f0e-9c5b-d5a4a3a1f001","application_name":"echo-server",
            "application_uris":["echo-server-quick-otter.cfapps.example.com"],"application_version":"1f5e","cf_api":"https://api.cf.example.com",
            "limits":{"disk":128,"fds":16384,"mem":32},"name":"echo-server","organization_name":"org","space_name":"dev",
            "uris":["echo-server-quick-otter.cfapps.example.com"],"users":null,"version":"1f5e"}
            """,
    };

    private ProcessStartInfo Inside(params string[] command) => Programs.Start(
        "unshare",
        ["--mount", "--propagation", "private", "bash", "-c", Enter, "bash", _root, _app, _memory.ProcessesFile, .. _environment, .. command]);

    /// <summary>Inside the limit: pages of a file belong to the group that reads or writes it first, and a container unpacks its droplet itself.</summary>
    private async Task CopyAsync(string folder)
    {
        ProgramResult copy = await Programs.RunAsync(Programs.Start(
            "bash", ["-c", "echo $$ > \"$1\" && cp -r \"$2/.\" \"$3\" && chmod 755 \"$3\"", "bash", _memory.ProcessesFile, folder, _app]));
        Assert.That(copy, Is.EqualTo(new ProgramResult(0, "", "")));
    }
}
