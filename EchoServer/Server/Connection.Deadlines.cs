using EchoServer.Http;
using EchoServer.Metrics;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <content>Deadlines: noted by the loop as times, judged by the heartbeat.</content>
internal sealed partial class Connection
{
    private readonly long _startedAt = Heartbeat.Now;

    // Written by the loop, read by the heartbeat.
    private long _lastReceivedAt = Heartbeat.Now;
    private long _messageSince;

    // Only for the heartbeat.
    private long _pingSentAt;
    private ulong _bytesAcked;
    private long _bytesAckedAt;

    /// <summary>For the heartbeat: does what is due at this time.</summary>
    /// <param name="now">The time, as <see cref="Heartbeat.Now"/> gives it.</param>
    internal void CheckDeadlines(long now)
    {
        try
        {
            CheckWhatIsDue(now);
        }
        catch (ObjectDisposedException)
        {
            // The loop ended it meanwhile.
        }
        catch (Exception exception)
        {
            // On the heartbeat's thread it would end the process, and with it every other connection.
            _server.Log.ConnectionFailed(exception, _id);
        }
    }

    private void CheckWhatIsDue(long now)
    {
        if (_outbound.WaitingSince != 0)
        {
            CheckSend(now);
        }
        else if (_outbound.IsClosed)
        {
            CheckClose(now);
        }
        else if (Volatile.Read(ref _info) is null)
        {
            CheckHandshake(now);
        }
        else
        {
            CheckMessage(now);
            CheckKeepAlive(now);
        }
    }

    private static bool HasPassed(long since, TimeSpan timeout, long now) => now - since >= (long)timeout.TotalMilliseconds;

    /// <summary>At the end of a step: remembers since when a message has been arriving in parts.</summary>
    private void NoteWhetherAMessageIsUnderWay()
    {
        bool isUnderWay = _phase == Phase.Open && (_leftOver.Length > 0 || _reader!.IsInMessage);
        if (!isUnderWay)
        {
            _messageSince = 0;
        }
        else if (_messageSince == 0)
        {
            _messageSince = Heartbeat.Now;
        }
    }

    /// <summary>A whole control frame: what arrives in parts after it is something new, unless a message is under way around it.</summary>
    private void NoteControlFrame()
    {
        if (!_reader!.IsInMessage)
        {
            _messageSince = 0;
        }
    }

    private void CheckHandshake(long now)
    {
        if (HasPassed(_startedAt, _server.Options.HandshakeTimeout, now))
        {
            // Not while the loop is at work: it may be accepting the request just now. Then the next beat sees to it.
            var rejection = new HttpRejection(
                HttpStatus.RequestTimeout, $"The request head was not complete within {_server.Options.HandshakeTimeout.TotalSeconds} s.");
            if (_outbound.PostLastAnswer(HttpResponse.Write(rejection, DateTimeOffset.UtcNow)))
            {
                _server.Counters.Rejected(rejection.Status);
                _server.Log.RequestRefused(Client(), rejection);
            }
        }
    }

    private void CheckMessage(long now)
    {
        long since = Volatile.Read(ref _messageSince);
        if (since != 0 && _server.Options.MessageTimeout is TimeSpan timeout && HasPassed(since, timeout, now))
        {
            Close(CloseCode.PolicyViolation, $"a message was not complete within {timeout.TotalSeconds} s", EndCause.Deadline);
        }
    }

    private void CheckKeepAlive(long now)
    {
        if (_server.Options.KeepAliveInterval is not TimeSpan interval)
        {
            return;
        }

        long lastReceivedAt = Volatile.Read(ref _lastReceivedAt);
        if (_pingSentAt > lastReceivedAt)
        {
            if (HasPassed(_pingSentAt, _server.Options.KeepAliveTimeout, now))
            {
                Abort(EndCause.KeepAlive, "no answer to a ping");
            }
        }
        else if (HasPassed(lastReceivedAt, interval, now))
        {
            _pingSentAt = now;
            Post(Opcode.Ping, default, default);
        }
    }

    /// <summary>Output waits: has the peer taken any byte since the last look, its acknowledgements included?</summary>
    private void CheckSend(long now)
    {
        ulong acked = _socket.BytesAcked();
        if (acked != _bytesAcked)
        {
            _bytesAcked = acked;
            _bytesAckedAt = now;
        }

        if (HasPassed(Math.Max(_outbound.WaitingSince, _bytesAckedAt), _server.Options.SendTimeout, now))
        {
            Abort(EndCause.Deadline, "the client does not read");
        }
    }

    private void CheckClose(long now)
    {
        // While the server stops, a peer has the drain timeout for its Close; not to hang about after it.
        bool isGoverned = !_server.IsStopping || _phase == Phase.Lingering;

        // One beat early rather than late: the timeout is the most that the peer has.
        long sentAt = _outbound.CloseSentAt;
        if (sentAt != 0 && isGoverned && HasPassed(sentAt, _server.Options.CloseTimeout - Heartbeat.Interval, now))
        {
            Abort();
        }
    }
}
