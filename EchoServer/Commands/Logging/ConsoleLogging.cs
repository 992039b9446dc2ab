using EchoServer.Server;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace EchoServer.Commands.Logging;

/// <summary>Log lines on standard output, through Microsoft.Extensions.Logging.</summary>
internal static class ConsoleLogging
{
    /// <summary>Makes the loggers.</summary>
    /// <param name="level">The least important lines to show.</param>
    /// <param name="format">How they look.</param>
    /// <returns>A factory; disposing of it writes out what is queued, for as long as a second and a half.</returns>
    internal static ILoggerFactory Create(LogLevel level, LogFormat format) => format == LogFormat.Json ? CreateJson(level) : CreateText(level);

    /// <summary>With the library's own provider, whose formatter only its builder can set up.</summary>
    private static ILoggerFactory CreateJson(LogLevel level) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(level);
        logging.AddFilter(WebSocketServer.AnnouncementCategory, LogLevel.Information);
        logging.AddJsonConsole(options =>
        {
            options.UseUtcTimestamp = true;
            options.TimestampFormat = BatchingConsole.TimestampFormat;
        });
        logging.AddConsole(options =>
        {
            // Nothing that serves a connection may wait for a terminal or a pipe.
            options.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            options.MaxQueueLength = LogBatch.MaxLines;
        });
    });

    /// <summary>Without the builder, whose container for dependencies took a fifth of the time to start.</summary>
    private static LoggerFactory CreateText(LogLevel level)
    {
        var filters = new LoggerFilterOptions { MinLevel = level };
        filters.Rules.Add(new LoggerFilterRule(null, WebSocketServer.AnnouncementCategory, LogLevel.Information, null));
        var factory = new LoggerFactory([], filters);

        // Not through the constructor: the factory disposes only of what is added, and the last lines would be lost.
        factory.AddProvider(new BatchingConsole(Console.OpenStandardOutput(), Console.OpenStandardError()));
        return factory;
    }
}
