using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Ping;

/// <summary><c>ping</c>: sends one small message an interval, over as many connections as it takes.</summary>
/// <remarks>
/// A message is a text that names itself: an echo ends with it, whatever a server greets with or puts before it. It goes through all
/// that a message goes through, where a ping frame may be answered by a proxy. While there is no connection the messages that are
/// due count as lost, so that the loss says how long that was.
/// </remarks>
internal sealed class PingRun(PingOptions options, PingLog log)
{
    private readonly PingConnection _connection = new(options, log);

    /// <summary>Pings until the count is reached or the user stops it.</summary>
    /// <returns>Whether every message came back in time.</returns>
    /// <exception cref="ConnectionFailedException">The first connection could not be opened.</exception>
    /// <exception cref="OperationCanceledException">It was stopped before there was a connection.</exception>
    internal async Task<bool> RunAsync(CancellationToken stop)
    {
        await _connection.OpenAsync(stop).ConfigureAwait(false);
        log.WriteLine($"PING {UrlText.Shown(options.Connection.Url)}: {(options.UsesPingFrames ? "a ping frame" : "a text")} of {_connection.MessageBytes} bytes every {Times.Seconds(options.Interval)}");
        try
        {
            await SendAllAsync(stop).ConfigureAwait(false);
            await WaitForLastAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // As with ping(8), a message without an answer at the stop counts as lost.
        }

        await _connection.CloseAsync().ConfigureAwait(false);
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
                if (_connection.IsLost && opening.IsCompleted)
                {
                    // Not waited for longer than an interval: lost messages are to be counted meanwhile.
                    opening = _connection.ReopenAsync(over.Token);
                    await Task.WhenAny(opening, Task.Delay(options.Interval, stop)).ConfigureAwait(false);
                }

                if (log.Begin(number))
                {
                    await _connection.SendAsync(number).ConfigureAwait(false);
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
}
