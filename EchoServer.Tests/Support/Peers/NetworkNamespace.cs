using System.Diagnostics;

namespace EchoServer.Tests.Support.Peers;

/// <summary>A network of its own with nothing but loopback, where every port is free, 443 as well. Gone with the test.</summary>
/// <remarks>It lives as long as a process in it: one that waits for its standard input to end, so that it never outlives the test's.</remarks>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private readonly Process _keeper;

    private NetworkNamespace(Process keeper) => _keeper = keeper;

    /// <summary>Makes one and brings its loopback up.</summary>
    public static async Task<NetworkNamespace> CreateAsync()
    {
        Requires.NetworkNamespaces();
        Process keeper = Process.Start(Programs.Start(
            "unshare", ["--net", "bash", "-c", "ip link set lo up && echo ready && exec cat"]))!;
        var network = new NetworkNamespace(keeper);
        try
        {
            using var patience = new CancellationTokenSource(ServerProcess.Patience);
            if (await keeper.StandardOutput.ReadLineAsync(patience.Token) != "ready")
            {
                throw new InvalidOperationException("no network namespace: " + await keeper.StandardError.ReadToEndAsync(patience.Token));
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a program start in it. It becomes that program: the process keeps its id.</summary>
    public ProcessStartInfo Enter(ProcessStartInfo start)
    {
        string[] command = [$"--net=/proc/{_keeper.Id}/ns/net", "--", start.FileName, .. start.ArgumentList];
        start.FileName = "nsenter";
        start.ArgumentList.Clear();
        Array.ForEach(command, start.ArgumentList.Add);
        return start;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_keeper.HasExited)
        {
            _keeper.Kill(entireProcessTree: true);
            await _keeper.WaitForExitAsync();
        }

        _keeper.Dispose();
    }
}
