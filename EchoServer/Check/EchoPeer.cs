using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <summary>The server that is checked: a connection to it and, once <see cref="LearnAsync"/> has learned it, the dialect of its echoes.</summary>
/// <remarks>The probes share the connection until one of them breaks it; the next probe opens a new one.</remarks>
internal sealed class EchoPeer(Dialer dialer) : IDisposable
{
    private EchoLink? _link;

    /// <summary>Another way to the same server, with the same dialect.</summary>
    internal EchoPeer(Dialer dialer, EchoPeer known)
        : this(dialer) => Dialect = known.Dialect;

    internal Dialer Dialer => dialer;

    /// <summary>The greetings and prefix, as far as they are known.</summary>
    internal EchoDialect Dialect { get; private set; } = new();

    /// <summary>Returns the shared connection, and opens it where there is none.</summary>
    internal async Task<EchoLink> LinkAsync(CancellationToken stop) => _link ??= await OpenAsync(stop).ConfigureAwait(false);

    /// <summary>Opens a connection that is not shared.</summary>
    internal async Task<EchoLink> OpenAsync(
        CancellationToken stop,
        IReadOnlyList<string>? subprotocols = null,
        string? extensions = null,
        int maxMessageBytes = ClientConnection.MaxMessageBytes) =>
        new(await dialer.OpenWebSocketAsync(stop, subprotocols, extensions, maxMessageBytes).ConfigureAwait(false), this);

    /// <summary>Ends the shared connection, which is not fit for use any more.</summary>
    internal void HangUp()
    {
        _link?.Dispose();
        _link = null;
    }

    /// <summary>Sends a text on a fresh connection and learns greetings and prefix from the messages up to its echo.</summary>
    /// <exception cref="ConnectionFailedException">No echo came.</exception>
    internal async Task LearnAsync(byte[] unique, CancellationToken stop)
    {
        EchoLink link = await LinkAsync(stop).ConfigureAwait(false);
        await link.SendAsync(Opcode.Text, unique, stop).ConfigureAwait(false);
        (Dialect, _) = await EchoDialect.LearnAsync(link.Connection, unique, dialer.Step(Stage.Echo), stop).ConfigureAwait(false);
    }

    /// <summary>Sends a message and waits for its echo on the shared connection.</summary>
    /// <returns>The time that the echo took.</returns>
    /// <exception cref="ConnectionFailedException">The echo did not come, or differs.</exception>
    internal async Task<TimeSpan> EchoAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        EchoLink link = await LinkAsync(stop).ConfigureAwait(false);
        try
        {
            return await link.EchoAsync(opcode, payload, stop).ConfigureAwait(false);
        }
        catch (ConnectionFailedException)
        {
            HangUp();
            throw;
        }
    }

    public void Dispose() => HangUp();
}
