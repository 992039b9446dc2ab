using System.Net;
using EchoServer.Http;
using EchoServer.Metrics;
using EchoServer.Text;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;

namespace EchoServer.Server;

/// <summary>Every line that the server can log, in one place.</summary>
/// <remarks>Safe on any thread. Text from the network is escaped here, so that no caller can forget it.</remarks>
internal static partial class ServerLog
{
    /// <summary>The most characters of a message's text that a log line shows.</summary>
    internal const int MaxMessageCharacters = 256;

    private const int MaxPathCharacters = 128;

    [LoggerMessage(1, LogLevel.Information, "Listening on ws://{EndPoint}")]
    internal static partial void Listening(this ILogger log, IPEndPoint endPoint);

    [LoggerMessage(2, LogLevel.Information, "Stopping: {Connections} connections are told to go")]
    internal static partial void Stopping(this ILogger log, int connections);

    [LoggerMessage(3, LogLevel.Information, "Stopped: {Ended} connections ended in time, {Aborted} were aborted")]
    internal static partial void Stopped(this ILogger log, int ended, int aborted);

    [LoggerMessage(4, LogLevel.Warning, "Cannot accept connections, will go on trying: {Error}")]
    internal static partial void AcceptFailed(this ILogger log, string error);

    [LoggerMessage(13, LogLevel.Information, "Memory budget: {Used} bytes in use, peak {Peak}, limit {Limit}; heap {HeapBytes}")]
    private static partial void BudgetUse(this ILogger log, long used, long peak, long limit, long heapBytes);

    [LoggerMessage(16, LogLevel.Information, "Stats: {Connections} connections, budget {BudgetUsed} of {BudgetLimit} bytes, budget peak {BudgetPeak}, heap {HeapBytes}")]
    private static partial void Stats(this ILogger log, int connections, long budgetUsed, long budgetLimit, long budgetPeak, long heapBytes);

    [LoggerMessage(14, LogLevel.Debug, "At most {Connections} connections")]
    internal static partial void ConnectionLimit(this ILogger log, int connections);

    [LoggerMessage(18, LogLevel.Warning, "At most {Connections} connections, and not the {Asked} that were asked for: more files may not be open (ulimit -n)")]
    internal static partial void FewerConnections(this ILogger log, int connections, int asked);

    [LoggerMessage(12, LogLevel.Information, "Accepting connections again, after {Failures} failures")]
    internal static partial void AcceptRecovered(this ILogger log, int failures);

    [LoggerMessage(5, LogLevel.Debug, "Request from {Client}{ForwardedFor} refused: {Status} {Reason}")]
    private static partial void RequestRefused(this ILogger log, EndPoint client, string forwardedFor, int status, string reason);

    [LoggerMessage(17, LogLevel.Debug, "Request from {Client}{ForwardedFor} answered: {Method} {Path} {Status}")]
    private static partial void RequestAnswered(
        this ILogger log, EndPoint client, string forwardedFor, string method, string path, int status);

    [LoggerMessage(6, LogLevel.Debug, "Connection {Id} opened: {Client}{ForwardedFor} {Path}{Extensions}")]
    private static partial void ConnectionOpened(
        this ILogger log, long id, EndPoint client, string forwardedFor, string path, string extensions);

    [LoggerMessage(7, LogLevel.Debug, "Connection {Id} closed: {Code}, {Cause}; messages received {MessagesReceived}, bytes received {BytesReceived}, bytes sent {BytesSent}, duration {Seconds:0.000} s")]
    private static partial void ConnectionClosed(
        this ILogger log, long id, string code, string cause, long messagesReceived, long bytesReceived, long bytesSent, double seconds);

    [LoggerMessage(8, LogLevel.Error, "A callback of connection {Id} failed: {Exception}")]
    private static partial void CallbackFailed(this ILogger log, long id, string exception);

    [LoggerMessage(9, LogLevel.Error, "Connection {Id} failed unexpectedly: {Exception}")]
    private static partial void ConnectionFailed(this ILogger log, long id, string exception);

