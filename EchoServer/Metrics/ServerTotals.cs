using EchoServer.Http;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Metrics;

/// <summary>What a server has counted since its start. No number ever goes down.</summary>
/// <remarks>Not safe on two threads: <c>ServerCounters</c> guards the server's own, and hands out copies.</remarks>
internal sealed class ServerTotals
{
    /// <summary>WebSocket connections that were opened.</summary>
    internal long Opened;

    /// <summary>Those of them on which permessage-deflate was agreed on.</summary>
    internal long OpenedCompressed;

    /// <summary>TCP connections beyond the limit that were ended for want of room.</summary>
    internal long SocketsRefused;

    /// <summary>Whole messages received.</summary>
    internal MessageCounts Received;

    /// <summary>Messages sent, or accepted for sending.</summary>
    internal MessageCounts Sent;

    /// <summary>Those of the messages received that came compressed.</summary>
    internal CompressedCounts CompressedReceived;

    /// <summary>Those of the messages sent that went out compressed.</summary>
    internal CompressedCounts CompressedSent;

    /// <summary>Bytes received from sockets: HTTP, and frames with their headers.</summary>
    internal long NetworkBytesReceived;

    /// <summary>Bytes given to sockets: HTTP, and frames with their headers.</summary>
    internal long NetworkBytesSent;

    /// <summary>Pings sent by the keep-alive.</summary>
    internal long PingsSent;

    /// <summary>WebSocket connections that ended, by <see cref="EndCause"/> and, for each, by close code; see <see cref="CountedCloseCodes"/>.</summary>
    internal long[][] Ended = [.. EndCauses.All.Select(_ => new long[CountedCloseCodes.Labels.Length])];

    /// <summary>Handshakes, and requests too broken to tell, that were refused; by status, see <see cref="Statuses"/>.</summary>
    internal long[] RejectedByStatus = new long[Statuses.Length];

    /// <summary>Plain HTTP requests that were answered, by status, see <see cref="Statuses"/>.</summary>
    internal long[] AnsweredByStatus = new long[Statuses.Length];

    /// <summary>The statuses that are counted, in order.</summary>
    internal static HttpStatus[] Statuses { get; } = Enum.GetValues<HttpStatus>();

    internal ServerTotals Copy()
    {
        var copy = (ServerTotals)MemberwiseClone();
        copy.Ended = [.. Ended.Select(counts => (long[])[.. counts])];
        copy.RejectedByStatus = [.. RejectedByStatus];
        copy.AnsweredByStatus = [.. AnsweredByStatus];
        return copy;
    }
}
