using System.Net;
using EchoServer.Fleck;
using EchoServer.Server;

namespace EchoServer.Tests.Fleck;

/// <summary>The adapter in the test's process, over the stub of Fleck, or over the package with <c>-p:FleckPackage=true</c>.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    public RunningServer(Action<IWebSocketConnection> configure, ServerOptions? options = null)
    {
        Adapter = new FleckServer((options ?? new ServerOptions()) with { Host = IPAddress.Loopback, Port = 0 }, Log, ["--compression"]);
        Adapter.Start(configure);
    }

    public static RunningServer Echo(ServerOptions? options = null) =>
        new(socket => socket.OnMessage = message => socket.Send(default, message), options);

    public CapturedLog Log { get; } = new();

    public FleckServer Adapter { get; }

    public int Port => Adapter.EndPoint!.Port;

    public RawPeer Open(string path = "/raw") => RawPeer.Open(Port, path);

    public Task UntilLoggedAsync(string text) => Wait.UntilAsync(() => Log.Lines.Any(line => line.Text.Contains(text, StringComparison.Ordinal)), () => text);

    public Task UntilEmptyAsync() => Wait.UntilAsync(() => Adapter.Context.Connections.Count == 0, () => $"{Adapter.Context.Connections.Count} connections are left");

    public ValueTask DisposeAsync() => Adapter.DisposeAsync();
}
