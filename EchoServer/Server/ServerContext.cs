using EchoServer.Buffers;
using EchoServer.Http;
using EchoServer.Metrics;
using EchoServer.Transport;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;
using Microsoft.Extensions.Logging;

namespace EchoServer.Server;

/// <summary>What all connections of a server share: options, limits, memory, counters, the application.</summary>
/// <remarks>Safe on any thread.</remarks>
internal sealed class ServerContext
{
    private readonly (DateTimeOffset Time, long Clock) _madeAt = (DateTimeOffset.UtcNow, MonotonicClock.Now);
    private long _now = MonotonicClock.Now;
    private volatile bool _isStopping;

    /// <param name="options">The server's options.</param>
    /// <param name="log">Where connections log to. Must not block.</param>
    internal ServerContext(ServerOptions options, ILogger log)
    {
        Options = options;
        Log = log;
        Limits = ServerLimits.Of(options);
        Budget = new MemoryBudget(Limits.MemoryBudgetBytes);
        Zlib = options.Compression ? new ZlibPool(options.CompressionLevel, ServerLimits.IoThreadsOf(options)) : null;
    }

    /// <summary>Whether the server stops: then its timeout holds, and not that of each Close.</summary>
    internal bool IsStopping
    {
        get => _isStopping;
        set => _isStopping = value;
    }

    /// <summary>The time of the last heartbeat: good enough where an error of one interval does not matter, and costs no clock.</summary>
    internal long Now
    {
        get => Volatile.Read(ref _now);
        set => Volatile.Write(ref _now, value);
    }

    internal ServerOptions Options { get; }

    /// <summary>The limits in force.</summary>
    internal ServerLimits Limits { get; }

    internal ILogger Log { get; }

    internal MemoryBudget Budget { get; }

    /// <summary>What compresses, for all connections; null where compression is not offered.</summary>
    internal ZlibPool? Zlib { get; }

    internal ServerCounters Counters { get; } = new();

    internal EchoTimes EchoTimes { get; } = new();

    internal ConnectionTable Connections { get; } = new();

    /// <summary>What answers requests that ask for no WebSocket; without it they get a 426. Set before the start.</summary>
    internal IPlainHttp? PlainHttp { get; set; }

    /// <summary>What the application makes of a handshake that is sound, by its path and query; null accepts all. Set before the start.</summary>
    internal Func<string, string, HandshakeRuling>? Judge { get; set; }

    /// <summary>Makes the WebSocket of a connection whose handshake is answered: the one thing in which engines differ. Set before the start.</summary>
    internal Func<Connection, MessageReader, WebSocketSession> NewSession { get; set; } = static (connection, reader) => new(connection, reader);

    /// <summary>Sets the application's callbacks of a connection. Set at the start.</summary>
    internal Action<IWebSocketConnection> Configure { get; set; } = _ => { };

    /// <summary>How the server is doing now.</summary>
    internal ServerStats Stats => new(Connections.Count, Budget.Used, Budget.Peak, Budget.Limit, GC.GetTotalMemory(forceFullCollection: false));

    /// <summary>Adds up what the server and its connections have counted: goes through all connections.</summary>
    internal ServerSnapshot TakeSnapshot()
    {
        ServerTotals totals = Counters.Sum(Connections, out int open);
        return new ServerSnapshot
        {
            StartedAt = _madeAt.Time,
            Uptime = TimeSpan.FromMilliseconds(MonotonicClock.Now - _madeAt.Clock),
            OpenConnections = open,
            MaxConnections = Limits.MaxConnections,
            Stats = Stats,
            Totals = totals,
            EchoTimes = EchoTimes.Sum(),
        };
    }
}
