using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <summary>One WebSocket to the server. Sends, pongs and echoes are bounded by the time that the options allow.</summary>
/// <remarks>One thread may receive while others send. Of a failure all methods throw <see cref="ConnectionFailedException"/>.</remarks>
/// <param name="connection">The connection; owned.</param>
/// <param name="dialer">Has opened it.</param>
/// <param name="dialect">The greetings to pass over and the prefix of echoes, as far as they are known.</param>
internal sealed class EchoLink(ClientConnection connection, Dialer dialer, EchoDialect dialect) : IDisposable
{
    private EchoDialect _dialect = dialect;
    private int _greetingsDue = dialect.Greetings.Count;

    internal ClientConnection Connection => connection;

    /// <summary>Sends a frame.</summary>
    internal Task SendAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken stop, bool isFinal = true) =>
        BoundAsync(connection.SendAsync(opcode, payload, isFinal), stop);

    /// <summary>Sends a frame, unless the connection has ended: the receiver sees the end.</summary>
    internal async Task TrySendAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        try
        {
            await SendAsync(opcode, payload, stop).ConfigureAwait(false);
        }
        catch (ConnectionFailedException failure) when (failure.InnerException is IOException)
        {
            // The receiver sees how it ended.
        }
    }

    /// <summary>Sends a ping and waits for its pong (RFC 6455 §5.5.2), whatever else comes meanwhile.</summary>
    /// <returns>The time that the pong took.</returns>
    internal async Task<TimeSpan> PingAsync(CancellationToken stop)
    {
        byte[] payload = Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N"));
        long start = Stopwatch.GetTimestamp();
        await TrySendAsync(Opcode.Ping, payload, stop).ConfigureAwait(false);
        return await ReceiveAsync(it => it.IsPongOf(payload), stop).ConfigureAwait(false) switch
        {
            { IsEnd: false } => Stopwatch.GetElapsedTime(start),
            ClientEvent end => throw new ConnectionFailedException(Stage.Echo, $"{end.Describe()} instead of a pong", end.Diagnose(dialer.Url)),
            null => throw new ConnectionFailedException(Stage.Echo, "no pong", new(
                "pings are not answered: something on the way swallows them (SAP's approuter does not forward them), or the server does not follow RFC 6455 §5.5.2",
                "keep the connection alive with messages instead of pings, or go around what swallows them")),
        };
    }

    /// <summary>Ends a connection that is not needed any more with a Close, waits a while for the answer, and disposes of it.</summary>
    internal async Task LeaveAsync(CancellationToken stop)
    {
        try
        {
            await connection.CloseAsync(CloseCode.NormalClosure).WaitAsync(ClientConnection.ClosePatience, stop).ConfigureAwait(false);
            TimeSpan timeout = dialer.Options.Timeout;
            var deadline = Deadline.In(timeout < ClientConnection.ClosePatience ? timeout : ClientConnection.ClosePatience);
            await connection.ReceiveAsync(_ => false, deadline, stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException || Step.IsOfNetwork(exception))
        {
            // The probe has found what it was to find; the probe of the Close judges this.
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Waits for the end, whatever else comes meanwhile.</summary>
    internal async Task<ClientEvent> WaitForEndAsync(CancellationToken stop) =>
        await ReceiveAsync(_ => false, stop).ConfigureAwait(false) ?? throw dialer.Step(Stage.Close).TimedOut();

    /// <summary>Begins the closing handshake.</summary>
    internal Task CloseAsync(CloseCode code, string reason, CancellationToken stop) => BoundAsync(connection.CloseAsync(code, reason), stop);

    /// <summary>Waits for an event that is wanted, or the end, and passes over others; null when the time that the options allow is up.</summary>
    internal Task<ClientEvent?> ReceiveAsync(Predicate<ClientEvent> isWanted, CancellationToken stop) =>
        connection.ReceiveAsync(isWanted, Deadline.In(dialer.Options.Timeout), stop);

    /// <summary>Sends a unique text and learns greetings and prefix from the messages up to its echo.</summary>
    internal async Task<EchoDialect> LearnAsync(byte[] unique, CancellationToken stop)
    {
        await SendAsync(Opcode.Text, unique, stop).ConfigureAwait(false);
        (_dialect, _) = await EchoDialect.LearnAsync(connection, unique, dialer.Step(Stage.Echo), stop).ConfigureAwait(false);
        return _dialect;
    }

    /// <summary>Sends a message and waits for its echo.</summary>
    /// <returns>The time that the echo took.</returns>
    internal async Task<TimeSpan> EchoAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();

        // At the same time: an echo may come back while a large message is still being sent.
        Task sending = TrySendAsync(opcode, payload, stop);
        await AwaitEchoAsync(opcode == Opcode.Text, payload, stop).ConfigureAwait(false);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        await sending.ConfigureAwait(false);
        return elapsed;
    }

    /// <summary>Has a message echoed or, where the server need not echo, a ping answered if it answers pings.</summary>
    internal Task ProveAsync(byte[] message, bool answersPings, CancellationToken stop) =>
        _dialect.IsKnown ? EchoAsync(Opcode.Text, message, stop) : answersPings ? PingAsync(stop) : Task.CompletedTask;

    /// <summary>Waits for the echo of a message that was sent.</summary>
    internal async Task AwaitEchoAsync(bool isText, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        var deadline = Deadline.In(dialer.Options.Timeout);
        while (true)
        {
            ClientEvent received = await connection.ReceiveMessageAsync(deadline, dialer.Url, stop).ConfigureAwait(false)
                ?? throw dialer.Step(Stage.Echo).TimedOut();
            if (received.IsText == isText && _dialect.IsEcho(received.Payload, payload.Span, isText))
            {
                return;
            }

            if (_greetingsDue == 0 || !received.Payload.AsSpan().SequenceEqual(_dialect.Greetings[^_greetingsDue]))
            {
                throw new ConnectionFailedException(Stage.Echo, Difference(received, isText, payload.Span), new(
                    "the answer is not what was sent: this is not an echo, or something on the way alters messages",
                    "check the path (any echo will do, such as an EchoServer's / or /raw), and then without the proxies on the way"));
            }

            _greetingsDue--;
        }
    }

    public void Dispose() => connection.Dispose();

    private async Task BoundAsync(Task sending, CancellationToken stop)
    {
        try
        {
            await sending.WaitAsync(dialer.Options.Timeout, stop).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            string within = $"within {Times.Seconds(dialer.Options.Timeout)}";
            throw new ConnectionFailedException(Stage.Echo, $"not sent {within}", new(
                $"a frame was not accepted {within}: the server hangs and does not read, or something on the way holds frames back",
                "see whether the app hangs or is overloaded ('cf app NAME', 'cf logs NAME --recent'); a proxy on the way must not buffer"));
        }
        catch (IOException exception)
        {
            throw dialer.Step(Stage.Echo).Failed(exception);
        }
    }

    private string Difference(ClientEvent received, bool isText, ReadOnlySpan<byte> payload)
    {
        if (received.IsText != isText)
        {
            return $"the echo of a {(isText ? "text" : "binary")} message is {(received.IsText ? "text" : "binary")}";
        }

        ReadOnlySpan<byte> came = received.Payload;
        came = came.StartsWith(_dialect.Prefix) && isText ? came[_dialect.Prefix.Length..] : came;
        int same = came.CommonPrefixLength(payload);
        return came.Length == payload.Length
            ? $"the echo differs from byte {same} on"
            : $"the echo has {Numbers.Of(came.Length, "byte")} instead of {payload.Length}, and differs from byte {same} on";
    }
}
