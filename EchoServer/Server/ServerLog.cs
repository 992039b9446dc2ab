using System.Net;
using EchoServer.Http;
using EchoServer.Metrics;
using EchoServer.Transport;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;

namespace EchoServer.Server;

/// <summary>Every line that the engine can log, in one place.</summary>
/// <remarks>
/// Safe on any thread. A line of text is the sentence, a line of JSON the name of the event and the values in the sentence by name. Text from
/// the network is cut here, and escaped where lines are written.
/// </remarks>
internal static partial class ServerLog
{
    private const int MaxPathCharacters = 128;

    [LoggerMessage(1, LogLevel.Information, "Listening on ws://{Endpoint}", EventName = "listening")]
    internal static partial void Listening(this ILogger log, IPEndPoint endpoint);

    [LoggerMessage(2, LogLevel.Information, "Stopping: {Connections} connections are told to go", EventName = "stopping")]
    internal static partial void Stopping(this ILogger log, int connections);

    [LoggerMessage(3, LogLevel.Information, "Stopped: {Ended} connections ended in time, {Aborted} were aborted", EventName = "stopped")]
    internal static partial void Stopped(this ILogger log, int ended, int aborted);

    [LoggerMessage(4, LogLevel.Warning, "Cannot accept connections, will go on trying: {Reason}", EventName = "acceptFailed")]
    internal static partial void AcceptFailed(this ILogger log, string reason);

    [LoggerMessage(13, LogLevel.Information, "Memory budget: {BudgetUsedBytes} bytes in use, peak {BudgetPeakBytes}, limit {MemoryBudgetBytes}; heap {HeapBytes}", EventName = "memory")]
    private static partial void BudgetUse(this ILogger log, long budgetUsedBytes, long budgetPeakBytes, long memoryBudgetBytes, long heapBytes);

    [LoggerMessage(14, LogLevel.Debug, "At most {MaxConnections} connections", EventName = "connectionLimit")]
    internal static partial void ConnectionLimit(this ILogger log, int maxConnections);

    [LoggerMessage(18, LogLevel.Warning, "At most {MaxConnections} connections, and not the {Requested} that were asked for: {Reason}", EventName = "fewerConnections")]
    private static partial void FewerConnections(this ILogger log, int maxConnections, int requested, string reason);

    [LoggerMessage(12, LogLevel.Information, "Accepting connections again, after {Failures} failures", EventName = "acceptRecovered")]
    internal static partial void AcceptRecovered(this ILogger log, int failures);

    [LoggerMessage(5, LogLevel.Information, "Request from {Peer}{ForwardedFor} refused: {Status} {Reason}{RequestId}", EventName = "refused")]
    private static partial void RequestRefused(
        this ILogger log, EndPoint peer, LoggedValue forwardedFor, int status, string reason, LoggedValue requestId);

    [LoggerMessage(19, LogLevel.Information, "Requests refused with {Status} and not logged one by one: {Count} within {DurationSeconds:0.000} s", EventName = "refusals")]
    private static partial void RequestsRefused(this ILogger log, int status, long count, double durationSeconds);

    [LoggerMessage(17, LogLevel.Debug, "Request from {Peer}{ForwardedFor} answered: {Method} {Path} {Status}{RequestId}", EventName = "answered")]
    private static partial void RequestAnswered(
        this ILogger log, EndPoint peer, LoggedValue forwardedFor, string method, string path, int status, LoggedValue requestId);

    [LoggerMessage(6, LogLevel.Debug, "Connection #{ConnectionId} opened: {Peer}{ForwardedFor} {Path}{Extensions}{RequestId}", EventName = "open")]
    private static partial void ConnectionOpened(
        this ILogger log, long connectionId, EndPoint peer, LoggedValue forwardedFor, string path, LoggedValue extensions, LoggedValue requestId);

    [LoggerMessage(7, LogLevel.Debug, "Connection #{ConnectionId} closed: {Code}, {Reason} (cause {Cause}); messages received {MessagesReceived}, bytes received {NetworkBytesReceived}, bytes sent {NetworkBytesSent}, duration {DurationSeconds:0.000} s", EventName = "close")]
    private static partial void ConnectionClosed(
        this ILogger log, long connectionId, LoggedValue code, string reason, string cause, long messagesReceived, long networkBytesReceived,
        long networkBytesSent, double durationSeconds);

    [LoggerMessage(8, LogLevel.Error, "A callback of connection #{ConnectionId} failed: {Exception}", EventName = "callbackFailed")]
    private static partial void CallbackFailed(this ILogger log, long connectionId, string exception);

    [LoggerMessage(9, LogLevel.Error, "Connection #{ConnectionId} failed unexpectedly: {Exception}", EventName = "connectionFailed")]
    private static partial void ConnectionFailed(this ILogger log, long connectionId, string exception);

