namespace EchoServer.Client;

/// <summary>Which pings are out, and since when. Safe on any thread.</summary>
internal sealed class PingTimes
{
    // At ten a second those of minutes. Older pings are forgotten, but still count as unanswered.
    private const int MaxPings = 4096;

    private readonly List<(byte[] Payload, bool IsAsked, long SentAt)> _out = [];
    private long? _oldestForgotten;

    /// <summary>How long the oldest of them has been out; null when none is.</summary>
    internal TimeSpan? Oldest
    {
        get
        {
            lock (_out)
            {
                return (_oldestForgotten ?? (_out.Count > 0 ? _out[0].SentAt : null)) is long sentAt ? Stopwatch.GetElapsedTime(sentAt) : null;
            }
        }
    }

    internal void Sent(byte[] payload, bool isAsked)
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
    }

    /// <summary>A pong came.</summary>
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
}
