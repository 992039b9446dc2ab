namespace EchoServer.Load;

/// <summary>What a load is made of. The ranges are checked on the command line, where a person can be told.</summary>
internal sealed record LoadOptions
{
    /// <summary>The scheme for raw TCP: no handshake and no frames, the payload's bytes out and back. The floor to compare with.</summary>
    internal const string TcpScheme = "tcp";

    /// <summary>More is no load of messages any more, and what is in flight has to be kept in memory.</summary>
    internal const int MostMessageBytes = 16 * 1024 * 1024;

    /// <summary>Where to: <c>ws</c>, <c>wss</c>, or <c>tcp</c> (see <see cref="TcpScheme"/>).</summary>
    public required Uri Url { get; init; }

    /// <summary>How many connections.</summary>
    public int Connections { get; init; } = 50;

    /// <summary>Bytes of payload in each message.</summary>
    public int MessageBytes { get; init; } = 64;

    /// <summary>How many messages each connection may have out without an echo.</summary>
    public int InFlight { get; init; } = 1;

    /// <summary>Whether messages are text, which every echo server takes and most were made for, or binary.</summary>
    public bool IsText { get; init; } = true;

    /// <summary>Messages a second over all connections; null for as fast as the echoes come.</summary>
    public double? Rate { get; init; }

    /// <summary>Connections opened a second; null for as fast as they open.</summary>
    public double? ConnectionsPerSecond { get; init; }

    /// <summary>
    /// Whether the connections are only to be held: then the server need not echo, and whatever it says is read and dropped.
    /// </summary>
    public bool IsHeldOnly { get; init; }

    /// <summary>Whether a connection that the server ends is opened again, as good clients do, until the load is over.</summary>
    public bool Reconnects { get; init; }

    /// <summary>How long a connection may take to open: TCP, TLS, handshake, greeting. A cold start behind a router takes seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long after the end of a run its last echoes may take, and connections to be served again.</summary>
    public TimeSpan EchoTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the server may take to answer our Close: several round trips to anywhere.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether WebSocket is spoken, not raw TCP.</summary>
    internal bool IsWebSocket => Url.Scheme != TcpScheme;
}
