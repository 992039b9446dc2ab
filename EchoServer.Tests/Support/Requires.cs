using EchoServer.Bench.Servers;

namespace EchoServer.Tests.Support;

/// <summary>Tools that a test cannot do without. In CI a missing one is a failure; elsewhere the test is skipped with a word.</summary>
internal static class Requires
{
    /// <summary>Where <c>./build.sh test</c> puts other people's clients and servers.</summary>
    public static string PeersFolder => Path.Combine(Programs.ProjectFolder, "artifacts", "peers");

    public static void NodePeers() => Unless(
        Directory.Exists(Path.Combine(PeersFolder, "node_modules", "ws")), "Node's ws package is not installed: run ./build.sh test");

    public static void Chromium() => Package("chromium", Support.Chromium.Executable);

    public static void AxeCore() =>
        Unless(File.Exists(AxeScript), "the npm package axe-core is not installed: run ./build.sh test");

    public static string AxeScript => Path.Combine(PeersFolder, "node_modules", "axe-core", "axe.min.js");

    public static void Published() => Unless(
        File.Exists(Path.Combine(Programs.ProjectFolder, "artifacts", "cf", "EchoServer")), "nothing is published: run ./build.sh");

    public static string Promtool() => Tool("promtool");

    public static string DropletRoot()
    {
        string folder = Path.Combine(ToolsFolder, "bookworm");
        Unless(Environment.IsPrivilegedProcess && Directory.Exists(folder), "there is no Debian bookworm: run ./build.sh test as root on Debian");
        return folder;
    }

    public static MemoryCgroup Memory(long bytes)
    {
        MemoryCgroup? cgroup = MemoryCgroup.TryCreate(bytes);
        Unless(cgroup is not null, "no memory cgroup can be made here: that takes root and cgroup v1");
        return cgroup!;
    }

    public static void Containers()
    {
        Unless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/podman"), "podman cannot be used: run ./build.sh test as root on Debian");
        _ = DockerRegistry;
    }

    public static string DockerRegistry => Tool("docker-registry");

    /// <summary>The libraries of Debian for arm64, a compiler for it, and an emulator that runs its programs.</summary>
    public static string ArmLibraries
    {
        get
        {
            const string folder = "/usr/aarch64-linux-gnu/lib";
            Unless(
                Directory.Exists(folder) && File.Exists("/usr/bin/aarch64-linux-gnu-gcc") && File.Exists(Emulator),
                "Debian's packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user are not installed: run ./build.sh test as root");
            return folder;
        }
    }

    /// <summary>Runs programs for arm64.</summary>
    public const string Emulator = "/usr/bin/qemu-aarch64";

    public static void Objdump() => Package("binutils", "/usr/bin/objdump");

    public static void Git() => Unless(
        File.Exists("/usr/bin/git") && Path.Exists(Path.Combine(Programs.ProjectFolder, ".git")), "this is not a git repository, or git is not installed");

    public static void Tmux() => Package("tmux", TmuxTerminal.Tmux);

    public static void Zsh() => Package("zsh", "/usr/bin/zsh");

    public static void Curl() => Unless(File.Exists("/usr/bin/curl"), "curl is not installed");

    /// <summary>The servers that the bench measures. The file with the .NET runtime takes half a minute to publish, and only the bench does.</summary>
    public static void BenchServers()
    {
        string missing = string.Join("; ", ServerKinds.All.Where(kind => kind is { Missing: not null, Key: not ServerKinds.CfJit }).Select(kind => $"{kind.Key}: {kind.Missing}"));
        Unless(missing.Length == 0, missing);
    }

    public static void Nginx() => Package("nginx-light", Peers.Nginx.Executable);

    public static void Haproxy() => Package("haproxy", Peers.Haproxy.Executable);

    /// <summary>That a process may be put into a network of its own.</summary>
    public static void NetworkNamespaces() => Unless(
        Environment.UserName == "root" && File.Exists("/usr/bin/unshare") && (File.Exists("/usr/sbin/ip") || File.Exists("/usr/bin/ip")),
        "a network namespace takes root, unshare and Debian's package iproute2: run ./build.sh test as root");

    public static void Faketime(string library) => Package("faketime", library);

    /// <summary>That a process may have so many files open; the runtime raises its soft limit to the hard one.</summary>
    public static void OpenFiles(int count)
    {
        long limit = EchoServer.Transport.OpenFiles.ReadLimit();
        Unless(limit >= count, $"only {limit} files may be open, and {count} are needed: see ulimit -n");
    }

    private static string ToolsFolder => Path.Combine(Programs.ProjectFolder, "artifacts", "tools");

    /// <summary>A program out of one of Debian's packages, which is not installed but unpacked.</summary>
    private static string Tool(string name)
    {
        string program = Path.Combine(ToolsFolder, name);
        Unless(File.Exists(program), $"{name} is missing: run ./build.sh test where Debian's packages can be installed");
        return program;
    }

    private static void Package(string name, string file) =>
        Unless(File.Exists(file), $"Debian's package {name} is not installed: run ./build.sh test as root");

    public static void Unless(bool condition, string otherwise)
    {
        // Whether the tool is there or not: the quick tests stay those that need nothing.
        Assert.That(
            TestContext.CurrentContext.Test.AllCategories(), Does.Contain(WholeMachineAttribute.Category),
            "a test that needs more than the SDK is marked [WholeMachine]");
        if (!condition && Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(otherwise);
        }

        Assume.That(condition, otherwise);
    }
}
