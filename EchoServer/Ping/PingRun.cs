using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Transport;
using EchoServer.WebSockets;

namespace EchoServer.Ping;

/// <summary><c>ping</c>: sends one small message an interval, and receives the answers beside that, over as many connections as it takes.</summary>
/// <remarks>
/// A message is a text that names itself: an echo ends with it, whatever a server greets with or puts before it. It goes through all
/// that a message goes through, where a ping frame may be answered by a proxy. While there is no connection the messages that are
/// due count as lost, so that the loss says how long that was.
/// </remarks>
internal sealed class PingRun(PingOptions options, PingLog log)
{
    // Makes the messages unique, in few enough bytes for a ping frame.
    private const int NonceBytes = 4;

    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);

    private readonly string _mark = $"ping {Convert.ToHexStringLower(StrongRandom.Bytes(NonceBytes))} ";
    private volatile ClientConnection? _connection;
    private Task _receiving = Task.CompletedTask;
    private long _openedAt;
    private long _lostAt;
    private int _failures;

    /// <summary>Pings until the count is reached or the user stops it.</summary>
    /// <returns>Whether every message came back in time.</returns>
    /// <exception cref="ConnectionFailedException">The first connection could not be opened.</exception>
    /// <exception cref="OperationCanceledException">It was stopped before there was a connection.</exception>
    internal async Task<bool> RunAsync(CancellationToken stop)
    {
        await OpenAsync(stop).ConfigureAwait(false);
        log.WriteLine($"PING {UrlText.Shown(options.Connection.Url)}: {(options.UsesPingFrames ? "a ping frame" : "a text")} of {Payload(number: 1).Length} bytes every {Times.Seconds(options.Interval)}");
        try
        {
            await SendAllAsync(stop).ConfigureAwait(false);
            await WaitForLastAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // As with ping(8), a message without an answer at the stop counts as lost.
        }

        await CloseAsync().ConfigureAwait(false);
        return log.WriteSummary();
    }

    private async Task SendAllAsync(CancellationToken stop)
    {
        // Each is due at its own time after the first, so that the rate does not depend on how long sending takes.
        long start = Stopwatch.GetTimestamp();
        Task opening = Task.CompletedTask;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            for (long number = 1; options.Count is not int count || number <= count; number++)
            {
                await WaitAsync(start, options.Interval * (number - 1), stop).ConfigureAwait(false);
                if (_receiving.IsCompleted && opening.IsCompleted)
                {
                    // Not waited for longer than an interval: lost messages are to be counted meanwhile.
                    opening = ReopenAsync(over.Token);
                    await Task.WhenAny(opening, Task.Delay(options.Interval, stop)).ConfigureAwait(false);
                }

                if (log.Begin(number))
                {
                    await SendAsync(number).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            // Nothing is left to send: a connection that came now would only be in the way of the summary.
            await over.CancelAsync().ConfigureAwait(false);
            await opening.ConfigureAwait(false);
        }
    }

    /// <summary>Waits until some time after the start, and gives up old messages meanwhile.</summary>
    private async Task WaitAsync(long start, TimeSpan due, CancellationToken stop)
    {
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            TimeSpan wait = log.GiveUpOld() ?? options.Wait;
            TimeSpan left = due - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            await Task.Delay(wait < left ? wait : left, stop).ConfigureAwait(false);
        }
    }

    private async Task WaitForLastAsync(CancellationToken stop)
    {
        TimeSpan look = TimeSpan.FromMilliseconds(Math.Min(options.Wait.TotalMilliseconds / 10, 10));
        while (log.GiveUpOld() is not null)
        {
            await Task.Delay(look, stop).ConfigureAwait(false);
        }
    }

    private async Task OpenAsync(CancellationToken stop)
    {
        ClientConnection connection = await new Dialer(options.Connection).OpenWebSocketAsync(stop).ConfigureAwait(false);
        _connection = connection;
        _openedAt = Stopwatch.GetTimestamp();
        log.SetDown(null);
        _receiving = ReceiveAsync(connection);
    }

    /// <summary>Opens the connection again, after a random pause.</summary>
    private async Task ReopenAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(Backoff.Delay(_failures++, Random.Shared.NextDouble()), stop).ConfigureAwait(false);
            await OpenAsync(stop).ConfigureAwait(false);
            log.WriteLine($"connected again after {Stopwatch.GetElapsedTime(_lostAt).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
        }
        catch (ConnectionFailedException exception)
        {
            log.SetDown(exception.Fault.Cause);
        }
        catch (OperationCanceledException)
        {
            // The user has stopped.
        }
    }

    /// <summary>Sends a message, and waits no longer than an interval for a server that does not read.</summary>
    private async Task SendAsync(long number)
    {
        Task sending = _connection?.SendAsync(options.UsesPingFrames ? Opcode.Ping : Opcode.Text, Payload(number)) ?? Task.CompletedTask;

        // The receiver learns the reason of a failure.
        await sending.WaitAsync(options.Interval).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Closes the connection, and waits for the server's Close for a moment.</summary>
    private async Task CloseAsync()
    {
        try
        {
            Task closing = _connection?.CloseAsync(CloseCode.NormalClosure) ?? Task.CompletedTask;
            await closing.WaitAsync(ClosePatience).ConfigureAwait(false);
            await _receiving.WaitAsync(ClosePatience).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            // The end does not change the statistics.
        }
    }

    private async Task ReceiveAsync(ClientConnection connection)
    {
        ClientEventKind answer = options.UsesPingFrames ? ClientEventKind.Pong : ClientEventKind.Text;
        ClientEvent received;
        do
        {
            received = await connection.ReceiveAsync(CancellationToken.None).ConfigureAwait(false);
            long now = Stopwatch.GetTimestamp();
            if (received.Kind == answer && FindNumber(received.Payload) is long number)
            {
                log.Answer(number, now);
            }
        }
        while (!received.IsEnd);

        if (!connection.IsCloseOurs)
        {
            _connection = null;
            _lostAt = Stopwatch.GetTimestamp();
            _failures = Backoff.AfterConnection(_failures, Stopwatch.GetElapsedTime(_openedAt, _lostAt));
            log.Disconnect(received.Diagnose(options.Connection.Url).Cause);
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private byte[] Payload(long number) => Encoding.ASCII.GetBytes($"{_mark}{number}");

    /// <returns>Null when the payload is not one of our messages, perhaps behind a prefix.</returns>
    private long? FindNumber(ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> mark = Encoding.ASCII.GetBytes(_mark);
        int at = payload.LastIndexOf(mark);
        return at >= 0 && long.TryParse(payload[(at + mark.Length)..], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
    }
}
