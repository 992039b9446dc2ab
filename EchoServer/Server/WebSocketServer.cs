using System.Net;
using System.Net.Sockets;
using EchoServer.Buffers;
using EchoServer.Metrics;
using EchoServer.Transport;
using EchoServer.WebSockets.Compression;
using Microsoft.Extensions.Logging;

namespace EchoServer.Server;

/// <summary>The built-in engine: RFC 6455 on raw sockets.</summary>
/// <remarks>All members may be called from any thread. A server is started once.</remarks>
internal sealed class WebSocketServer : IWebSocketServer, IServerState
{
    // How long to wait after accepting failed, mostly for want of file descriptors: long enough not to spin.
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    // How long a stopping server lets a client's messages that have arrived already come before its Close; some never cease.
    private static readonly TimeSpan DrainGrace = TimeSpan.FromSeconds(1);

    // How often a stopping server looks whether its last connection is gone.
    private static readonly TimeSpan StopPollInterval = TimeSpan.FromMilliseconds(20);

    // How long connections that were aborted may take to clean up: their loops only have to be woken.
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(1);

    private readonly ILogger _announcements;
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;
    private readonly long _madeAt = Heartbeat.Now;
    private IPEndPoint? _endPoint;
    private IListener? _listener;
    private Heartbeat? _heartbeat;
    private IoThreads? _ioThreads;
    private Timer? _statsTimer;
    private volatile bool _isStopping;

    // Only for the loop that accepts.
    private readonly Connection?[] _surplus = new Connection?[Capacity.SurplusConnections];
    private uint _nextSurplus;
    private long _lastId;

    /// <summary>Makes a server that does not listen yet.</summary>
    /// <param name="options">Where it listens, and its limits.</param>
    /// <param name="logging">Where it logs to: categories <c>Server</c> and <see cref="AnnouncementCategory"/>. Must not block.</param>
    public WebSocketServer(ServerOptions options, ILoggerFactory logging)
    {
        Options = options;
        Budget = new MemoryBudget(Capacity.MemoryBudgetBytes(options));
        Zlib = options.Compression ? new ZlibPool(options.CompressionLevel, Capacity.IoThreads(options)) : null;
        Limits = new ServerLimits(options, Capacity.MaxConnections(options), Budget.Limit);
        Log = logging.CreateLogger("Server");
        _announcements = logging.CreateLogger(AnnouncementCategory);
    }

    /// <summary>The category of the line that says where the server listens, which scripts wait for at any log level.</summary>
    public static string AnnouncementCategory => "EchoServer";

    /// <inheritdoc/>
    public IPEndPoint? EndPoint => _endPoint;

    /// <summary>How the server is doing now.</summary>
    public ServerStats Stats => new(Connections.Count, Budget.Used, Budget.Peak, Budget.Limit, GC.GetTotalMemory(forceFullCollection: false));

    /// <summary>The time of the last heartbeat, see <see cref="Heartbeat.LastBeat"/>.</summary>
    internal long Now => _heartbeat?.LastBeat ?? Heartbeat.Now;

    /// <summary>Whether <see cref="StopAsync"/> was called: then its timeout holds, and not that of each Close.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>The limits in force.</summary>
    internal ServerLimits Limits { get; }

    /// <summary>What answers requests that ask for no WebSocket; without it they get a 426.</summary>
    internal IPlainHttp? PlainHttp { get; set; }

    internal ServerCounters Counters { get; } = new();

    internal EchoTimes EchoTimes { get; } = new();

    internal ServerOptions Options { get; }

    internal MemoryBudget Budget { get; }

    /// <summary>What compresses, for all connections; null where compression is not offered.</summary>
    internal ZlibPool? Zlib { get; }

    internal ILogger Log { get; }

    internal ConnectionTable Connections { get; } = new();

    internal Action<IWebSocketConnection> Configure { get; private set; } = _ => { };

    /// <inheritdoc/>
    public void Start(Action<IWebSocketConnection> configure)
    {
        Configure = configure;
        Socket socket = Bind();
        _endPoint = (IPEndPoint)socket.LocalEndPoint!;
        try
        {
            _ioThreads = new IoThreads(Capacity.IoThreads(Options), Options.IsPortable);
            _listener = _ioThreads.Listen(socket);
        }
        catch
        {
            socket.Dispose();
            _ioThreads?.Dispose();
            throw;
        }

        _heartbeat = new Heartbeat(Connections);
        if (Options.StatsInterval is TimeSpan interval)
        {
            _statsTimer = new Timer(_ => Log.Stats(Stats), null, interval, interval);
        }

        _announcements.Listening(_endPoint);
        Log.ConnectionLimit(Limits.MaxConnections);
        if (Options.MaxConnections > Limits.MaxConnections)
        {
            Log.FewerConnections(Limits.MaxConnections, Options.MaxConnections.Value);
        }

        _ = AcceptAsync(_listener);
    }

