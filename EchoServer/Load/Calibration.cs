using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <summary>Learns the dialect of the server on a first connection, which is not part of the load.</summary>
internal static class Calibration
{
    // The connections of the load count from 0.
    private const int ProbeConnection = int.MaxValue;

    /// <summary>Sends a message like those of the load and waits for its echo.</summary>
    /// <exception cref="ConnectionFailedException">The connection could not be opened, or the server does not echo.</exception>
    internal static async Task<LoadContext> LearnAsync(LoadOptions options, Dialer dialer, CancellationToken stop)
    {
        // UTF-8 also in a binary message, because a server may answer it with text.
        var probe = new LoadPayload(options.MessageBytes, isUtf8: true);
        byte[] payload = new byte[probe.Size];
        probe.Write(payload, ProbeConnection, 0, maskingKey: 0);
        using ClientConnection connection =
            await dialer.OpenWebSocketAsync(stop, maxMessageBytes: options.MaxReceivedBytes).ConfigureAwait(false);
        var deadline = Deadline.In(options.EchoTimeout);
        var dialect = new EchoDialect();

        // Not awaited, because a server may echo the beginning of a large message before it reads the rest. The receiving side
        // notices a broken connection as well.
        _ = connection.SendAsync(options.IsText ? Opcode.Text : Opcode.Binary, payload);
        while (true)
        {
            ClientEvent? received = await connection.ReceiveAsync(deadline, stop).ConfigureAwait(false);
            if (received is null)
            {
                throw dialect.Greetings.Count > 0
                    ? ConnectionFailedException.NoEcho(Numbers.Of(dialect.Greetings.Count, "message"))
                    : (dialer.Step(Stage.Echo) with { Timeout = options.EchoTimeout }).TimedOut();
            }

            if (received.IsEnd)
            {
                throw ConnectionFailedException.Of(received, dialer.Url);
            }

            if (received.IsMessage && dialect.Learn(received.Payload, payload))
            {
                // The answer to this Close is not awaited, because it is not part of the load.
                await connection.CloseAsync(CloseCode.NormalClosure).WaitAsync(deadline.Left, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return new LoadContext(options, dialect, new LoadPayload(options.MessageBytes, isUtf8: options.IsText || received.IsText));
            }

            if (dialect.Greetings.Count > EchoDialect.MaxGreetings)
            {
                throw ConnectionFailedException.NoEcho($"over {EchoDialect.MaxGreetings} messages");
            }
        }
    }
}
