using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Metrics;

/// <summary>Every number that <c>/metrics</c> shows.</summary>
internal static class Instruments
{
    internal const string EchoTimeName = "echo_server_echo_time_seconds";

    internal static readonly string EchoTimeHelp =
        $"Time of an echo in seconds: from the return of a receive that brought messages to the end of the send of their echoes. One receive of a connection in {EchoTimes.OneStepIn} is timed, its first included.";

    /// <summary>The numbers, in the order in which they are shown.</summary>
    internal static readonly Instrument[] All =
    [
        new("echo_server_build_info", "The build of this server, in the labels. The value is always 1.",
            _ => [new Sample(1, ("version", Build.Version), ("commit", Build.Commit ?? ""))]),
        new("echo_server_connections_open", "WebSocket connections that are open.",
            snapshot => snapshot.OpenConnections),
        new("echo_server_connections_total", "WebSocket connections that were opened.",
            snapshot => snapshot.Totals.Opened),
        new("echo_server_connections_limit", "The most WebSocket connections that may be open at the same time.",
            snapshot => snapshot.MaxConnections),
        new("echo_server_sockets_open",
            "TCP connections that are open: WebSockets, and those that ask for a page, have sent no request yet, or are about to end.",
            snapshot => snapshot.Stats.Connections),
        new("echo_server_sockets_refused_total", "TCP connections that were ended for want of room, before an answer was sent or received.",
            snapshot => snapshot.Totals.SocketsRefused),
        new("echo_server_connections_ended_total",
            "WebSocket connections that ended, by cause and by the code of the first Close frame of either side. Code 1006 is an end without a Close frame, 1005 a Close frame without a code.",
            snapshot => EndCauses.All.SelectMany(cause => Ended(cause, snapshot.Totals.Ended[(int)cause]))),
        new("echo_server_handshakes_rejected_total",
            "Requests for a WebSocket that were refused, and requests that were not HTTP, too large or too slow, by HTTP status.",
            snapshot => ByStatus(snapshot.Totals.RejectedByStatus, status => status is >= HttpStatus.BadRequest and not HttpStatus.NotFound)),
        new("echo_server_http_requests_total", "Plain HTTP requests that were answered, by HTTP status.",
            snapshot => ByStatus(snapshot.Totals.AnsweredByStatus, _ => true)),
        new("echo_server_messages_total", "WebSocket messages, by direction and kind.",
            snapshot => ByDirectionAndKind(snapshot.Totals, counts => counts.TextMessages, counts => counts.BinaryMessages)),
        new("echo_server_message_bytes_total", "Payload bytes of WebSocket messages, not compressed, by direction and kind.",
            snapshot => ByDirectionAndKind(snapshot.Totals, counts => counts.TextBytes, counts => counts.BinaryBytes)),
        new("echo_server_compressed_connections_total",
            "WebSocket connections that were opened with permessage-deflate.", snapshot => snapshot.Totals.OpenedCompressed),
        new("echo_server_compressed_messages_total", "WebSocket messages that went over the network compressed, by direction.",
            snapshot => ByDirection(snapshot.Totals.CompressedReceived.Messages, snapshot.Totals.CompressedSent.Messages)),
        new("echo_server_compressed_message_bytes_total",
            "Payload bytes, after compression, of the WebSocket messages that went over the network compressed, by direction.",
            snapshot => ByDirection(snapshot.Totals.CompressedReceived.CompressedBytes, snapshot.Totals.CompressedSent.CompressedBytes)),
        new("echo_server_compressed_message_plain_bytes_total",
            "Payload bytes, before compression, of the WebSocket messages that went over the network compressed, by direction.",
            snapshot => ByDirection(snapshot.Totals.CompressedReceived.PlainBytes, snapshot.Totals.CompressedSent.PlainBytes)),
        new("echo_server_network_bytes_total", "Bytes of all TCP connections, with HTTP and the headers of frames, by direction.",
            snapshot => ByDirection(snapshot.Totals.NetworkBytesReceived, snapshot.Totals.NetworkBytesSent)),
        new("echo_server_pings_sent_total", "Ping frames that were sent to clients that had been silent for the keep-alive interval.",
            snapshot => snapshot.Totals.PingsSent),
        new("echo_server_memory_budget_used_bytes",
            "Memory that the server keeps for its clients at this moment: partial messages, unsent output, compression.",
            snapshot => snapshot.Stats.BudgetUsed),
        new("echo_server_memory_budget_peak_bytes", "The most memory that the server has kept for its clients since its start.",
            snapshot => snapshot.Stats.BudgetPeak),
        new("echo_server_memory_budget_limit_bytes", "The most memory that the server may keep for its clients.",
            snapshot => snapshot.Stats.BudgetLimit),
        new("echo_server_heap_bytes", "Size of the managed heap, with garbage that was not collected yet.",
            snapshot => snapshot.Stats.HeapBytes),
        new("process_resident_memory_bytes", "Resident memory size in bytes.",
            _ => ProcessFacts.Now.ResidentBytes),
        new("process_open_fds", "Number of open file descriptors.", _ => ProcessFacts.Now.OpenFiles),
        new("process_max_fds", "Maximum number of open file descriptors.", _ => ProcessFacts.MaxOpenFiles),
        new("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
            _ => ProcessFacts.Now.CpuSeconds),
        new("process_start_time_seconds", "Start time of the process since unix epoch in seconds, to some tenths of a second.",
            snapshot => (snapshot.StartedAt - DateTimeOffset.UnixEpoch).TotalSeconds),
    ];

    /// <summary>The ends of one cause: with its usual code always, so that each cause is there from the start, and with others once they were seen.</summary>
    private static IEnumerable<Sample> Ended(EndCause cause, long[] counts)
    {
        (string label, CloseCode usual) = cause.Describe();
        return counts
            .Select((count, code) => (Count: count, Code: code))
            .Where(entry => entry.Count > 0 || entry.Code == CountedCloseCodes.IndexOf(usual))
            .Select(entry => new Sample(entry.Count, ("cause", label), ("code", CountedCloseCodes.Labels[entry.Code])));
    }

    private static IEnumerable<Sample> ByStatus(long[] counts, Func<HttpStatus, bool> applies) => ServerTotals.Statuses
        .Select((status, index) => (Status: status, Count: counts[index]))
        .Where(entry => applies(entry.Status))
        .Select(entry => new Sample(entry.Count, ("status", $"{(int)entry.Status}")));

    private static Sample[] ByDirection(long received, long sent) =>
        [new Sample(received, ("direction", "received")), new Sample(sent, ("direction", "sent"))];

    private static IEnumerable<Sample> ByDirectionAndKind(
        ServerTotals totals, Func<MessageCounts, long> text, Func<MessageCounts, long> binary)
    {
        foreach ((string direction, MessageCounts counts) in ((string, MessageCounts)[])[("received", totals.Received), ("sent", totals.Sent)])
        {
            yield return new Sample(text(counts), ("direction", direction), ("kind", "text"));
            yield return new Sample(binary(counts), ("direction", direction), ("kind", "binary"));
        }
    }
}
