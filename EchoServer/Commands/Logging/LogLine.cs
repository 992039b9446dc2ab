using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>What a log line says, apart from when.</summary>
/// <param name="Level">How important it is.</param>
/// <param name="Category">Who says it, in UTF-8.</param>
/// <param name="EventId">The event's number.</param>
/// <param name="Message">What happened, without line ends.</param>
/// <param name="Exception">The exception's text, without line ends.</param>
internal readonly record struct LogLine(LogLevel Level, byte[] Category, int EventId, string Message, string? Exception);
