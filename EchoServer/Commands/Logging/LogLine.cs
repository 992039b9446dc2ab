using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>A log line before it is formatted, without its time.</summary>
/// <param name="Level">How important it is.</param>
/// <param name="Category">The part of the program that logs it.</param>
/// <param name="EventId">The event's number.</param>
/// <param name="Message">What happened.</param>
/// <param name="Exception">The exception's text, in as many lines as it has; null for none.</param>
/// <param name="Properties">The values in the message by name; null for none, and where the format does not show them.</param>
internal readonly record struct LogLine(
    LogLevel Level, string Category, int EventId, string Message, string? Exception, IReadOnlyList<KeyValuePair<string, object?>>? Properties);
