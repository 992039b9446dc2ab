namespace EchoServer.Tests.Support.Peers;

/// <summary>A network of its own with nothing but loopback, where every port is free, 443 as well. Gone with the test.</summary>
/// <remarks>It lives as long as a process in it: one that waits for its standard input to end, so that it never outlives the test's.</remarks>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private readonly RunningProgram _keeper =
        new(Programs.Start("unshare", ["--net", "bash", "-c", "ip link set lo up && echo ready && exec cat"]));

    public static async Task<NetworkNamespace> CreateAsync()
    {
        Requires.NetworkNamespaces();
        var created = new NetworkNamespace();
        return await created.StartedAsync(() => created._keeper.ReadLineAsync("^ready$"));
    }

    /// <summary>Makes a program start in it. It becomes that program: the process keeps its id.</summary>
    public ProcessStartInfo Enter(ProcessStartInfo start) => Programs.Through(start, "nsenter", $"--net=/proc/{_keeper.Id}/ns/net", "--");

    public ValueTask DisposeAsync() => _keeper.DisposeAsync();
}
