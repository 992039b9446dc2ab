using EchoServer.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace EchoServer.Commands;

/// <summary>Log lines on standard output, through Microsoft.Extensions.Logging.</summary>
internal static class Logging
{
    // Lines that wait for a slow reader of standard output: at most about 4 MB. What comes then is dropped and counted.
    private const int MaxQueuedLines = 4096;

    /// <summary>Makes the loggers.</summary>
    /// <param name="level">The least important lines to show.</param>
    /// <param name="format">How they look.</param>
    /// <returns>A factory; disposing of it writes out what is queued, for as long as a second and a half.</returns>
    internal static ILoggerFactory Create(LogLevel level, LogFormat format) => format == LogFormat.Json ? CreateJson(level) : CreateText(level);

    /// <summary>With the library's own formatter, which only its builder can set up.</summary>
    private static ILoggerFactory CreateJson(LogLevel level) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(level);
        logging.AddFilter(WebSocketServer.AnnouncementCategory, LogLevel.Information);
        logging.AddJsonConsole(options =>
        {
            options.UseUtcTimestamp = true;
            options.TimestampFormat = LogLineFormatter.TimestampFormat.TrimEnd();
        });
        logging.AddConsole(SetUp);
    });

    /// <summary>Without the builder, whose container for dependencies took a fifth of the time to start.</summary>
    private static LoggerFactory CreateText(LogLevel level)
    {
        var options = new ConsoleLoggerOptions { FormatterName = LogLineFormatter.FormatterName };
        SetUp(options);
        var filters = new LoggerFilterOptions { MinLevel = level };
        filters.Rules.Add(new LoggerFilterRule(null, WebSocketServer.AnnouncementCategory, LogLevel.Information, null));
        return new LoggerFactory([new ConsoleLoggerProvider(new Unchanging(options), [new LogLineFormatter()])], filters);
    }

    private static void SetUp(ConsoleLoggerOptions options)
    {
        // Nothing that serves a connection may wait for a terminal or a pipe.
        options.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        options.MaxQueueLength = MaxQueuedLines;
    }

    /// <summary>Options that never change.</summary>
    private sealed class Unchanging(ConsoleLoggerOptions options) : IOptionsMonitor<ConsoleLoggerOptions>
    {
        public ConsoleLoggerOptions CurrentValue => options;

        public ConsoleLoggerOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<ConsoleLoggerOptions, string?> listener) => null;
    }
}
