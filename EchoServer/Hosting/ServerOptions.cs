using System.Net;

namespace EchoServer.Hosting;

/// <summary>Where the server listens and every limit that it keeps, each with its default and the reason for it.</summary>
/// <remarks>Never changes once the server is made. The limits of a request's head are in <see cref="Http.RequestHead"/>.</remarks>
public sealed record ServerOptions
{
    /// <summary>The port when none is given: the one the tutorial and Cloud Foundry's documentation use.</summary>
    public const int DefaultPort = 8080;

    /// <summary>
    /// The largest message when none is given: 1 MiB. More than a chat or an event needs, and a thousand clients that each send
    /// one at a time are still within a large instance's memory.
    /// </summary>
    public const int DefaultMaxMessageBytes = 1024 * 1024;

    /// <summary>The highest value of <see cref="MaxMessageBytes"/>: 1 GiB, the largest buffer that the array pool keeps.</summary>
    public const int HighestMaxMessageBytes = 1024 * 1024 * 1024;

    /// <summary>
    /// How much one receive takes at most: 128 KiB, so that a frame of 64 KiB, which is what bulk senders use, mostly arrives
    /// whole. The buffer is shared by all connections of a thread, not held by each.
    /// </summary>
    public const int ReceiveBytes = 128 * 1024;

    /// <summary>
    /// How much output is gathered before it is sent, although input is left: 64 KiB. Beyond that a larger send saves nothing,
    /// and many tiny messages with a long prefix would make a large output of a small input.
    /// </summary>
    public const int GatherBytes = 64 * 1024;

    /// <summary>The address to listen on; default 0.0.0.0, every IPv4 address, as Cloud Foundry needs it.</summary>
    public IPAddress Host { get; init; } = IPAddress.Any;

    /// <summary>The port, 0 to 65535; 0 takes a free one.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>
    /// The largest message in bytes, 1 to <see cref="HighestMaxMessageBytes"/>. A larger one is closed with 1009 when its length
    /// is declared, before it is buffered.
    /// </summary>
    public int MaxMessageBytes { get; init; } = DefaultMaxMessageBytes;

    /// <summary>
    /// How long after our Close the connection may last: 2 s, which is several round trips to anywhere, and short enough for
    /// peers that never answer to cost little.
    /// </summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How much may wait for a peer that is slow to read, when it was sent from outside the connection's own loop: the largest
    /// message and 1 MiB. The loop itself needs no such limit: it stops reading instead.
    /// </summary>
    public int MaxQueuedBytes => MaxMessageBytes + (1024 * 1024);
}
