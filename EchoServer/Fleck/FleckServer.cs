using System.Collections.Concurrent;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EchoServer.Buffers;
using EchoServer.Http;
using EchoServer.Server;
using EchoServer.Text;
using EchoServer.Transport;
using Microsoft.Extensions.Logging;
using FleckLog = global::Fleck.FleckLog;
using FleckWebSocketServer = global::Fleck.WebSocketServer;
using ISocket = global::Fleck.ISocket;

namespace EchoServer.Fleck;

/// <summary>The engine over the Fleck package. It is also the listening socket that Fleck's own server is given, for which it accepts.</summary>
/// <remarks>
/// All members may be called from any thread. A server is started once. Only in builds with <c>-p:WebSocketEngine=Fleck</c>; of
/// <see cref="ServerOptions"/> it honours what <c>FleckSettings</c> lists. Fleck has one log for the process: the server started last has it.
/// </remarks>
/// <param name="options">Where it listens, and what else of it Fleck can honour.</param>
/// <param name="logging">Where it logs to: categories <c>Server</c>, <c>Fleck</c> and that of the announcement. Must not block.</param>
/// <param name="ignoredSettings">Options and variables that were given and that Fleck cannot honour.</param>
internal sealed class FleckServer(ServerOptions options, ILoggerFactory logging, IReadOnlyCollection<string> ignoredSettings) : IWebSocketServer, ISocket
{
    private const int MaxDefaultIoThreads = 16;

    // Milliseconds.
    private const int RefusalsInterval = 1000;

    private readonly ConcurrentDictionary<long, FleckSocket> _sockets = new();
    private readonly Acceptor _acceptor = new(options, logging.CreateLogger("Server"));
    private Action<ISocket> _accepted = static _ => { };
    private long _lastId;
    private Timer? _statsTimer;
    private Timer? _refusalsTimer;

    /// <inheritdoc/>
    public IPEndPoint? EndPoint => _acceptor.EndPoint;

    internal ServerOptions Options => options;

    internal IByteBudget Budget { get; } = new MemoryBudget(ServerLimits.Of(options).MemoryBudgetBytes).Spare;

    /// <summary>What the application makes of a handshake that is sound, by its path and query; null accepts all. Set before the start.</summary>
    internal Func<string, string, HandshakeRuling>? Judge { get; init; }

    internal ILogger Log { get; } = logging.CreateLogger("Server");

    /// <summary>Which refused requests are logged.</summary>
    internal LineLimit Refusals { get; } = new();

    internal Action<IWebSocketConnection> Configure { get; private set; } = static _ => { };

    internal bool IsStopping => _acceptor.IsStopping;

    /// <inheritdoc/>
    public void Start(Action<IWebSocketConnection> configure)
    {
        Configure = configure;
        // Fleck's share of the work is larger than the kernel's: a thread for each processor.
        IPEndPoint endPoint = _acceptor.Listen(options.IoThreads ?? Math.Min(Environment.ProcessorCount, MaxDefaultIoThreads));
        // The location is only logged. Its socket is never used.
        var fleck = new FleckWebSocketServer("ws://0.0.0.0");
        fleck.ListenerSocket?.Dispose();
        fleck.ListenerSocket = this;
        FleckLog.LogAction = static (_, _, _) => { };
        fleck.Start(it => _ = new FleckConnection(this, (FleckSocket)((global::Fleck.WebSocketConnection)it).Socket, it));
        logging.CreateLogger(WebSocketServer.AnnouncementCategory).Listening(endPoint);
        Log.Shortcomings(ignoredSettings);
        ILogger fleckLog = logging.CreateLogger("Fleck");
        FleckLog.LogAction = (_, text, exception) => fleckLog.FleckSaid(text, exception);
        _refusalsTimer = new Timer(_ => Log.RefusalsOmitted(Refusals), null, RefusalsInterval, RefusalsInterval);
        if (options.StatsInterval is TimeSpan interval)
        {
            _statsTimer = new Timer(_ => Log.Stats(_sockets.Count, GC.GetTotalMemory(forceFullCollection: false)), null, interval, interval);
        }

        _acceptor.Run(Serve);
    }

    /// <inheritdoc/>
    public async Task StopAsync(TimeSpan timeout)
    {
        (int ended, int aborted) = await _acceptor.StopAsync(
            timeout,
            () => _sockets.Count,
            isPatient => Array.ForEach([.. _sockets.Values], socket => socket.GoAway(isPatient)),
            () => Array.ForEach([.. _sockets.Values], socket => socket.Abort())).ConfigureAwait(false);
        _acceptor.Dispose();
        _statsTimer?.Dispose();
        _refusalsTimer?.Dispose();
        Log.RefusalsOmitted(Refusals, isLast: true);
        Log.Stopped(ended, aborted);
        FleckLog.LogAction = static (_, _, _) => { };
    }

    /// <summary>Ends everything at once.</summary>
    public ValueTask DisposeAsync() => IsStopping || EndPoint is null ? default : new(StopAsync(TimeSpan.Zero));

    internal int ConnectionCount => _sockets.Count;

    internal void Remove(long id) => _sockets.TryRemove(id, out _);

    private void Serve(NonBlockingSocket accepted)
    {
        var socket = new FleckSocket(this, accepted, new SocketStream(accepted), ++_lastId);
        _sockets[_lastId] = socket;
        _ = socket.RunAsync(_accepted);
    }

    Task<ISocket> ISocket.Accept(Action<ISocket> callback, Action<Exception> error)
    {
        _accepted = callback;
        return Task.FromResult<ISocket>(this);
    }

    EndPoint ISocket.LocalEndPoint => EndPoint!;
    bool ISocket.Connected => false;
    bool ISocket.NoDelay { get => true; set { } }
    string ISocket.RemoteIpAddress => throw new NotSupportedException();
    int ISocket.RemotePort => throw new NotSupportedException();
    Stream ISocket.Stream => throw new NotSupportedException();
    void ISocket.Bind(EndPoint ipLocal) { }
    void ISocket.Listen(int backlog) { }
    void ISocket.Close() { }
    void ISocket.Dispose() { }
    Task ISocket.Send(byte[] buffer, Action callback, Action<Exception> error) => throw new NotSupportedException();
    Task<int> ISocket.Receive(byte[] buffer, Action<int> callback, Action<Exception> error, int offset) => throw new NotSupportedException();
    Task ISocket.Authenticate(X509Certificate2 certificate, SslProtocols protocols, Action callback, Action<Exception> error) =>
        throw new NotSupportedException();
}
