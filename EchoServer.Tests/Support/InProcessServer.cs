using System.Net;
using EchoServer.Metrics;
using EchoServer.Server;

namespace EchoServer.Tests.Support;

/// <summary>The engine inside the test's process, for what cannot be seen from outside: callbacks, log entries, allocations.</summary>
internal sealed class InProcessServer : IAsyncDisposable
{
    private readonly WebSocketServer _server;

    private InProcessServer(WebSocketServer server, CapturedLog log)
    {
        _server = server;
        Log = log;
    }

    public CapturedLog Log { get; }

    public int Port => _server.EndPoint!.Port;

    public int ConnectionCount => _server.Context.Stats.Connections;

    public ServerSnapshot Snapshot => _server.Context.TakeSnapshot();

    public WebSocketServer Engine => _server;

    public static InProcessServer Start(
        Action<IWebSocketConnection> configure, ServerOptions? options = null, Func<WebSocketServer, IPlainHttp>? site = null) =>
        Start((server, _) => server.Start(configure), options, site);

    public static InProcessServer Start(
        Action<IWebSocketServer, CapturedLog> start, ServerOptions? options = null, Func<WebSocketServer, IPlainHttp>? site = null)
    {
        var log = new CapturedLog();
        var server = new WebSocketServer((options ?? new ServerOptions()) with { Host = IPAddress.Loopback, Port = 0 }, log);
        server.Context.PlainHttp = site?.Invoke(server);
        start(server, log);
        return new InProcessServer(server, log);
    }

    public static InProcessServer StartEcho(ServerOptions? options = null) =>
        Start(socket => socket.OnMessage = message => socket.Send(default, message), options);

    public Task StopAsync(TimeSpan timeout) => _server.StopAsync(timeout);

    public Task WaitUntilEmptyAsync() => Wait.UntilAsync(() => ConnectionCount == 0, () => $"{ConnectionCount} connections are left");

    public (long Used, long Peak) Budget => (_server.Context.Stats.BudgetUsed, _server.Context.Stats.BudgetPeak);

    /// <summary>The server's time, to be moved with <see cref="CheckDeadlines"/>.</summary>
    public long Now => _server.Context.Now;

    /// <summary>Does what the heartbeat does, at a time of the test's.</summary>
    public void CheckDeadlines(long now) => _server.Context.Connections.ForEach(Heartbeat.Check, now);

    /// <summary>Waits until the server's time goes on.</summary>
    public async Task TickAsync()
    {
        long before = Now;
        await Wait.UntilAsync(() => Now > before, () => "the heart does not beat");
    }

    /// <summary>Ends the server. With no connection left, everything held for one must have been given back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await Wait.UntilAsync(() => _server.Context.Stats.BudgetUsed == 0, () => $"{_server.Context.Stats.BudgetUsed} bytes were never given back");
    }
}
