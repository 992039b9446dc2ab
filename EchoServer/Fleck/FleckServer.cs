using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using EchoServer.Server;
using EchoServer.Transport;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;
using FleckWebSocketServer = global::Fleck.WebSocketServer;
using IFleckConnection = global::Fleck.IWebSocketConnection;

namespace EchoServer.Fleck;

/// <summary>The engine over the Fleck package: the same seam, without the limits of the built-in one.</summary>
/// <remarks>
/// All members may be called from any thread. A server is started once. Only in builds with <c>-p:WebSocketEngine=Fleck</c>; of
/// <see cref="ServerOptions"/> it honours what <c>FleckSettings</c> lists.
/// </remarks>
internal sealed class FleckServer : IWebSocketServer
{
    // How long a stopping server lets a client's messages come before its Close; some never cease.
    private static readonly TimeSpan DrainGrace = TimeSpan.FromSeconds(1);

    // How often a stopping server looks whether its last connection is gone.
    private static readonly TimeSpan StopPollInterval = TimeSpan.FromMilliseconds(20);

    private readonly ServerOptions _options;
    private readonly IReadOnlyCollection<string> _ignoredSettings;
    private readonly ILogger _announcements;
    private readonly ILogger _fleckLog;
    private readonly Lock _announcing = new();
    private readonly ConcurrentDictionary<long, FleckConnection> _connections = new();
    private FleckWebSocketServer? _server;
    private FleckLogBridge? _bridge;
    private Timer? _statsTimer;
    private object? _listenerWithNoDelay;
    private long _lastId;
    private volatile bool _isStopping;

    /// <summary>Makes a server that does not listen yet.</summary>
    /// <param name="options">Where it listens, and what else of it Fleck can honour.</param>
    /// <param name="logging">Where it logs to: categories <c>Server</c>, <c>Fleck</c> and that of the announcement. Must not block.</param>
    /// <param name="ignoredSettings">Options and variables that were given and that Fleck cannot honour.</param>
    internal FleckServer(ServerOptions options, ILoggerFactory logging, IReadOnlyCollection<string> ignoredSettings)
    {
        _options = options;
        _ignoredSettings = ignoredSettings;
        Log = logging.CreateLogger("Server");
        _fleckLog = logging.CreateLogger("Fleck");
        _announcements = logging.CreateLogger(WebSocketServer.AnnouncementCategory);
    }

    /// <inheritdoc/>
    public IPEndPoint? EndPoint { get; private set; }

    internal ILogger Log { get; }

    internal Action<IWebSocketConnection> Configure { get; private set; } = _ => { };

    /// <inheritdoc/>
    public void Start(Action<IWebSocketConnection> configure)
    {
        Configure = configure;
        var endPoint = new IPEndPoint(_options.Host, _options.Port);
        AssertFree(endPoint);
        _bridge = new FleckLogBridge(_fleckLog);
        var server = new FleckWebSocketServer($"ws://{endPoint}") { RestartAfterListenError = true };
        _server = server;
        KeepNoDelay();
        try
        {
            server.Start(Accept);
        }
        catch
        {
            server.Dispose();
            _bridge.Dispose();
            throw;
        }

        Announce();
        if (_options.StatsInterval is TimeSpan interval)
        {
            _statsTimer = new Timer(_ => Log.Stats(_connections.Count, GC.GetTotalMemory(forceFullCollection: false)), null, interval, interval);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Fleck cannot abort a connection: one that is left when the time is over lasts until its client answers the Close, or the
    /// process ends.
    /// </remarks>
    public async Task StopAsync(TimeSpan timeout)
    {
        _isStopping = true;
        StopListening();
        int told = _connections.Count;
        Log.Stopping(told);
        long start = MonotonicClock.Now;
        TellToGo(isPatient: timeout > TimeSpan.Zero);
        while (!_connections.IsEmpty && MonotonicClock.Now - start < (long)timeout.TotalMilliseconds)
        {
            await Task.Delay(StopPollInterval).ConfigureAwait(false);
            TellToGo(isPatient: MonotonicClock.Now - start < (long)DrainGrace.TotalMilliseconds);
        }

        // Those too whose messages never ceased.
        TellToGo(isPatient: false);
        int left = _connections.Count;
        // One that Fleck was putting in a failed listener's place when it was told to stop.
        StopListening();
        if (_statsTimer is not null)
        {
            await _statsTimer.DisposeAsync().ConfigureAwait(false);
        }

        Log.Stopped(Math.Max(told - left, 0), left);
        _bridge?.Dispose();
    }

    /// <summary>Ends what can be ended at once.</summary>
    /// <returns>A task that is complete when every client was told to go.</returns>
    public async ValueTask DisposeAsync()
    {
        if (!_isStopping && EndPoint is not null)
        {
            await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        }
    }

    /// <summary>Why a connection must go again before the application sees it; null when it may stay.</summary>
    /// <remarks>Fleck has answered the handshake by then: a Close has to say what a status would have said.</remarks>
    internal CloseCode? Refusal(ConnectionInfo info)
    {
        if (_isStopping)
        {
            return CloseCode.GoingAway;
        }

        bool isAllowed = _options.AllowedOrigins.Count == 0 || info.Origin is null ||
            _options.AllowedOrigins.Contains(info.Origin, StringComparer.OrdinalIgnoreCase);
        return isAllowed ? null : CloseCode.PolicyViolation;
    }

    internal void Remove(FleckConnection connection) => _connections.TryRemove(connection.Info.Id, out _);

    /// <summary>Fleck lets several servers share a port, each with a part of the clients: here the second one is to fail.</summary>
    private static void AssertFree(IPEndPoint endPoint)
    {
        using var probe = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(endPoint);
    }

    /// <summary>Fleck accepts before its start returns: the first lines come before anything that a connection gives rise to.</summary>
    private void Announce()
    {
        lock (_announcing)
        {
            if (EndPoint is null)
            {
                EndPoint = new IPEndPoint(_options.Host, _server!.Port);
                _announcements.Listening(EndPoint);
                Log.Shortcomings(_ignoredSettings);
                _bridge!.Release();
            }
        }
    }

    private void Accept(IFleckConnection socket)
    {
        Announce();
        KeepNoDelay();
        var connection = new FleckConnection(this, socket, Interlocked.Increment(ref _lastId));
        _connections[connection.Info.Id] = connection;
    }

    /// <summary>
    /// Accepted sockets have their listener's options, and Fleck puts a new listener in a failed one's place without saying so:
    /// the first connection after that is what tells.
    /// </summary>
    private void KeepNoDelay()
    {
        global::Fleck.ISocket listener = _server!.ListenerSocket;
        if (!ReferenceEquals(listener, _listenerWithNoDelay))
        {
            try
            {
                listener.NoDelay = true;
                _listenerWithNoDelay = listener;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // It is being replaced right now: the next connection sees the new one.
            }
        }
    }

    private void StopListening()
    {
        if (_server is not null)
        {
            // Else it would take the end of its listener for an error, and listen again.
            _server.RestartAfterListenError = false;
            _server.Dispose();
        }
    }

    private void TellToGo(bool isPatient)
    {
        foreach (FleckConnection connection in _connections.Values)
        {
            connection.GoAway(isPatient);
        }
    }
}
