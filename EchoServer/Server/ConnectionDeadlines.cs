using EchoServer.Transport;

namespace EchoServer.Server;

/// <summary>The deadlines of one connection: takes events with their times, and tells which actions are due.</summary>
/// <remarks>
/// Pure: all times are passed in, in milliseconds as <see cref="MonotonicClock.Now"/> gives them. A mutable value. The connection's loop
/// notes what happens; only the heartbeat calls <see cref="Check"/>.
/// </remarks>
internal struct ConnectionDeadlines(long now)
{
    private readonly long _startedAt = now;

    // Written by the loop, read by the heartbeat.
    private long _lastReceivedAt = now;

    // 0 for no message. While output waits, minus one less the time that the message has taken until then.
    private long _messageSince;

    // Only for the heartbeat.
    private long _pingSentAt;
    private ulong _bytesAcked;
    private long _bytesAckedAt;

    /// <summary>How long ago the connection was accepted.</summary>
    internal readonly TimeSpan Age(long now) => TimeSpan.FromMilliseconds(now - _startedAt);

    /// <summary>Notes that the peer is not silent. Loop only.</summary>
    internal void NoteInput(long now)
    {
        _lastReceivedAt = now;
        if (_messageSince < 0)
        {
            _messageSince += now + 1;
        }
    }

    /// <summary>Notes that output waits, and nothing is received: the time of a message stands still until the next input. Loop only.</summary>
    internal void NoteWait(long now)
    {
        if (_messageSince > 0)
        {
            _messageSince = -1 - Math.Max(now - _messageSince, 0);
        }
    }

    /// <summary>Notes that a message has ended: bytes that arrive after it belong to another. Loop only.</summary>
    internal void NoteMessageEnd() => _messageSince = 0;

    /// <summary>Notes, at the end of a step, whether a message has arrived only in part. Loop only.</summary>
    internal void NoteMessage(bool isUnderWay, long now)
    {
        if (!isUnderWay)
        {
            _messageSince = 0;
        }
        else if (_messageSince == 0)
        {
            _messageSince = now;
        }
    }

    /// <summary>Judges a connection. Heartbeat only.</summary>
    /// <param name="stage">How far it is.</param>
    /// <param name="output">Its output.</param>
    /// <param name="options">The timeouts.</param>
    /// <param name="now">The time.</param>
    /// <returns>The actions that are due now. A ping that is due counts as sent.</returns>
    internal Due Check(ConnectionStage stage, in OutputProgress output, ServerOptions options, long now)
    {
        if (output.WaitingSince != 0)
        {
            return CheckOutput(output, options, now);
        }

        return stage switch
        {
            ConnectionStage.Handshake => HasPassed(_startedAt, options.HandshakeTimeout, now) ? Due.RequestTimeout : Due.Nothing,
            ConnectionStage.Open => CheckMessage(options, now) is Due due and not Due.Nothing ? due : CheckKeepAlive(options, now),
            ConnectionStage.Closing => CheckClose(output, options, now),
            _ => Due.Nothing,
        };
    }

    /// <summary>Output waits: has the peer taken any byte since the last look, its acknowledgements included?</summary>
    private Due CheckOutput(in OutputProgress output, ServerOptions options, long now)
    {
        if (output.BytesAcked != _bytesAcked)
        {
            _bytesAcked = output.BytesAcked;
            _bytesAckedAt = now;
        }

        return HasPassed(Math.Max(output.WaitingSince, _bytesAckedAt), options.SendTimeout, now) ? Due.UnreadOutput : Due.Nothing;
    }

    private readonly Due CheckMessage(ServerOptions options, long now)
    {
        long since = Volatile.Read(in _messageSince);
        return since > 0 && options.MessageTimeout is TimeSpan timeout && HasPassed(since, timeout, now) ? Due.MessageTimeout : Due.Nothing;
    }

    private Due CheckKeepAlive(ServerOptions options, long now)
    {
        if (options.KeepAliveInterval is not TimeSpan interval)
        {
            return Due.Nothing;
        }

        long lastReceivedAt = Volatile.Read(in _lastReceivedAt);
        if (_pingSentAt > lastReceivedAt)
        {
            return HasPassed(_pingSentAt, options.KeepAliveTimeout, now) ? Due.UnansweredPing : Due.Nothing;
        }

        if (!HasPassed(lastReceivedAt, interval, now))
        {
            return Due.Nothing;
        }

        _pingSentAt = now;
        return Due.Ping;
    }

    private static Due CheckClose(in OutputProgress output, ServerOptions options, long now)
    {
        // One beat early rather than late: the timeout is the most that the peer has.
        bool isOver = output.CloseSentAt != 0 && HasPassed(output.CloseSentAt, options.CloseTimeout - Heartbeat.Interval, now);
        return isOver ? Due.UnansweredClose : Due.Nothing;
    }

    private static bool HasPassed(long since, TimeSpan timeout, long now) => now - since >= (long)timeout.TotalMilliseconds;
}

/// <summary>How far a connection is, as its deadlines see it.</summary>
internal enum ConnectionStage
{
    /// <summary>The request head is due.</summary>
    Handshake,

    /// <summary>Messages may come.</summary>
    Open,

    /// <summary>The last words are said; the peer's are due.</summary>
    Closing,

    /// <summary>The same while the server stops: the drain timeout holds.</summary>
    Draining,
}

/// <summary>What became of a connection's output.</summary>
/// <param name="WaitingSince">Since when the socket takes nothing; 0 when nothing waits.</param>
/// <param name="BytesAcked">Bytes that the peer's TCP has acknowledged; only needed while output waits.</param>
/// <param name="CloseSentAt">When the last frame or answer was given to the socket; 0 before that.</param>
internal readonly record struct OutputProgress(long WaitingSince, ulong BytesAcked, long CloseSentAt);

/// <summary>What a connection's deadlines ask for.</summary>
internal enum Due
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>The request head was not complete in time: 408.</summary>
    RequestTimeout,

    /// <summary>A message was not complete in time: Close 1008.</summary>
    MessageTimeout,

    /// <summary>The peer has been silent: a ping is to be sent.</summary>
    Ping,

    /// <summary>A ping was not answered in time: the peer is gone.</summary>
    UnansweredPing,

    /// <summary>The peer has taken no output for too long.</summary>
    UnreadOutput,

    /// <summary>The peer has not answered our last words in time.</summary>
    UnansweredClose,
}
