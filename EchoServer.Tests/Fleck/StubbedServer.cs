using System.Net;
using EchoServer.Fleck;
using EchoServer.Server;
using FleckStub = global::Fleck.WebSocketServer;
using StubConnection = global::Fleck.StubConnection;

namespace EchoServer.Tests.Fleck;

/// <summary>The adapter over the stub of Fleck: the test raises Fleck's events, in an order of its own.</summary>
internal sealed class StubbedServer : IAsyncDisposable
{
    private StubbedServer(FleckServer adapter, CapturedLog log)
    {
        Adapter = adapter;
        Log = log;
        Stub = FleckStub.Latest;
    }

    public FleckServer Adapter { get; }

    public CapturedLog Log { get; }

    public FleckStub Stub { get; }

    public static StubbedServer Start(Action<IWebSocketConnection> configure, ServerOptions? options = null, params string[] ignored) =>
        Start((server, _) => server.Start(configure), options, ignored);

    public static StubbedServer Start(Action<IWebSocketServer, CapturedLog> start, ServerOptions? options = null, params string[] ignored)
    {
        var log = new CapturedLog();
        var adapter = new FleckServer((options ?? new ServerOptions()) with { Host = IPAddress.Loopback, Port = 0 }, log, ignored);
        start(adapter, log);
        return new StubbedServer(adapter, log);
    }

    public StubConnection Open(string path = "/")
    {
        StubConnection connection = Stub.Accept(path);
        connection.OnOpen();
        return connection;
    }

    public ValueTask DisposeAsync() => Adapter.DisposeAsync();
}
