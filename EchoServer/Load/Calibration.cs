using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <summary>Learns the dialect of the server on a first connection, which is not part of the load.</summary>
internal static class Calibration
{
    // The connections of the load count from 0.
    private const int ProbeConnection = int.MaxValue;

    /// <exception cref="ConnectionFailedException">The connection could not be opened, or the server does not echo where it must.</exception>
    internal static Task<LoadContext> LearnAsync(LoadOptions options, Dialer dialer, CancellationToken stop) =>
        options.ExpectsEcho ? LearnEchoAsync(options, dialer, stop) : LearnGreetingsAsync(options, dialer, stop);

    /// <summary>Sends a ping: what arrives before its pong is the greeting. A server that sends no pong is taken to have none.</summary>
    private static async Task<LoadContext> LearnGreetingsAsync(LoadOptions options, Dialer dialer, CancellationToken stop)
    {
        using ClientConnection connection =
            await dialer.OpenWebSocketAsync(stop, maxMessageBytes: options.MaxReceivedBytes).ConfigureAwait(false);
        var deadline = Deadline.In(options.EchoTimeout);
        var dialect = new EchoDialect();
        _ = connection.SendAsync(Opcode.Ping, default);

        // A server that sends of its own accord, and not only a greeting, has none.
        ClientEvent? received = await connection.ReceiveAsync(
            it => it.Kind == ClientEventKind.Pong || (it.IsMessage && !dialect.TryAddGreeting(it.Payload)), deadline, stop).ConfigureAwait(false);
        if (received is { IsEnd: true })
        {
            throw ConnectionFailedException.Of(received, dialer.Url);
        }

        await CloseAsync(connection, deadline, stop).ConfigureAwait(false);
        return LoadContext.Of(options, received?.Kind == ClientEventKind.Pong ? dialect : new EchoDialect(), options.IsText);
    }

    /// <summary>Sends a message like those of the load, or a numbered one, and waits for its echo.</summary>
    private static async Task<LoadContext> LearnEchoAsync(LoadOptions options, Dialer dialer, CancellationToken stop)
    {
        // UTF-8 also in a binary message, because a server may answer it with text. Numbered in any case, because the end of a
        // greeting could be the same as a short line.
        var probe = new StampedPayload(options.Lines is null ? options.MessageBytes : LoadOptions.DefaultMessageBytes, isUtf8: true);
        byte[] payload = new byte[probe.Size];
        probe.Write(payload, ProbeConnection, 0, maskingKey: 0);
        using ClientConnection connection =
            await dialer.OpenWebSocketAsync(stop, maxMessageBytes: options.MaxReceivedBytes).ConfigureAwait(false);
        var deadline = Deadline.In(options.EchoTimeout);
        Step step = dialer.Step(Stage.Echo) with { Timeout = options.EchoTimeout, Deadline = deadline };

        // Not awaited, because a server may echo the beginning of a large message before it reads the rest. The receiving side
        // notices a broken connection as well.
        _ = connection.SendAsync(options.IsText ? Opcode.Text : Opcode.Binary, payload);
        (EchoDialect dialect, ClientEvent echo) = await EchoDialect.LearnAsync(connection, payload, step, stop).ConfigureAwait(false);
        await CloseAsync(connection, deadline, stop).ConfigureAwait(false);
        return LoadContext.Of(options, dialect, isUtf8: options.IsText || echo.IsText);
    }

    /// <summary>Sends a Close. The answer to it is not awaited, because it is not part of the load.</summary>
    private static async Task CloseAsync(ClientConnection connection, Deadline deadline, CancellationToken stop) =>
        await connection.CloseAsync(CloseCode.NormalClosure).WaitAsync(deadline.Left, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