    [LoggerMessage(15, LogLevel.Critical, "An exception that nothing caught: {Exception}")]
    private static partial void Uncaught(this ILogger log, string exception);

    [LoggerMessage(10, LogLevel.Information, "Received Message: {Text}")]
    private static partial void ReceivedText(this ILogger log, string text);

    [LoggerMessage(11, LogLevel.Information, "Received Message: {Bytes} bytes, binary")]
    private static partial void ReceivedBinary(this ILogger log, int bytes);

    /// <summary>The tutorial's line for each message; a binary one is told by its size.</summary>
    internal static void ReceivedMessage(this ILogger log, Message message)
    {
        if (!log.IsEnabled(LogLevel.Information))
        {
            return;
        }

        if (message.IsText)
        {
            log.ReceivedText(EscapedText.From(message.Bytes, MaxMessageCharacters));
        }
        else
        {
            log.ReceivedBinary(message.Bytes.Length);
        }
    }

    /// <summary>The exception goes in as escaped text: its message can have come from the network, and its trace is many lines.</summary>
    internal static void CallbackFailed(this ILogger log, Exception exception, long id) =>
        log.CallbackFailed(id, EscapedText.From(exception.ToString()));

    internal static void ConnectionFailed(this ILogger log, Exception exception, long id) =>
        log.ConnectionFailed(id, EscapedText.From(exception.ToString()));

    internal static void Stats(this ILogger log, ServerStats stats) =>
        log.Stats(stats.Connections, stats.BudgetUsed, stats.BudgetLimit, stats.BudgetPeak, stats.HeapBytes);

    internal static void BudgetUse(this ILogger log, ServerStats stats) =>
        log.BudgetUse(stats.BudgetUsed, stats.BudgetPeak, stats.BudgetLimit, stats.HeapBytes);

    /// <summary>A defect of ours, wherever it is: it must at least be seen.</summary>
    internal static void Uncaught(this ILogger log, object exception) => log.Uncaught(EscapedText.From($"{exception}"));

    internal static void RequestRefused(this ILogger log, EndPoint client, HttpRejection rejection, RequestHead head = default)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            log.RequestRefused(client, ForwardedFor(head), (int)rejection.Status, EscapedText.From(rejection.Reason));
        }
    }

    internal static void RequestAnswered(this ILogger log, EndPoint client, HttpStatus status, RequestHead head)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            log.RequestAnswered(
                client, ForwardedFor(head), EscapedText.Quote(head.Method), EscapedText.From(head.Path, MaxPathCharacters), (int)status);
        }
    }

    internal static void ConnectionOpened(this ILogger log, ConnectionInfo info, RequestHead head, string? extensions)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            log.ConnectionOpened(
                info.Id, info.Client, ForwardedFor(head), EscapedText.From(head.Path, MaxPathCharacters), extensions is null ? "" : $", {extensions}");
        }
    }

    internal static void ConnectionClosed(this ILogger log, long id, CloseCode code, string cause, in ConnectionTotals totals)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            log.ConnectionClosed(
                id, ClosePayload.Describe(code), EscapedText.From(cause), totals.MessagesReceived, totals.BytesReceived,
                totals.BytesSent, totals.Duration.TotalSeconds);
        }
    }

    /// <summary>
    /// Behind a router the peer is the router: then the last hop of X-Forwarded-For, which the router itself wrote. What stands
    /// before it came from the client and can say anything.
    /// </summary>
    private static string ForwardedFor(RequestHead head)
    {
        ReadOnlySpan<byte> hop = head.Fields.LastOfList("X-Forwarded-For"u8);
        return hop.IsEmpty ? "" : $" for {EscapedText.Quote(hop)}";
    }
}

/// <summary>The counts of one connection over its life.</summary>
/// <param name="MessagesReceived">Whole text and binary messages received.</param>
/// <param name="BytesReceived">Bytes received, of the handshake and the frames.</param>
/// <param name="BytesSent">Bytes given to the socket.</param>
/// <param name="Duration">From accept to end.</param>
internal readonly record struct ConnectionTotals(long MessagesReceived, long BytesReceived, long BytesSent, TimeSpan Duration);
