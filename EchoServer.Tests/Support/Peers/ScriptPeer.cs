namespace EchoServer.Tests.Support.Peers;

/// <summary>A server in Node that says its port on its first line. Ends with the test.</summary>
internal sealed class ScriptPeer : IAsyncDisposable
{
    private readonly Process _process;

    private ScriptPeer(Process process) => _process = process;

    public int Port { get; private set; }

    public static async Task<ScriptPeer> StartNodeAsync(string script)
    {
        Process process = Process.Start(Programs.Start("node", ["-e", script], Requires.PeersFolder))!;
        var peer = new ScriptPeer(process);
        return await peer.StartedAsync(async () =>
        {
            using var patience = new CancellationTokenSource(ServerProcess.Patience);
            string line = await process.StandardOutput.ReadLineAsync(patience.Token)
                ?? throw new InvalidOperationException("node ended: " + await process.StandardError.ReadToEndAsync(patience.Token));
            peer.Port = int.Parse(line, CultureInfo.InvariantCulture);
        });
    }

    public async ValueTask DisposeAsync() => await Programs.EndAsync(_process);
}
