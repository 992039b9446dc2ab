using System.Net;
using EchoServer.Server;
using EchoServer.Text;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;

namespace EchoServer.Fleck;

/// <summary>Every line that this engine logs beside those of <see cref="ServerLog"/>.</summary>
/// <remarks>Safe on any thread. Text from the network, and from Fleck, is escaped and cut here.</remarks>
internal static partial class FleckLines
{
    /// <summary>The most characters of a text of Fleck's that a log line shows.</summary>
    internal const int MaxFleckCharacters = 256;

    private const int MaxPathCharacters = 128;

    [LoggerMessage(100, LogLevel.Warning, "Fleck engine: no answer to a plain HTTP GET (page, health, info, metrics), no compression, no limits on messages, memory, connections and time{Ignored}")]
    private static partial void Shortcomings(this ILogger log, string ignored);

    [LoggerMessage(101, LogLevel.Debug, "Connection {Id} opened: {Client}{ForwardedFor} {Path}")]
    private static partial void ConnectionOpened(this ILogger log, long id, IPEndPoint client, string forwardedFor, string path);

    [LoggerMessage(102, LogLevel.Debug, "Connection {Id} closed: {Cause}; messages received {MessagesReceived}, duration {Seconds:0.000} s")]
    private static partial void ConnectionClosed(this ILogger log, long id, string cause, long messagesReceived, double seconds);

    [LoggerMessage(103, LogLevel.Debug, "Connection {Id}: {Error}")]
    private static partial void ConnectionError(this ILogger log, long id, string error);

    [LoggerMessage(104, LogLevel.Information, "Stats: {Connections} connections, heap {HeapBytes}")]
    internal static partial void Stats(this ILogger log, int connections, long heapBytes);

    [LoggerMessage(EventId = 105, Message = "{Text}")]
    private static partial void FleckSaid(this ILogger log, LogLevel level, string text);

    /// <summary>The one line that says what Fleck cannot do, and which settings were given in vain.</summary>
    internal static void Shortcomings(this ILogger log, IReadOnlyCollection<string> ignored) =>
        log.Shortcomings(ignored.Count == 0 ? "" : $"; given but ignored: {string.Join(", ", ignored)}");

    /// <summary>Behind a router the peer is the router: then the last hop of X-Forwarded-For, which the router itself wrote.</summary>
    internal static void ConnectionOpened(this ILogger log, ConnectionInfo info, string? forwardedFor)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            string? hop = forwardedFor?.Split(',')[^1].Trim();
            log.ConnectionOpened(
                info.Id, info.Client, string.IsNullOrEmpty(hop) ? "" : $" for {Shown(hop, MaxPathCharacters)}", Shown(info.Path, MaxPathCharacters));
        }
    }

    internal static void ConnectionClosed(this ILogger log, long id, CloseCode? code, long messagesReceived, TimeSpan duration)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            // Fleck does not tell what code the client closed with.
            string cause = code is CloseCode ours ? ClosePayload.Describe(ours) : "by the client, the network or Fleck";
            log.ConnectionClosed(id, cause, messagesReceived, duration.TotalSeconds);
        }
    }

    internal static void ConnectionError(this ILogger log, long id, Exception exception)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            log.ConnectionError(id, Shown(Describe(exception), MaxFleckCharacters));
        }
    }

    /// <summary>A line of Fleck's own log.</summary>
    internal static void FleckSaid(this ILogger log, LogLevel level, string? text, Exception? exception)
    {
        if (log.IsEnabled(level))
        {
            string error = exception is null ? "" : $": {Describe(exception)}";
            log.FleckSaid(level, Shown($"{text}{error}", MaxFleckCharacters));
        }
    }

    /// <summary>Kind and message: a trace through Fleck's insides would be cut anyway.</summary>
    private static string Describe(Exception exception)
    {
        Exception cause = exception.GetBaseException();
        return $"{cause.GetType().Name}: {cause.Message}";
    }

    private static string Shown(string text, int maxCharacters) =>
        EscapedText.From(System.Text.Encoding.UTF8.GetBytes(text), maxCharacters);
}
