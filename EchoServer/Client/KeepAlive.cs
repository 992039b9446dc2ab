using System.Text;
using EchoServer.Client.Output;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <summary>Pings at an interval: keeps a connection open, and finds out that it is dead.</summary>
internal sealed class KeepAlive(ClientOptions options, ClientConnection connection, ClientOutput output, PingTimes pings)
{
    /// <summary>Pings until it is stopped, or no pong comes.</summary>
    /// <returns>Cause and advice when no pong came; null when it was stopped.</returns>
    internal async Task<Fault?> RunAsync(CancellationToken over)
    {
        try
        {
            Task sending = Task.CompletedTask;
            for (int number = 1; await WaitForPongsAsync(over).ConfigureAwait(false); number++)
            {
                // A message that the server does not read holds up the pings behind it. One waiting ping is enough to see that.
                if (sending.IsCompleted)
                {
                    byte[] payload = Encoding.ASCII.GetBytes($"{number}");
                    pings.Sent(payload, isAsked: false);
                    output.Sent(new ClientInput(Opcode.Ping, payload));
                    sending = connection.SendAsync(Opcode.Ping, payload);
                }
            }

            return new(
                $"no pong came within {Times.Seconds(options.Connection.Timeout)}: the server hangs, or the connection is dead",
                "connect again; what stands in the way of pings, such as an SAP approuter, needs --ping-interval off");
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Waits until the next ping is due.</summary>
    /// <returns>False when a pong has been due for too long.</returns>
    private async Task<bool> WaitForPongsAsync(CancellationToken over)
    {
        if (options.PingInterval is not TimeSpan interval)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, over).ConfigureAwait(false);
            return true;
        }

        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan untilNext = interval - Stopwatch.GetElapsedTime(start);
            TimeSpan untilDead = options.Connection.Timeout - (pings.Oldest ?? TimeSpan.Zero);
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
