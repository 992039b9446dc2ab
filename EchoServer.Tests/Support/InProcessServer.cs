using System.Net;
using EchoServer.Fleck;
using EchoServer.Metrics;
using EchoServer.Server;

namespace EchoServer.Tests.Support;

/// <summary>The engine inside the test's process, for what cannot be seen from outside: callbacks, log entries, allocations.</summary>
internal sealed class InProcessServer(WebSocketServer engine, CapturedLog log) : IAsyncDisposable
{
    public CapturedLog Log => log;

    public int Port => engine.EndPoint!.Port;

    public int ConnectionCount => engine.Context.Stats.Connections;

    public ServerSnapshot Snapshot => engine.Context.TakeSnapshot();

    public WebSocketServer Engine => engine;

    /// <summary>The connections that were opened, the last one first; where the test configures them itself.</summary>
    public ConcurrentStack<IWebSocketConnection> Opened { get; } = new();

    public static InProcessServer Start(
        Action<IWebSocketConnection> configure, ServerOptions? options = null, Func<WebSocketServer, IPlainHttp>? site = null)
    {
        InProcessServer server = Start((_, _) => { }, options, site);
        server.Engine.Start(configure + server.Opened.Push);
        return server;
    }

    public static InProcessServer Start(
        Action<IWebSocketServer, CapturedLog> start, ServerOptions? options = null, Func<WebSocketServer, IPlainHttp>? site = null)
    {
        var log = new CapturedLog();
        var server = new WebSocketServer(OnLoopback(options), log);
        server.Context.PlainHttp = site?.Invoke(server);
        start(server, log);
        return new InProcessServer(server, log);
    }

    /// <summary>Starts the engine with Fleck's frames: the stub's, or the package's with <c>-p:FleckPackage=true</c>.</summary>
    public static InProcessServer StartFleck(Action<IWebSocketConnection> configure, ServerOptions? options = null)
    {
        var log = new CapturedLog();
        var server = new FleckServer(OnLoopback(options), log, ["--compression"]);
        server.Start(configure);
        return new InProcessServer(server, log);
    }

    public static InProcessServer StartEcho(ServerOptions? options = null) =>
        Start(socket => socket.OnMessage = message => socket.Send(default, message), options);

    public Task UntilLoggedAsync(string text) =>
        Wait.UntilAsync(() => Log.Lines.Any(line => line.Text.Contains(text, StringComparison.Ordinal)), () => $"no line: {text}");

    public Task StopAsync(TimeSpan timeout) => engine.StopAsync(timeout);

    public Task WaitUntilEmptyAsync() => Wait.UntilAsync(() => ConnectionCount == 0, () => $"{ConnectionCount} connections are left");

    public (long Used, long Peak) Budget => (engine.Context.Stats.BudgetUsed, engine.Context.Stats.BudgetPeak);

    /// <summary>The server's time, to be moved with <see cref="CheckDeadlines"/>.</summary>
    public long Now => engine.Context.Now;

    /// <summary>Does what the heartbeat does, at a time of the test's.</summary>
    public void CheckDeadlines(long now) => engine.Context.Connections.ForEach(Heartbeat.Check, now);

    /// <summary>Waits until the server's time goes on.</summary>
    public async Task TickAsync()
    {
        long before = Now;
        await Wait.UntilAsync(() => Now > before, () => "the heart does not beat");
    }

    private static ServerOptions OnLoopback(ServerOptions? options) =>
        (options ?? new ServerOptions()) with { Host = IPAddress.Loopback, Port = 0 };

    /// <summary>Ends the server. With no connection left, everything held for one must have been given back.</summary>
    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await Wait.UntilAsync(() => engine.Context.Stats.BudgetUsed == 0, () => $"{engine.Context.Stats.BudgetUsed} bytes were never given back");
    }
}
