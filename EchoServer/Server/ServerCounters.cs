using EchoServer.Http;
using EchoServer.Metrics;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <summary>Everything that is counted about a server, without a cost to the messages that are counted.</summary>
/// <remarks>
/// <para>Safe on any thread.</para>
/// <para>
/// Messages and bytes are counted in plain fields of their connection, which its loop writes. A reader adds them up over all
/// connections, and over what ended connections have left here. The gate is taken once or twice in a connection's life, for what other threads send,
/// and for a sum, which keeps it for some 20 ns a connection; so a connection is in the table or in the totals, never in both or neither,
/// and no sum is ever lower than one before.
/// </para>
/// </remarks>
internal sealed class ServerCounters
{
    private readonly Lock _gate = new();
    private readonly ServerTotals _totals = new();
    private int _open;

    /// <summary>Which refused requests are logged.</summary>
    internal LineLimit LoggedRefusals { get; } = new();

    /// <summary>Counts a handshake that was accepted.</summary>
    /// <param name="isCompressed">Whether permessage-deflate was agreed on.</param>
    internal void Opened(bool isCompressed)
    {
        lock (_gate)
        {
            _totals.Opened++;
            _totals.OpenedCompressed += isCompressed ? 1 : 0;
            _open++;
        }
    }

    /// <summary>Counts a request that was refused: a handshake, or one too broken to tell. Statuses that only a scenario answers with are not counted.</summary>
    internal void Rejected(HttpStatus status)
    {
        lock (_gate)
        {
            if (IndexOf(status) is >= 0 and int index)
            {
                _totals.RejectedByStatus[index]++;
            }
        }
    }

    /// <summary>Counts a plain HTTP request that was answered.</summary>
    internal void Answered(HttpStatus status)
    {
        lock (_gate)
        {
            _totals.AnsweredByStatus[IndexOf(status)]++;
        }
    }

    /// <summary>Counts a frame that another thread than its connection's loop has sent.</summary>
    internal void Enqueued(Fragment fragment, int payloadBytes)
    {
        lock (_gate)
        {
            _totals.Sent.Count(fragment, payloadBytes);
            _totals.PingsSent += fragment.Kind == Opcode.Ping ? 1 : 0;
        }
    }

    /// <summary>Counts a connection that was ended for want of room, without an answer.</summary>
    internal void SocketRefused()
    {
        lock (_gate)
        {
            _totals.SocketsRefused++;
        }
    }

    /// <summary>Takes over what a connection has counted. Once, when it counts no more.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="code">The code that it ended with; null when it never became a WebSocket.</param>
    /// <param name="cause">Why it ended.</param>
    internal void Ended(Connection connection, CloseCode? code, EndCause cause)
    {
        lock (_gate)
        {
            connection.AddCountsTo(_totals, isLast: true);
            if (code is CloseCode known)
            {
                _totals.Ended[(int)cause][CountedCloseCodes.IndexOf(known)]++;
                _open--;
            }
        }
    }

    /// <summary>Adds up.</summary>
    /// <param name="connections">The connections there are.</param>
    /// <param name="open">How many of them are WebSockets.</param>
    internal ServerTotals Sum(ConnectionTable connections, out int open)
    {
        lock (_gate)
        {
            var sum = _totals.Copy();
            connections.ForEach(static (connection, sum) => connection.AddCountsTo(sum, isLast: false), sum);
            open = _open;
            return sum;
        }
    }

    private static int IndexOf(HttpStatus status) => Array.BinarySearch(ServerTotals.Statuses, status);
}
