using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <summary>The state that the probes of one check share: the way to the server, a connection to it, and the facts known so far.</summary>
/// <remarks>
/// Belongs to one check, whose probes run one after the other. They share the connection until one of them fails or breaks it; the
/// next one opens another.
/// </remarks>
internal sealed class CheckRun(CheckOptions options) : IDisposable
{
    private EchoLink? _link;

    internal CheckOptions Options => options;

    internal Dialer Dialer { get; } = new(options.Connection);

    internal Uri Url => options.Connection.Url;

    /// <summary>The server's <c>/info</c>; null where it is not an EchoServer, or does not serve the document.</summary>
    internal ServerInfo? Info { get; set; }

    /// <summary>Whether echoes may be asked for. Any other server gets only what every WebSocket server must accept.</summary>
    internal bool ExpectsEcho => options.ExpectsEcho || (Info is ServerInfo info && !info.IsScenario(Url.AbsolutePath));

    /// <summary>The greetings to pass over and the prefix of echoes, as far as they are known.</summary>
    internal EchoDialect Dialect { get; set; } = new();

    /// <summary>Why the plain GET failed, where that makes the upgrade fail too, perhaps with other words; null where it says nothing of it.</summary>
    internal Fault? Obstacle { get; set; }

    internal bool AnswersPings { get; set; }

    internal bool EchoesBinary { get; set; }

    /// <summary>Returns the shared connection, and opens it where there is none.</summary>
    internal async Task<EchoLink> LinkAsync(CancellationToken stop) => _link ??= await OpenAsync(stop).ConfigureAwait(false);

    /// <summary>Opens a connection that is not shared.</summary>
    internal async Task<EchoLink> OpenAsync(
        CancellationToken stop,
        IReadOnlyList<string>? subprotocols = null,
        string? extensions = null,
        int maxMessageBytes = ClientConnection.MaxMessageBytes) =>
        new(await Dialer.OpenWebSocketAsync(stop, subprotocols, extensions, maxMessageBytes).ConfigureAwait(false), Dialer, Dialect);

    /// <summary>Sends a message and waits for its echo on the shared connection.</summary>
    /// <inheritdoc cref="EchoLink.EchoAsync"/>
    internal async Task<TimeSpan> EchoAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken stop) =>
        await (await LinkAsync(stop).ConfigureAwait(false)).EchoAsync(opcode, payload, stop).ConfigureAwait(false);

    /// <summary>Ends the shared connection, which is not fit for use any more.</summary>
    internal void HangUp()
    {
        _link?.Dispose();
        _link = null;
    }

    public void Dispose() => HangUp();
}
