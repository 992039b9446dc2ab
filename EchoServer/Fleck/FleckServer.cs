using EchoServer.Server;
using Microsoft.Extensions.Logging;
using FleckLog = global::Fleck.FleckLog;

namespace EchoServer.Fleck;

/// <summary>The engine over the Fleck package: the built-in one, but that the open WebSocket is Fleck's.</summary>
/// <remarks>
/// All members may be called from any thread. A server is started once. Only in builds with <c>-p:WebSocketEngine=Fleck</c>.
/// Fleck has one log for the process: the server started last has it.
/// </remarks>
internal sealed class FleckServer : WebSocketServer
{
    private const int MaxDefaultIoThreads = 16;

    // Measured: 12 KB for each idle connection, most of it Fleck's buffer and lists.
    private const int ConnectionBytes = 12 * 1024;

    private readonly IReadOnlyCollection<string> _ignoredSettings;

    /// <summary>Makes a server that does not listen yet.</summary>
    /// <param name="options">Where it listens, and its limits. Without compression, which Fleck lacks.</param>
    /// <param name="logging">As for <see cref="WebSocketServer"/>, and the category <c>Fleck</c>.</param>
    /// <param name="ignoredSettings">Options and variables that were given and that Fleck cannot honour.</param>
    public FleckServer(ServerOptions options, ILoggerFactory logging, IReadOnlyCollection<string> ignoredSettings)
        : base(options with { Compression = false, IoThreads = options.IoThreads ?? DefaultIoThreads, ConnectionBytes = ConnectionBytes }, logging)
    {
        _ignoredSettings = ignoredSettings;
        ILogger log = logging.CreateLogger("Fleck");
        FleckLog.LogAction = (_, text, exception) => log.FleckSaid(text, exception);
        Context.NewSession = static (connection, reader) => new FleckSession(connection, reader);
    }

    // Fleck's share of the work is larger than the kernel's: a thread for each processor.
    private static int DefaultIoThreads => Math.Min(Environment.ProcessorCount, MaxDefaultIoThreads);

    public override void Start(Action<IWebSocketConnection> configure)
    {
        base.Start(configure);
        Context.Log.Shortcomings(_ignoredSettings);
    }
}
