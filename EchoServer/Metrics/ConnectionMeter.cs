using EchoServer.WebSockets;

namespace EchoServer.Metrics;

/// <summary>Measures one connection's input: messages, bytes, and how long some of its steps took.</summary>
/// <remarks>
/// A mutable value. The connection's loop writes it; other threads may read each number by itself, which on 64 bits is never torn.
/// <see cref="AddTo"/> is called under the gate of the server's counters.
/// </remarks>
internal struct ConnectionMeter
{
    private MessageCounts _received;
    private long _bytesReceived;
    private bool _isMoved;

    // The step that is timed: when it began, and how many messages had come before.
    private int _steps;
    private long _timedSince;
    private long _messagesBefore;

    internal readonly long BytesReceived => _bytesReceived;

    internal readonly long MessagesReceived => _received.Messages;

    /// <summary>Begins a step whose input has come; times one step in <see cref="EchoTimes.OneStepIn"/>.</summary>
    internal void BeginStep(int bytes)
    {
        _bytesReceived += bytes;

        // The first step is the handshake, the second is timed.
        if ((_steps++ & (EchoTimes.OneStepIn - 1)) == 1)
        {
            _timedSince = Stopwatch.GetTimestamp();
            _messagesBefore = _received.Messages;
        }
    }

    internal void CountMessage(Opcode opcode, int bytes) => _received.Count(opcode, bytes);

    /// <summary>Ends a step whose output is sent.</summary>
    internal void EndStep(EchoTimes times)
    {
        if (_timedSince != 0)
        {
            if (_received.Messages != _messagesBefore)
            {
                times.Record(Stopwatch.GetElapsedTime(_timedSince));
            }

            _timedSince = 0;
        }
    }

    /// <summary>Adds the counts so far; for the last time when the totals have them.</summary>
    /// <returns>False, with nothing added, after the last time.</returns>
    internal bool AddTo(ServerTotals sum, bool isLast)
    {
        if (_isMoved)
        {
            return false;
        }

        _isMoved = isLast;
        sum.Received.Add(_received);
        sum.NetworkBytesReceived += _bytesReceived;
        return true;
    }
}
