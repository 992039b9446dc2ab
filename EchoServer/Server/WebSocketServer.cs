using System.Net;
using EchoServer.Transport;
using Microsoft.Extensions.Logging;

namespace EchoServer.Server;

/// <summary>The built-in engine: RFC 6455 on raw sockets.</summary>
/// <remarks>All members may be called from any thread. A server is started once.</remarks>
internal class WebSocketServer : IWebSocketServer
{
    private readonly ILogger _announcements;
    private readonly Acceptor _acceptor;
    private readonly Connection?[] _surplus = new Connection?[ServerLimits.SurplusConnections];
    private uint _nextSurplus;
    private long _lastId;
    private Heartbeat? _heartbeat;

    /// <summary>Makes a server that does not listen yet.</summary>
    /// <param name="options">Where it listens, and its limits.</param>
    /// <param name="logging">Where it logs to: categories <c>Server</c> and <see cref="AnnouncementCategory"/>. Must not block.</param>
    public WebSocketServer(ServerOptions options, ILoggerFactory logging)
    {
        Context = new ServerContext(options, logging.CreateLogger("Server"));
        _acceptor = new Acceptor(options, Log);
        _announcements = logging.CreateLogger(AnnouncementCategory);
    }

    /// <summary>The category of the line that says where the server listens, which scripts wait for at any log level.</summary>
    public static string AnnouncementCategory => "EchoServer";

    public IPEndPoint? EndPoint => _acceptor.EndPoint;

    /// <summary>What its connections share.</summary>
    internal ServerContext Context { get; }

    private ILogger Log => Context.Log;

    public virtual void Start(Action<IWebSocketConnection> configure)
    {
        ServerOptions options = Context.Options;
        Context.Configure = configure;
        IPEndPoint endPoint = _acceptor.Listen(ServerLimits.IoThreadsOf(options));
        _heartbeat = new Heartbeat(Context);
        _announcements.Listening(endPoint);
        ServerLimits limits = Context.Limits;
        Log.ConnectionLimit(limits.MaxConnections);
        if (options.MaxConnections > limits.MaxConnections)
        {
            Log.FewerConnections(limits.MaxConnections, options.MaxConnections.Value);
        }

        _acceptor.Run(Serve);
    }

    public async Task StopAsync(TimeSpan timeout)
    {
        Context.IsStopping = true;
        ConnectionTable connections = Context.Connections;
        (int ended, int aborted) = await _acceptor.StopAsync(
            timeout,
            () => connections.Count,
            isPatient => connections.ForEach(static (connection, isPatient) => connection.GoAway(isPatient), isPatient),
            () => connections.ForEach(static (connection, _) => connection.Abort(), 0)).ConfigureAwait(false);
        _heartbeat?.Dispose();
        _acceptor.Dispose();
        Context.Zlib?.Dispose();
        Log.RefusalsOmitted(Context.Counters.LoggedRefusals, isLast: true);
        Log.BudgetUse(Context.Stats);
        Log.Stopped(ended, aborted);
    }

    /// <summary>Ends everything at once.</summary>
    /// <returns>A task that is complete when no connection is left.</returns>
    public async ValueTask DisposeAsync()
    {
        if (!Context.IsStopping && EndPoint is not null)
        {
            await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a connection of an accepted socket, unless there are too many.</summary>
    private void Serve(NonBlockingSocket socket)
    {
        int surplus = Context.Connections.Count - Context.Limits.MaxConnections;
        if (surplus >= ServerLimits.SurplusConnections + ServerLimits.EndingConnections)
        {
            Context.Counters.SocketRefused();
            socket.Close(dropsOutput: true);
            return;
        }

        var connection = new Connection(Context, socket, ++_lastId, isSurplus: surplus >= 0);
        if (surplus >= 0)
        {
            TakePlaceOfOldestSurplus(connection);
        }

        _ = connection.RunAsync();
    }

    /// <summary>One above the limit may ask for a page, and how the server is, but does not become a WebSocket. The oldest of them ends.</summary>
    /// <remarks>
    /// Otherwise some that say nothing, or never collect their refusal, would keep out the question whether the server is healthy,
    /// and a healthy one would be ended for it.
    /// </remarks>
    private void TakePlaceOfOldestSurplus(Connection connection)
    {
        ref Connection? place = ref _surplus[_nextSurplus++ % _surplus.Length];
        if (place is { HasEnded: false } oldest)
        {
            Context.Counters.SocketRefused();
            oldest.Abort();
        }

        place = connection;
    }
}