    [LoggerMessage(15, LogLevel.Critical, "An exception that nothing caught: {Exception}", EventName = "uncaught")]
    private static partial void Uncaught(this ILogger log, string exception);

    internal static void FewerConnections(this ILogger log, int maxConnections, int requested) =>
        log.FewerConnections(maxConnections, requested, "more files may not be open (ulimit -n)");

    /// <summary>The exception goes in as text and not as an exception: its trace must stay on the line.</summary>
    internal static void CallbackFailed(this ILogger log, Exception exception, long id) => log.CallbackFailed(id, exception.ToString());

    internal static void ConnectionFailed(this ILogger log, Exception exception, long id) => log.ConnectionFailed(id, exception.ToString());

    internal static void BudgetUse(this ILogger log, ServerStats stats) =>
        log.BudgetUse(stats.BudgetUsed, stats.BudgetPeak, stats.BudgetLimit, stats.HeapBytes);

    /// <summary>A defect of ours, wherever it is: it must at least be seen.</summary>
    internal static void Uncaught(this ILogger log, object exception) => log.Uncaught($"{exception}");

    /// <summary>A few a second are logged, at debug level all; <see cref="RefusalsOmitted"/> tells how many more there were.</summary>
    internal static void RequestRefused(this ILogger log, LineLimit limit, EndPoint peer, HttpRejection rejection, RequestHead head = default)
    {
        // Other statuses only where a scenario's path asks for one: with a few lines a second of each of them there would be thousands.
        int status = (int)rejection.Status;
        bool isOwn = Enum.IsDefined(rejection.Status);
        if (log.IsEnabled(LogLevel.Debug) || (isOwn && log.IsEnabled(LogLevel.Information) && limit.TryTake(status, MonotonicClock.Now)))
        {
            log.RequestRefused(peer, ForwardedFor(head), status, rejection.Reason, RequestId(head));
        }
    }

    /// <summary>Tells how many refusals were not logged, once there are few of them again, and in a long flood now and then.</summary>
    /// <param name="log">The log.</param>
    /// <param name="limit">Their count.</param>
    /// <param name="isLast">Whether to tell it in any case, because the server stops.</param>
    internal static void RefusalsOmitted(this ILogger log, LineLimit limit, bool isLast = false)
    {
        while (limit.TakeOmitted(MonotonicClock.Now, isLast) is (int status, long count, long milliseconds))
        {
            log.RequestsRefused(status, count, milliseconds / 1000.0);
        }
    }

    internal static void RequestAnswered(this ILogger log, EndPoint peer, HttpStatus status, RequestHead head)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            log.RequestAnswered(
                peer, ForwardedFor(head), EscapedText.Cut(head.Method), EscapedText.Cut(head.Path, MaxPathCharacters), (int)status, RequestId(head));
        }
    }

    internal static void ConnectionOpened(this ILogger log, ConnectionInfo info, RequestHead head, string? extensions)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            log.ConnectionOpened(
                info.Id, info.Client, ForwardedFor(head), EscapedText.Cut(head.Path, MaxPathCharacters),
                extensions is null ? default : new(extensions, $", {extensions}"), RequestId(head));
        }
    }

    internal static void ConnectionClosed(this ILogger log, long id, in ConnectionEnd end, in ConnectionTotals totals)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            log.ConnectionClosed(
                id, new((int)end.Code, ClosePayload.Describe(end.Code)), end.Reason, end.Cause.Describe().Label, totals.MessagesReceived,
                totals.BytesReceived, totals.BytesSent, totals.Duration.TotalSeconds);
        }
    }

    /// <summary>
    /// Behind a router the peer is the router: then the last hop of X-Forwarded-For, which the router itself wrote. What stands
    /// before it came from the client and can say anything.
    /// </summary>
    private static LoggedValue ForwardedFor(RequestHead head) => FromHeader(head.Fields.LastOfList("X-Forwarded-For"u8), " for ", "");

    /// <summary>The number by which Cloud Foundry's router names the request in its own log lines.</summary>
    private static LoggedValue RequestId(RequestHead head)
    {
        head.Find("X-Vcap-Request-Id"u8, out ReadOnlySpan<byte> id);
        return FromHeader(id, " (request ", ")");
    }

    private static LoggedValue FromHeader(ReadOnlySpan<byte> header, string before, string after)
    {
        string value = EscapedText.Cut(header);
        return value.Length == 0 ? default : new(value, $"{before}{value}{after}");
    }
}

/// <summary>The counts of one connection over its life.</summary>
/// <param name="MessagesReceived">Whole text and binary messages received.</param>
/// <param name="BytesReceived">Bytes received, of the handshake and the frames.</param>
/// <param name="BytesSent">Bytes given to the socket.</param>
/// <param name="Duration">From accept to end.</param>
internal readonly record struct ConnectionTotals(long MessagesReceived, long BytesReceived, long BytesSent, TimeSpan Duration);
