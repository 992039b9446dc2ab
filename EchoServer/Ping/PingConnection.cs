using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Transport;
using EchoServer.WebSockets;

namespace EchoServer.Ping;

/// <summary>The connection that messages go over, which is opened again when it ends.</summary>
/// <remarks>Belongs to one <see cref="PingRun"/>; receives beside it.</remarks>
internal sealed class PingConnection(PingOptions options, PingLog log)
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

    internal bool IsLost => _receiving.IsCompleted;

    /// <summary>The size of a message with a number of one digit.</summary>
    internal int MessageBytes => Payload(1).Length;

    /// <summary>Opens the connection.</summary>
    /// <exception cref="ConnectionFailedException">It could not be opened.</exception>
    /// <exception cref="OperationCanceledException">The attempt was stopped.</exception>
    internal async Task OpenAsync(CancellationToken stop)
    {
        ClientConnection connection = await new Dialer(options.Connection).OpenWebSocketAsync(stop).ConfigureAwait(false);
        _connection = connection;
        _openedAt = Stopwatch.GetTimestamp();
        log.SetDown(null);
        _receiving = ReceiveAsync(connection);
    }

    /// <summary>Opens the connection again, after a random pause.</summary>
    internal async Task ReopenAsync(CancellationToken stop)
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
    internal async Task SendAsync(long number)
    {
        Task sending = _connection?.SendAsync(options.UsesPingFrames ? Opcode.Ping : Opcode.Text, Payload(number)) ?? Task.CompletedTask;

        // The receiver learns the reason of a failure.
        await sending.WaitAsync(options.Interval).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Closes the connection, and waits for the server's Close for a moment.</summary>
    internal async Task CloseAsync()
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
