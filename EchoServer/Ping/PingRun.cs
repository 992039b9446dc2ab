using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EchoServer.Connect;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Ping;

/// <summary><c>ping</c>: one small message an interval, a line for each, and what they came to; over as many connections as it takes.</summary>
/// <remarks>
/// A message is a text that names itself: an echo ends with it, whatever a server greets with or puts before it. It goes through all
/// that a message goes through, where a ping frame may be answered by a proxy. While there is no connection the messages that are
/// due count as lost, so that the loss says how long that was.
/// </remarks>
internal sealed partial class PingRun(PingOptions options, TextWriter output)
{
    // A name that no other message has, in few enough bytes for a ping frame.
    private const int NonceBytes = 4;

    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);

    private readonly string _nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NonceBytes));
    private readonly Lock _lock = new();
    private readonly Dictionary<long, long> _out = [];
    private readonly PingStatistics _statistics = new();
    private ClientConnection? _connection;
    private Task _receiving = Task.CompletedTask;
    private string _down = "";
    private long _downSince;
    private long _upSince;
    private int _failures;

    /// <summary>Pings until the count is reached or a person stops it.</summary>
    /// <param name="stop">A person has enough.</param>
    /// <returns>Whether every message came back in time.</returns>
    /// <exception cref="ConnectionFailedException">Not even the first connection could be opened.</exception>
    /// <exception cref="OperationCanceledException">It was stopped before there was a connection.</exception>
    internal async Task<bool> RunAsync(CancellationToken stop)
    {
        Use(await new Dialer(options.Connection).OpenWebSocketAsync(stop).ConfigureAwait(false));
        WriteLine($"PING {EscapedText.From(options.Connection.Url.AbsoluteUri.AsSpan())}: {(options.UsesPingFrames ? "a ping frame" : "a text")} of "
            + $"{Payload(1).Length} bytes every {Seconds(options.Interval)} s");
        try
        {
            await SendAllAsync(stop).ConfigureAwait(false);
            await WaitForLastAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What is still out when a person stops was sent and did not come back: as with ping(8) it counts as lost.
        }

        await CloseAsync().ConfigureAwait(false);
        lock (_lock)
        {
            WriteLine($"--- {EscapedText.From(options.Connection.Url.AbsoluteUri.AsSpan())}");
            WriteLine(_statistics.Summarize());
            return _statistics.Lost == 0;
        }
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

                await SendAsync(number).ConfigureAwait(false);
            }
        }
        finally
        {
            // Nothing is left to send: a connection that came now would only be in the way of the summary.
            await over.CancelAsync().ConfigureAwait(false);
            await opening.ConfigureAwait(false);
        }
    }

    /// <summary>Waits until some time after the start, and says meanwhile which messages have been out for too long.</summary>
    private async Task WaitAsync(long start, TimeSpan due, CancellationToken stop)
    {
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            TimeSpan wait = GiveUpOld();
            TimeSpan left = due - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            await Task.Delay(wait < left ? wait : left, stop).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(long number)
    {
        ClientConnection? connection;
        lock (_lock)
        {
            _statistics.AddSent();
            connection = _connection;
            if (connection is null)
            {
                WriteLine($"seq={number} not sent: {_down}");
                return;
            }

            _out.Add(number, Stopwatch.GetTimestamp());
        }

        try
        {
            Task sending = connection.SendAsync(options.UsesPingFrames ? Opcode.Ping : Opcode.Text, Payload(number));

            // A server that reads nothing must not hold up the messages after this one.
            await sending.WaitAsync(options.Interval).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            // Whoever receives says why it broke.
        }
    }

    private void Use(ClientConnection connection)
    {
        lock (_lock)
        {
            _connection = connection;
            _upSince = Stopwatch.GetTimestamp();
        }

        _receiving = ReceiveAsync(connection);
    }

    private async Task ReopenAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(Backoff.Delay(_failures++, Random.Shared.NextDouble()), stop).ConfigureAwait(false);
            ClientConnection connection = await new Dialer(options.Connection).OpenWebSocketAsync(stop).ConfigureAwait(false);
            Use(connection);
            WriteLine($"connected again after {Stopwatch.GetElapsedTime(_downSince).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
        }
        catch (ConnectionFailedException exception)
        {
            _down = exception.Fault.Cause;
        }
        catch (OperationCanceledException)
        {
            // A person has enough.
        }
    }

    private async Task WaitForLastAsync(CancellationToken stop)
    {
        TimeSpan look = TimeSpan.FromMilliseconds(Math.Min(options.Wait.TotalMilliseconds / 10, 10));
        while (true)
        {
            GiveUpOld();
            lock (_lock)
            {
                if (_out.Count == 0)
                {
                    return;
                }
            }

            await Task.Delay(look, stop).ConfigureAwait(false);
        }
    }

    private async Task CloseAsync()
    {
        ClientConnection? connection;
        lock (_lock)
        {
            connection = _connection;
        }

        if (connection is null)
        {
            return;
        }

        try
        {
            await connection.CloseAsync(CloseCode.NormalClosure).WaitAsync(ClosePatience).ConfigureAwait(false);
            await _receiving.WaitAsync(ClosePatience).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            // The figures are there: how it ends does not change them.
        }
    }

    private byte[] Payload(long number) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"ping {_nonce} {number}"));

    private void WriteLine(string line)
    {
        lock (_lock)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
