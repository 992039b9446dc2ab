using System.Diagnostics;
using System.Globalization;
using System.Text;
using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <content>The pings that keep a connection open, and find out that it is dead.</content>
internal sealed partial class Conversation
{
    /// <summary>Pings at every interval; ends when no pong comes.</summary>
    private async Task PingAsync(CancellationToken over)
    {
        try
        {
            Task sending = Task.CompletedTask;
            for (int number = 1; await WaitForPongsAsync(over).ConfigureAwait(false); number++)
            {
                // Where a server has stopped reading, whoever sends holds up the pings as well: one that waits is enough to see it.
                if (sending.IsCompleted)
                {
                    byte[] payload = Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
                    _pings.Sent(payload, isAsked: false);
                    _output.Sent(new ClientInput(Opcode.Ping, payload));
                    sending = _connection.SendAsync(Opcode.Ping, payload);
                }
            }

            _failure = new(
                $"no pong came within {_options.Connection.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: the server hangs, or the connection is dead",
                "connect again; what stands in the way of pings, such as an SAP approuter, needs --ping-interval off");
            _isDead = true;
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    /// <summary>Waits until the next ping is due.</summary>
    /// <returns>False when a pong has been due for too long.</returns>
    private async Task<bool> WaitForPongsAsync(CancellationToken over)
    {
        if (_options.PingInterval is not TimeSpan interval)
        {
            await Task.Delay(Timeout.Infinite, over).ConfigureAwait(false);
            return true;
        }

        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan untilNext = interval - Stopwatch.GetElapsedTime(start);
            TimeSpan untilDead = _options.Connection.Timeout - (_pings.Oldest ?? TimeSpan.Zero);
            if (untilNext <= TimeSpan.Zero || untilDead <= TimeSpan.Zero)
            {
                return untilDead > TimeSpan.Zero;
            }

            // A delay has whole milliseconds: one more, or the rest of one would be waited for in a busy loop.
            TimeSpan wait = untilNext < untilDead ? untilNext : untilDead;
            await Task.Delay(wait + TimeSpan.FromMilliseconds(1), over).ConfigureAwait(false);
        }
    }
}
