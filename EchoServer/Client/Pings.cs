using EchoServer.Diagnosis;

namespace EchoServer.Client;

/// <summary>The pings of a connection. Those at an interval keep it open, and find out that it is dead.</summary>
/// <remarks>Safe on any thread.</remarks>
/// <param name="options">Have the interval and the time that a pong may take.</param>
/// <param name="send">Sends a ping with a payload.</param>
internal sealed class Pings(ClientOptions options, Func<byte[], Task> send)
{
    // At ten a second those of minutes. Older pings are forgotten, but still count as unanswered.
    private const int MaxPings = 4096;

    private readonly List<(byte[] Payload, bool IsAsked, long SentAt)> _out = [];
    private long? _oldestForgotten;

    /// <summary>How long the oldest ping has been out; zero when none is.</summary>
    internal TimeSpan OldestAge
    {
        get
        {
            lock (_out)
            {
                return (_oldestForgotten ?? (_out.Count > 0 ? _out[0].SentAt : null)) is long sentAt ? Stopwatch.GetElapsedTime(sentAt) : TimeSpan.Zero;
            }
        }
    }

    internal Task SendAsync(byte[] payload, bool isAsked)
    {
        lock (_out)
        {
            if (_out.Count == MaxPings)
            {
                _oldestForgotten ??= _out[0].SentAt;
                _out.RemoveAt(0);
            }

            _out.Add((payload, isAsked, Stopwatch.GetTimestamp()));
        }

        return send(payload);
    }

    /// <returns>How long its ping was out, and whether a person waits for it; null when it answers none.</returns>
    internal (TimeSpan RoundTrip, bool IsAsked)? Received(byte[] payload)
    {
        lock (_out)
        {
            int index = _out.FindIndex(ping => ping.Payload.AsSpan().SequenceEqual(payload));
            if (index < 0)
            {
                return null;
            }

            // RFC 6455 §5.5.3: a peer may answer only the last of several pings.
            (_, bool isAsked, long sentAt) = _out[index];
            _out.RemoveRange(0, index + 1);
            _oldestForgotten = null;
            return (Stopwatch.GetElapsedTime(sentAt), isAsked);
        }
    }

    /// <summary>Pings at the interval until it is stopped, or no pong comes.</summary>
    /// <returns>Cause and advice when no pong came; null when it was stopped.</returns>
    internal async Task<Fault?> KeepAliveAsync(CancellationToken over)
    {
        try
        {
            Task sending = Task.CompletedTask;
            for (int number = 1; await WaitForPongsAsync(over).ConfigureAwait(false); number++)
            {
                // A message that the server does not read holds up the pings behind it. One waiting ping is enough to see that.
                sending = sending.IsCompleted ? SendAsync(Encoding.ASCII.GetBytes($"{number}"), isAsked: false) : sending;
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
            TimeSpan untilDead = options.Connection.Timeout - OldestAge;
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