    /// <inheritdoc/>
    ServerSnapshot IServerState.TakeSnapshot()
    {
        ServerTotals totals = Counters.Sum(Connections, out int open);
        return new ServerSnapshot
        {
            StartedAt = _startedAt,
            Uptime = TimeSpan.FromMilliseconds(Heartbeat.Now - _madeAt),
            OpenConnections = open,
            MaxConnections = Limits.MaxConnections,
            Stats = Stats,
            Totals = totals,
            EchoTimes = EchoTimes.Sum(),
        };
    }

    /// <inheritdoc/>
    public async Task StopAsync(TimeSpan timeout)
    {
        _isStopping = true;
        _listener?.Dispose();
        int told = Connections.Count;
        Log.Stopping(told);
        await UntilNoConnectionAsync(static (connection, isEarly) => connection.GoAway(isPatient: isEarly), timeout).ConfigureAwait(false);
        int aborted = Connections.Count;
        await UntilNoConnectionAsync(static (connection, _) => connection.Abort(), AbortTimeout).ConfigureAwait(false);
        _heartbeat?.Dispose();
        _ioThreads?.Dispose();
        Zlib?.Dispose();
        if (_statsTimer is not null)
        {
            await _statsTimer.DisposeAsync().ConfigureAwait(false);
        }

        Log.BudgetUse(Stats);
        Log.Stopped(Math.Max(told - aborted, 0), aborted);
    }

    /// <summary>Ends everything at once.</summary>
    /// <returns>A task that is complete when no connection is left.</returns>
    public async ValueTask DisposeAsync()
    {
        if (!_isStopping && _listener is not null)
        {
            await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        }
    }

    /// <summary>Asks every connection to end, those too that come up while others are asked, until none is left or time is up.</summary>
    private async Task UntilNoConnectionAsync(Action<Connection, bool> ask, TimeSpan timeout)
    {
        long start = Heartbeat.Now;
        Connections.ForEach(ask, true);
        while (Connections.Count > 0 && Heartbeat.Now - start < (long)timeout.TotalMilliseconds)
        {
            await Task.Delay(StopPollInterval).ConfigureAwait(false);
            Connections.ForEach(ask, Heartbeat.Now - start < (long)DrainGrace.TotalMilliseconds);
        }
    }

    private Socket Bind()
    {
        var socket = new Socket(Options.Host.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (Options.Host.Equals(IPAddress.IPv6Any))
            {
                // [::] means every address, IPv4 included, as it does elsewhere.
                socket.DualMode = true;
            }

            // Accepted sockets inherit it. What is sent is gathered already: to hold it back would only delay it.
            socket.NoDelay = true;
            // So is this: else a receive would end before a byte that the peer marks as urgent, as if nothing came behind it.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.OutOfBandInline, true);
            socket.Bind(new IPEndPoint(Options.Host, Options.Port));
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

    private void Serve(NonBlockingSocket socket)
    {
        int surplus = Connections.Count - Limits.MaxConnections;
        if (surplus >= Capacity.SurplusConnections + Capacity.EndingConnections)
        {
            Counters.SocketRefused();
            socket.Close(dropsOutput: true);
            return;
        }

        var connection = new Connection(this, socket, ++_lastId, isSurplus: surplus >= 0);
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
            Counters.SocketRefused();
            oldest.Abort();
        }

        place = connection;
    }

    private async Task AcceptAsync(IListener listener)
    {
        int failures = 0;
        while (!_isStopping)
        {
            try
            {
                NonBlockingSocket socket = await listener.AcceptAsync().ConfigureAwait(false);
                if (failures > 0)
                {
                    Log.AcceptRecovered(failures);
                    failures = 0;
                }

                Serve(socket);
            }
            catch (Exception exception) when (_isStopping && exception is SocketException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception exception)
            {
                // Mostly a SocketException. Whatever it is: nobody else would begin again.
                if (failures++ == 0)
                {
                    Log.AcceptFailed(exception.Message);
                }

                await Task.Delay(AcceptRetryDelay).ConfigureAwait(false);
            }
        }
    }
}
