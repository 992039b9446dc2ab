using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace EchoServer.Commands;

/// <summary>A log entry as one line of text: time, level, category with event number, message, exception.</summary>
/// <remarks>Looks as the library's own does with a timestamp and single lines, which only its builder can set up. Safe on any thread.</remarks>
internal sealed class LogLineFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>What the logger's options call it.</summary>
    internal const string FormatterName = "line";

    /// <summary>ISO 8601 in UTC.</summary>
    internal const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(DateTime.UtcNow.ToString(TimestampFormat, CultureInfo.InvariantCulture));
        textWriter.Write(Word(logEntry.LogLevel));
        textWriter.Write(": ");
        textWriter.Write(logEntry.Category);
        textWriter.Write('[');
        textWriter.Write(logEntry.EventId.Id.ToString(CultureInfo.InvariantCulture));
        textWriter.Write("] ");
        WriteOnOneLine(message, textWriter);
        if (logEntry.Exception is not null)
        {
            textWriter.Write(' ');
            WriteOnOneLine(logEntry.Exception.ToString(), textWriter);
        }

        textWriter.Write(Environment.NewLine);
    }

    // The library's words.
    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };

    private static void WriteOnOneLine(string text, TextWriter writer) =>
        writer.Write(text.Contains('\n', StringComparison.Ordinal) ? text.ReplaceLineEndings(" ") : text);
}
