using System.Diagnostics;
using EchoServer.Metrics;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Server;

/// <content>What is counted of this connection: in plain fields, for <see cref="ServerCounters"/> to add up.</content>
internal sealed partial class Connection
{
    // Written by the loop.
    private MessageCounts _received;
    private long _bytesReceived;

    // Of the steps, one in some is timed: when it began, and what was there then.
    private int _steps;
    private long _timedSince;
    private long _messagesBefore;

    // Under the gate of the server's counters.
    private bool _isCounted;

    /// <summary>At the beginning of a step, when its input is there. Loop only.</summary>
    private void BeginTiming()
    {
        // The first step is the handshake, the second is timed.
        if ((_steps++ & (EchoTimes.OneStepIn - 1)) == 1)
        {
            _timedSince = Stopwatch.GetTimestamp();
            _messagesBefore = _received.Messages;
        }
    }

    /// <summary>At the end of a step, when its output is sent. Loop only.</summary>
    private void EndTiming()
    {
        if (_timedSince != 0)
        {
            if (_received.Messages != _messagesBefore)
            {
                _server.EchoTimes.Record(Stopwatch.GetElapsedTime(_timedSince));
            }

            _timedSince = 0;
        }
    }

    /// <summary>Adds what was counted so far, unless the server has it already. Under the gate of the server's counters.</summary>
    internal void AddCountsTo(ServerTotals sum)
    {
        if (!_isCounted)
        {
            sum.Received.Add(_received);
            sum.NetworkBytesReceived += _bytesReceived;
            _outbound.AddCountsTo(sum);
            if (_reader?.Deflate is PerMessageDeflate deflate)
            {
                sum.CompressedReceived.Add(deflate.Received);
                sum.CompressedSent.Add(deflate.Sent);
            }
        }
    }

    /// <summary>Hands over what was counted, at the end. Under the gate of the server's counters.</summary>
    internal void MoveCountsTo(ServerTotals totals)
    {
        AddCountsTo(totals);
        _isCounted = true;
    }
}
