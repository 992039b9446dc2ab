using EchoServer.Buffers;
using EchoServer.Connect;

namespace EchoServer.Load;

/// <summary>The input of a load. The command line checks the ranges.</summary>
internal sealed record LoadOptions
{
    /// <summary>The scheme for raw TCP: no handshake and no frames. The bench compares with it.</summary>
    internal const string TcpScheme = "tcp";

    /// <summary>The largest payload: all messages in flight have to fit into memory.</summary>
    internal const int MaxMessageBytes = 16 * 1024 * 1024;

    /// <summary>The payload that every server takes, and that fits one packet.</summary>
    internal const int DefaultMessageBytes = 64;

    // A prefix of the echo, and the input of a connection that is less than a frame.
    private const int BytesBesideEcho = 4096;

    /// <summary>How to open each connection: <c>ws</c>, <c>wss</c>, or <c>tcp</c> (see <see cref="TcpScheme"/>).</summary>
    public required ConnectionOptions Connection { get; init; }

    public int Connections { get; init; } = 50;

    /// <summary>Bytes of payload in each message; with <see cref="Lines"/>, in the largest.</summary>
    public int MessageBytes { get; init; } = DefaultMessageBytes;

    /// <summary>The messages to send, in this order and again from the start; null for numbered messages of one size.</summary>
    public IReadOnlyList<byte[]>? Lines { get; init; }

    /// <summary>Whether each message must come back; otherwise any message of the server is an answer.</summary>
    public bool ExpectsEcho { get; init; } = true;

    /// <summary>How many messages each connection may have in flight; where that has no limit, of how many the time is kept.</summary>
    public int InFlight { get; init; } = 1;

    /// <summary>Whether messages are text, which every echo server takes, or binary.</summary>
    public bool IsText { get; init; } = true;

    /// <summary>Messages a second over all connections; null for as fast as the echoes come.</summary>
    public double? Rate { get; init; }

    /// <summary>Connections opened a second; null for as fast as they open.</summary>
    public double? ConnectionsPerSecond { get; init; }

    /// <summary>Whether the connections are only held: the server need not echo, and its messages are dropped.</summary>
    public bool IsHeldOnly { get; init; }

    /// <summary>Whether a connection that the server ends is opened again until the load is over.</summary>
    public bool Reconnects { get; init; }

    /// <summary>How long after the end of a run its last echoes may take, and connections to be served again.</summary>
    public TimeSpan EchoTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the server may take to answer a Close: several round trips to anywhere.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many bytes of messages that have not ended all connections together may keep.</summary>
    /// <remarks>
    /// <see cref="MemoryBudget.DefaultLimit"/>, as for the server, and at least what echoes take: their memory has up to twice their
    /// size. A server that sends larger messages on all connections must not have this process killed.
    /// </remarks>
    public long MemoryBudgetBytes
    {
        get => field > 0 ? field : Math.Max(MemoryBudget.DefaultLimit, Connections * ((2L * MessageBytes) + BytesBesideEcho));
        init;
    }

    /// <summary>The largest message that a server may send: as for the other commands, and larger than any echo.</summary>
    internal int MaxReceivedBytes => Math.Max(ClientConnection.MaxMessageBytes, 2 * MessageBytes);

    /// <summary>Whether a message waits for an answer to an earlier one. A rate is kept without answers, unless echoes are expected.</summary>
    internal bool IsWindowed => ExpectsEcho || Rate is null;

    internal bool IsWebSocket => Connection.Url.Scheme != TcpScheme;
}
