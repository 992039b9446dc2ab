using EchoServer.Echo;
using Microsoft.Extensions.Logging;

namespace EchoServer.Fleck;

/// <summary>The lines that this engine logs beside those of <c>ServerLog</c>. Safe on any thread.</summary>
internal static partial class FleckLines
{
    [LoggerMessage(100, LogLevel.Warning, "Fleck engine: {Reason}{Ignored}", EventName = "shortcomings")]
    private static partial void Shortcomings(this ILogger log, string reason, LoggedValue ignored);

    [LoggerMessage(105, LogLevel.Debug, "{Reason}", EventName = "fleck")]
    private static partial void FleckSaid(this ILogger log, string reason);

    internal static void Shortcomings(this ILogger log, IReadOnlyCollection<string> ignored)
    {
        string names = string.Join(", ", ignored);
        log.Shortcomings("no compression", names.Length == 0 ? default : new(names, $"; given but ignored: {names}"));
    }

    /// <summary>A line of Fleck's own log, cut. Whatever its level, it is about one client.</summary>
    internal static void FleckSaid(this ILogger log, string? text, Exception? exception)
    {
        if (log.IsEnabled(LogLevel.Debug))
        {
            string error = exception is null ? "" : $": {exception.GetType().Name}: {exception.GetBaseException().Message}";
            log.FleckSaid(EscapedText.Cut(Encoding.UTF8.GetBytes(text + error), MessageLine.MaxCharacters));
        }
    }
}
