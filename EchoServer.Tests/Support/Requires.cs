using EchoServer.Bench.Servers;

namespace EchoServer.Tests.Support;

/// <summary>Tools that a test cannot do without. In CI a missing one is a failure; elsewhere the test is skipped with a word.</summary>
internal static class Requires
{
    /// <summary>Where <c>./build.sh test</c> puts other people's clients and servers.</summary>
    public static string PeersFolder => Path.Combine(Programs.ProjectFolder, "artifacts", "peers");

    public static void NodePeers() => Unless(
        Directory.Exists(Path.Combine(PeersFolder, "node_modules", "ws")), "Node's ws package is not installed: run ./build.sh test");

    public static void Published() => Unless(
        File.Exists(Path.Combine(Programs.ProjectFolder, "artifacts", "cf", "EchoServer")), "nothing is published: run ./build.sh");

    /// <summary>Every server that the bench knows.</summary>
    public static void BenchServers()
    {
        string missing = string.Join("; ", ServerKinds.All.Where(kind => kind.Missing is not null).Select(kind => $"{kind.Key}: {kind.Missing}"));
        Unless(missing.Length == 0, missing);
    }

    public static void Faketime(string library) => Unless(File.Exists(library), "Debian's package faketime is not installed: run ./build.sh test as root");

    /// <summary>That a process may have so many files open; the runtime raises its soft limit to the hard one.</summary>
    public static void OpenFiles(int count)
    {
        string limits = File.ReadAllText("/proc/self/limits");
        string line = limits.Split('\n').Single(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        string soft = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        Unless(soft == "unlimited" || int.Parse(soft) >= count, $"only {soft} files may be open, and {count} are needed: see ulimit -n");
    }

    private static void Unless(bool condition, string otherwise)
    {
        if (!condition && Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(otherwise);
        }

        Assume.That(condition, otherwise);
    }
}
