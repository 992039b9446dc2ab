namespace EchoServer.Hosting;

/// <content>What is counted of this connection: in plain fields, for <see cref="ServerCounters"/> to add up.</content>
internal sealed partial class Connection
{
    // Written by the loop.
    private MessageCounts _received;
    private long _bytesReceived;

    // Under the gate of the server's counters.
    private bool _isCounted;

    /// <summary>Adds what was counted so far, unless the server has it already. Under the gate of the server's counters.</summary>
    internal void AddCountsTo(ServerTotals sum)
    {
        if (!_isCounted)
        {
            sum.Received.Add(_received);
            sum.NetworkBytesReceived += _bytesReceived;
            _outbound.AddCountsTo(sum);
        }
    }

    /// <summary>Hands over what was counted, at the end. Under the gate of the server's counters.</summary>
    internal void MoveCountsTo(ServerTotals totals)
    {
        AddCountsTo(totals);
        _isCounted = true;
    }
}
