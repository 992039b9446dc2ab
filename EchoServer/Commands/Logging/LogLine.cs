using EchoServer.Echo;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>A log line before it is formatted, without its time.</summary>
internal readonly ref struct LogLine
{
    internal required LogLevel Level { get; init; }

    internal required string Category { get; init; }

    internal required EventId Event { get; init; }

    /// <summary>What happened, in a sentence. Not escaped.</summary>
    internal ReadOnlySpan<char> Sentence { get; init; }

    /// <summary>The values in the sentence by name; null for none.</summary>
    internal IReadOnlyList<KeyValuePair<string, object?>>? Values { get; init; }

    /// <summary>What writes the values; null for none.</summary>
    internal MessageLine? Prepared { get; init; }

    /// <summary>The exception's text, in as many lines as it has; null for none.</summary>
    internal string? Exception { get; init; }
}
