using System.Diagnostics;

namespace EchoServer.Client;

/// <summary>Which pings are out, and since when. Safe on any thread.</summary>
internal sealed class PingTimes
{
    // At ten a second those of minutes. Older pings are forgotten, but still count as unanswered.
    private const int MaxPings = 4096;

    private readonly LinkedList<(byte[] Payload, bool IsAsked, long SentAt)> _out = new();
    private long? _oldestForgotten;

    /// <summary>How long the oldest of them has been out; null when none is.</summary>
    internal TimeSpan? Oldest
    {
        get
        {
            lock (_out)
            {
                return (_oldestForgotten ?? _out.First?.Value.SentAt) is long sentAt ? Stopwatch.GetElapsedTime(sentAt) : null;
            }
        }
    }

    /// <summary>A ping is about to be sent.</summary>
    internal void Sent(byte[] payload, bool isAsked)
    {
        lock (_out)
        {
            if (_out.Count == MaxPings)
            {
                _oldestForgotten ??= _out.First!.Value.SentAt;
                _out.RemoveFirst();
            }

            _out.AddLast((payload, isAsked, Stopwatch.GetTimestamp()));
        }
    }

    /// <summary>A pong came.</summary>
    /// <returns>How long its ping was out, and whether a person waits for it; null when it answers none.</returns>
    internal (TimeSpan RoundTrip, bool IsAsked)? Received(byte[] payload)
    {
        lock (_out)
        {
            for (LinkedListNode<(byte[] Payload, bool IsAsked, long SentAt)>? node = _out.First; node is not null; node = node.Next)
            {
                if (!node.Value.Payload.AsSpan().SequenceEqual(payload))
                {
                    continue;
                }

                // RFC 6455 §5.5.3: a peer may answer only the last of several pings.
                while (_out.First != node)
                {
                    _out.RemoveFirst();
                }

                _out.RemoveFirst();
                _oldestForgotten = null;
                return (Stopwatch.GetElapsedTime(node.Value.SentAt), node.Value.IsAsked);
            }

            return null;
        }
    }
}
