namespace EchoServer.Tests.Support.Peers;

/// <summary>A server in Node that says its port on its first line. Ends with the test.</summary>
internal sealed class ScriptPeer(string script) : IAsyncDisposable
{
    private readonly RunningProgram _node = new(Programs.Start("node", ["-e", script], Requires.PeersFolder));

    public int Port { get; private set; }

    public static async Task<ScriptPeer> StartNodeAsync(string script)
    {
        var peer = new ScriptPeer(script);
        return await peer.StartedAsync(async () => peer.Port = int.Parse(await peer._node.ReadLineAsync(), CultureInfo.InvariantCulture));
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();
}
