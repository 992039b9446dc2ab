using System.Globalization;
using EchoServer.Http;

namespace EchoServer.Metrics;

/// <summary>Every number that <c>/metrics</c> shows.</summary>
internal static class Instruments
{
    /// <summary>The name of the histogram of echo times.</summary>
    internal const string EchoTimeName = "echo_server_echo_time_seconds";

    /// <summary>What that histogram means.</summary>
    internal static readonly string EchoTimeHelp = string.Create(
        CultureInfo.InvariantCulture,
        $"From the return of a receive that brought messages to the end of the send of their echoes. One receive of a connection in {EchoTimes.OneStepIn} is timed, its first included.");

    /// <summary>The numbers, in the order in which they are shown.</summary>
    internal static readonly Instrument[] All =
    [
        new("echo_server_build_info", InstrumentKind.Gauge, "Always 1. The labels say which build this is.",
            _ => [new Sample(1, ("version", Build.Version), ("commit", Build.Commit ?? ""))]),
        new("echo_server_connections_open", InstrumentKind.Gauge, "WebSocket connections that are open.",
            snapshot => snapshot.OpenConnections),
        new("echo_server_connections_total", InstrumentKind.Counter, "WebSocket connections that were opened.",
            snapshot => snapshot.Totals.Opened),
        new("echo_server_connections_limit", InstrumentKind.Gauge, "The most connections there may be.",
            snapshot => snapshot.MaxConnections),
        new("echo_server_sockets_open", InstrumentKind.Gauge,
            "TCP connections, with those that ask for a page, have not said yet what they want, or are about to end.",
            snapshot => snapshot.Stats.Connections),
        new("echo_server_sockets_refused_total", InstrumentKind.Counter,
            "TCP connections beyond the limit that were ended before they were answered, or before they had collected the answer.",
            snapshot => snapshot.Totals.SocketsRefused),
        new("echo_server_connections_closed_total", InstrumentKind.Counter,
            "WebSocket connections that ended, by the code of the first Close frame of either side. 1006 is none, 1005 one without a code.",
            snapshot => snapshot.Totals.EndedByCode.Select((count, index) => new Sample(count, ("code", CountedCloseCodes.Labels[index])))),
        new("echo_server_connections_ended_total", InstrumentKind.Counter, "WebSocket connections that ended, by cause.",
            snapshot => EndCauses.All.Select(cause => new Sample(snapshot.Totals.EndedByCause[(int)cause], ("cause", cause.Label())))),
        new("echo_server_handshakes_rejected_total", InstrumentKind.Counter,
            "Requests for a WebSocket that were refused, and requests that were not HTTP, too large or too slow, by status.",
            snapshot => ByStatus(snapshot.Totals.RejectedByStatus, status => status is >= HttpStatus.BadRequest and not HttpStatus.NotFound)),
        new("echo_server_http_requests_total", InstrumentKind.Counter, "Plain HTTP requests that were answered, by status.",
            snapshot => ByStatus(snapshot.Totals.AnsweredByStatus, _ => true)),
        new("echo_server_messages_total", InstrumentKind.Counter, "Messages, by direction and kind.",
            snapshot => ByDirectionAndKind(snapshot.Totals, counts => counts.TextMessages, counts => counts.BinaryMessages)),
        new("echo_server_message_bytes_total", InstrumentKind.Counter, "Payload of messages, by direction and kind.",
            snapshot => ByDirectionAndKind(snapshot.Totals, counts => counts.TextBytes, counts => counts.BinaryBytes)),
        new("echo_server_compressed_connections_total", InstrumentKind.Counter,
            "WebSocket connections that were opened with permessage-deflate.", snapshot => snapshot.Totals.OpenedCompressed),
        new("echo_server_compressed_messages_total", InstrumentKind.Counter, "Messages that went over the network compressed, by direction.",
            snapshot => ByDirection(snapshot.Totals.CompressedReceived.Messages, snapshot.Totals.CompressedSent.Messages)),
        new("echo_server_compressed_message_bytes_total", InstrumentKind.Counter, "Payload of these messages after compression, by direction.",
            snapshot => ByDirection(snapshot.Totals.CompressedReceived.CompressedBytes, snapshot.Totals.CompressedSent.CompressedBytes)),
        new("echo_server_compressed_message_plain_bytes_total", InstrumentKind.Counter, "Payload of these messages before compression, by direction.",
            snapshot => ByDirection(snapshot.Totals.CompressedReceived.PlainBytes, snapshot.Totals.CompressedSent.PlainBytes)),
        new("echo_server_network_bytes_total", InstrumentKind.Counter, "Bytes of all connections, with HTTP and the headers of frames.",
            snapshot => ByDirection(snapshot.Totals.NetworkBytesReceived, snapshot.Totals.NetworkBytesSent)),
        new("echo_server_pings_sent_total", InstrumentKind.Counter, "Pings to clients that were silent for the keep-alive interval.",
            snapshot => snapshot.Totals.PingsSent),
        new("echo_server_memory_budget_used_bytes", InstrumentKind.Gauge, "What clients make the server keep now.",
            snapshot => snapshot.Stats.BudgetUsed),
        new("echo_server_memory_budget_peak_bytes", InstrumentKind.Gauge, "The most that they ever made it keep.",
            snapshot => snapshot.Stats.BudgetPeak),
        new("echo_server_memory_budget_limit_bytes", InstrumentKind.Gauge, "The most that they may make it keep.",
            snapshot => snapshot.Stats.BudgetLimit),
        new("echo_server_heap_bytes", InstrumentKind.Gauge, "The managed heap, with garbage that was not collected yet.",
            snapshot => snapshot.Stats.HeapBytes),
        new("process_resident_memory_bytes", InstrumentKind.Gauge, "Resident memory size in bytes.",
            _ => ProcessFacts.Now.ResidentBytes),
        new("process_open_fds", InstrumentKind.Gauge, "Number of open file descriptors.", _ => ProcessFacts.Now.OpenFiles),
        new("process_max_fds", InstrumentKind.Gauge, "Maximum number of open file descriptors.", _ => ProcessFacts.MaxOpenFiles),
        new("process_cpu_seconds_total", InstrumentKind.Counter, "Total user and system CPU time spent in seconds.",
            _ => ProcessFacts.Now.CpuSeconds),
        new("process_start_time_seconds", InstrumentKind.Gauge, "Start time of the process since unix epoch in seconds, to some tenths of a second.",
            snapshot => (snapshot.StartedAt - DateTimeOffset.UnixEpoch).TotalSeconds),
    ];

    private static IEnumerable<Sample> ByStatus(long[] counts, Func<HttpStatus, bool> applies) => ServerTotals.Statuses
        .Select((status, index) => (Status: status, Count: counts[index]))
        .Where(entry => applies(entry.Status))
        .Select(entry => new Sample(entry.Count, ("status", ((int)entry.Status).ToString(CultureInfo.InvariantCulture))));

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
