using EchoServer.Text;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>A log line before it is formatted, without its time.</summary>
internal readonly ref struct LogLine
{
    /// <summary>How important it is.</summary>
    internal required LogLevel Level { get; init; }

    /// <summary>The part of the program that logs it.</summary>
    internal required string Category { get; init; }

    /// <summary>The event's number, and its name.</summary>
    internal required EventId Event { get; init; }

    /// <summary>What happened, in a sentence. Not escaped.</summary>
    internal ReadOnlySpan<char> Sentence { get; init; }

    /// <summary>The values in the sentence by name; null for none.</summary>
    internal IReadOnlyList<KeyValuePair<string, object?>>? Values { get; init; }

    /// <summary>What writes the values; null for none.</summary>
    internal IPreparedLine? Prepared { get; init; }

    /// <summary>The exception's text, in as many lines as it has; null for none.</summary>
    internal string? Exception { get; init; }
}
