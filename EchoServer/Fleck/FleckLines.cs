using System.Text;
using EchoServer.Server;
using EchoServer.Text;
using Microsoft.Extensions.Logging;

namespace EchoServer.Fleck;

/// <summary>The lines that this engine logs beside those of <c>ServerLog</c>. Safe on any thread.</summary>
internal static partial class FleckLines
{
    [LoggerMessage(100, LogLevel.Warning, "Fleck engine: no page, health, info and metrics, no compression, no limits on messages, memory, connections and time{Ignored}")]
    internal static partial void Shortcomings(this ILogger log, string ignored);

    [LoggerMessage(102, LogLevel.Debug, "Connection {Id} closed: {Code}; messages received {MessagesReceived}")]
    internal static partial void ConnectionClosed(this ILogger log, long id, string code, long messagesReceived);

    [LoggerMessage(104, LogLevel.Information, "Stats: {Connections} connections, heap {HeapBytes}")]
    internal static partial void Stats(this ILogger log, int connections, long heapBytes);

    [LoggerMessage(105, LogLevel.Debug, "{Text}")]
    private static partial void FleckSaid(this ILogger log, string text);

    /// <summary>A line of Fleck's own log, escaped and cut. Whatever its level, it is about one client.</summary>
    internal static void FleckSaid(this ILogger log, string? text, Exception? exception)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            string error = exception is null ? "" : $": {exception.GetType().Name}: {exception.GetBaseException().Message}";
            log.FleckSaid(EscapedText.From(Encoding.UTF8.GetBytes(text + error), ServerLog.MaxMessageCharacters));
        }
    }
}
