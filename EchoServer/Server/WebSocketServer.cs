using System.Net;
using System.Net.Sockets;
using EchoServer.Transport;
using Microsoft.Extensions.Logging;

namespace EchoServer.Server;

/// <summary>The built-in engine: RFC 6455 on raw sockets.</summary>
/// <remarks>All members may be called from any thread. A server is started once.</remarks>
internal sealed class WebSocketServer : IWebSocketServer
{
    // How long a stopping server lets a client's messages that have arrived already come before its Close; some never cease.
    private static readonly TimeSpan DrainGrace = TimeSpan.FromSeconds(1);

    // How often a stopping server looks whether its last connection is gone.
    private static readonly TimeSpan StopPollInterval = TimeSpan.FromMilliseconds(20);

    // How long connections that were aborted may take to clean up: their loops only have to be woken.
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(1);

    private readonly ILogger _announcements;
    private IListener? _listener;
    private Heartbeat? _heartbeat;
    private IoThreads? _ioThreads;
    private Timer? _statsTimer;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Makes a server that does not listen yet.</summary>
    /// <param name="options">Where it listens, and its limits.</param>
    /// <param name="logging">Where it logs to: categories <c>Server</c> and <see cref="AnnouncementCategory"/>. Must not block.</param>
    public WebSocketServer(ServerOptions options, ILoggerFactory logging)
    {
        Context = new ServerContext(options, logging.CreateLogger("Server"));
        _announcements = logging.CreateLogger(AnnouncementCategory);
    }

    /// <summary>The category of the line that says where the server listens, which scripts wait for at any log level.</summary>
    public static string AnnouncementCategory => "EchoServer";

    /// <inheritdoc/>
    public IPEndPoint? EndPoint { get; private set; }

    /// <summary>What its connections share.</summary>
    internal ServerContext Context { get; }

    private ILogger Log => Context.Log;

    /// <inheritdoc/>
    public void Start(Action<IWebSocketConnection> configure)
    {
        ServerOptions options = Context.Options;
        Context.Configure = configure;
        Socket socket = Bind(options);
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        try
        {
            _ioThreads = new IoThreads(ServerLimits.IoThreadsOf(options), options.IsPortable);
            _listener = _ioThreads.Listen(socket);
        }
        catch
        {
            socket.Dispose();
            _ioThreads?.Dispose();
            throw;
        }

        _heartbeat = new Heartbeat(Context);
        if (options.StatsInterval is TimeSpan interval)
        {
            _statsTimer = new Timer(_ => Log.Stats(Context.Stats), null, interval, interval);
        }

        _announcements.Listening(EndPoint);
        ServerLimits limits = Context.Limits;
        Log.ConnectionLimit(limits.MaxConnections);
        if (options.MaxConnections > limits.MaxConnections)
        {
            Log.FewerConnections(limits.MaxConnections, options.MaxConnections.Value);
        }

        _accepting = Acceptor.RunAsync(_listener, new Acceptor(Context).Serve, () => Context.IsStopping, Log);
    }

    /// <inheritdoc/>
    public async Task StopAsync(TimeSpan timeout)
    {
        Context.IsStopping = true;
        if (Interlocked.Exchange(ref _listener, null) is IListener listener)
        {
            await Acceptor.StopAsync(listener, _accepting, timeout).ConfigureAwait(false);
        }

        int told = Context.Connections.Count;
        Log.Stopping(told);
        await UntilNoConnectionAsync(static (connection, isEarly) => connection.GoAway(isPatient: isEarly), timeout).ConfigureAwait(false);
        int aborted = Context.Connections.Count;
        await UntilNoConnectionAsync(static (connection, _) => connection.Abort(), AbortTimeout).ConfigureAwait(false);
        _heartbeat?.Dispose();
        _ioThreads?.Dispose();
        Context.Zlib?.Dispose();
        if (_statsTimer is not null)
        {
            await _statsTimer.DisposeAsync().ConfigureAwait(false);
        }

        Log.RefusalsOmitted(Context.Counters.LoggedRefusals, isLast: true);
        Log.BudgetUse(Context.Stats);
        Log.Stopped(Math.Max(told - aborted, 0), aborted);
    }

    /// <summary>Ends everything at once.</summary>
    /// <returns>A task that is complete when no connection is left.</returns>
    public async ValueTask DisposeAsync()
    {
        if (!Context.IsStopping && _listener is not null)
        {
            await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        }
    }

    /// <summary>Asks every connection to end, those too that come up while others are asked, until none is left or time is up.</summary>
    private async Task UntilNoConnectionAsync(Action<Connection, bool> ask, TimeSpan timeout)
    {
        long start = MonotonicClock.Now;
        ConnectionTable connections = Context.Connections;
        connections.ForEach(ask, true);
        while (connections.Count > 0 && MonotonicClock.Now - start < (long)timeout.TotalMilliseconds)
        {
            await Task.Delay(StopPollInterval).ConfigureAwait(false);
            connections.ForEach(ask, MonotonicClock.Now - start < (long)DrainGrace.TotalMilliseconds);
        }
    }

    /// <summary>Makes the listening socket, which any engine can use.</summary>
    internal static Socket Bind(ServerOptions options)
    {
        var socket = new Socket(options.Host.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (options.Host.Equals(IPAddress.IPv6Any))
            {
                // [::] means every address, IPv4 included, as it does elsewhere.
                socket.DualMode = true;
            }

            // Accepted sockets inherit it. Output is gathered already: to hold it back would only delay it.
            socket.NoDelay = true;
            // So is this: else a receive would end before a byte that the peer marks as urgent, as if nothing came behind it.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.OutOfBandInline, true);
            socket.Bind(new IPEndPoint(options.Host, options.Port));
            // The kernel cuts this to its own maximum. After a router's restart every client comes back at the same moment.
            socket.Listen(int.MaxValue);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
