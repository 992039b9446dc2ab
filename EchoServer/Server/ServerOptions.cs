using System.Net;

namespace EchoServer.Server;

/// <summary>Where the server listens and every limit that it keeps, each with its default and the reason for it.</summary>
/// <remarks>Never changes once the server is made. The limits of a request's head are in <see cref="Http.RequestHead"/>.</remarks>
internal sealed record ServerOptions
{
    /// <summary>The port when none is given: the one the tutorial and Cloud Foundry's documentation use.</summary>
    public const int DefaultPort = 8080;

    /// <summary>
    /// The largest message when none is given: 1 MiB. More than a chat or an event needs, and a thousand clients that each send
    /// one at a time are still within a large instance's memory.
    /// </summary>
    public const int DefaultMaxMessageBytes = 1024 * 1024;

    /// <summary>The highest value of <see cref="MaxMessageBytes"/>: 1 GiB, so that a message with its prefix and header is still one buffer.</summary>
    public const int MaxMessageBytesLimit = 1024 * 1024 * 1024;

    /// <summary>
    /// How much one receive takes at most: 128 KiB, so that a frame of 64 KiB, which bulk senders use, usually arrives
    /// whole. The buffer is shared by all connections of a thread, not held by each.
    /// </summary>
    public const int ReceiveBytes = 128 * 1024;

    /// <summary>The highest value of <see cref="IoThreads"/>: more than the cores of the machines that Cloud Foundry runs on.</summary>
    public const int MaxIoThreads = 256;

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
    /// The largest message in bytes, 1 to <see cref="MaxMessageBytesLimit"/>. A larger one is closed with 1009 when its length
    /// is declared, before it is buffered.
    /// </summary>
    public int MaxMessageBytes { get; init; } = DefaultMaxMessageBytes;

    /// <summary>
    /// How many fragments a message may have, empty ones included; 1 or more, default 131072. They join one buffer and so cost
    /// time, not memory: enough for a large message in tiny pieces, and an end to a message that never ends.
    /// </summary>
    public int MaxFragments { get; init; } = 128 * 1024;

    /// <summary>
    /// From accept to the whole request head: 10 s. Behind a router it is one packet; bytes that trickle in do not extend it.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// From a message's first byte to its last: 30 s, a message of 1 MiB at 35 KB/s; null for none. A message that never ends
    /// would hold its memory.
    /// </summary>
    public TimeSpan? MessageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a peer may take no byte of the output that waits for it: 30 s. Its output holds memory, and it is not read meanwhile.
    /// </summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a peer may be silent before it is sent a ping: 25 s, which is under the idle limit of every load balancer that is
    /// used in front of Cloud Foundry (30 s and more); null for no pings.
    /// </summary>
    public TimeSpan? KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long after that ping a peer that stays silent is taken for gone: 20 s, which no working network needs.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long after our Close the connection may last: 2 s, which is several round trips to anywhere, and short enough for
    /// peers that never answer to cost little.
    /// </summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a stopping server waits for its clients' answers: 8 s, because Cloud Foundry kills an app 10 s after SIGTERM.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// The most connections, 1 or more; null for what the memory budget can carry at 2 KiB each. Never more than the process's limit
    /// of open files leaves after a reserve of 64. More are answered with 503.
    /// </summary>
    public int? MaxConnections { get; init; }

    /// <summary>
    /// Whether a handshake for which there is no room gets 503, the default; otherwise its connection ends without an answer. Cloud
    /// Foundry's router relays any answer, but after an end without one it tries another instance. Where there is one instance, or each is
    /// full, the 503 says why, and the router's 502 in its place would look like a crash.
    /// </summary>
    public bool AnswersWhenFull { get; init; } = true;

    /// <summary>
    /// The most bytes that all connections together may make the server keep (partial heads, partial messages, unsent output, what
    /// compression keeps),
    /// 1 or more; null for a quarter of the memory that the runtime sees, a container's limit included. A connection that needs
    /// more than is left is closed with 1013; the others go on.
    /// </summary>
    public long? MemoryBudgetBytes { get; init; }

    /// <summary>
    /// Whether permessage-deflate (RFC 7692) is agreed on with clients that offer it; default false: it costs each such connection
    /// up to 372 KiB, and a message many times the CPU, and lets a client that can have its own text sent beside a secret guess
    /// at the secret by its length.
    /// </summary>
    public bool Compression { get; init; }

    /// <summary>
    /// How hard to compress, 1 (fastest) to 9 (smallest); default 2: of JSON it leaves a seventh more than zlib's usual 6, for a
    /// fifth of the time.
    /// </summary>
    public int CompressionLevel { get; init; } = 2;

    /// <summary>The highest value of <see cref="CompressionLevel"/>.</summary>
    public const int MaxCompressionLevel = 9;

    /// <summary>
    /// The origins whose pages may connect (RFC 6455 §10.2), as browsers send them: scheme, host and port; empty for any. Requests
    /// without an Origin do not come from a browser and always pass.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>
    /// How many threads wait for sockets and run the connections, 1 to <see cref="MaxIoThreads"/>; null for half of the
    /// processors, 1 to 4: the other half is the kernel's, which works about as much for each message. One thread that is busy
    /// costs less for each message than two that are half idle, because one wait tells of more sockets. With
    /// <see cref="Compression"/> as many as there are processors, 16 at most: there the messages themselves are the work. Linux only.
    /// </summary>
    public int? IoThreads { get; init; }

    /// <summary>
    /// How much may wait for a peer that is slow to read, when it was sent from outside the connection's own loop: the largest
    /// message and 1 MiB, beside the frames that are being sent. The loop itself needs no such limit: it stops reading instead.
    /// </summary>
    public int MaxQueuedBytes => MaxMessageBytes + (1024 * 1024);

    /// <summary>What an open connection costs outside the memory budget, in bytes: memory sets their number by it. The engine's, and no setting.</summary>
    internal int ConnectionBytes { get; init; } = 2 * 1024;

    /// <summary>For tests: do as on a platform without epoll.</summary>
    internal bool IsPortable { get; init; }
}
