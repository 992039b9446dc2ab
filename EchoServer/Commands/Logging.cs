using EchoServer.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace EchoServer.Commands;

/// <summary>Log lines on standard output, through Microsoft.Extensions.Logging.</summary>
internal static class Logging
{
    // Lines that wait for a slow reader of standard output: at most about 4 MB. What comes then is dropped and counted.
    private const int MaxQueuedLines = 4096;

    // ISO 8601 in UTC.
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    /// <summary>Makes the loggers.</summary>
    /// <param name="level">The least important lines to show.</param>
    /// <param name="format">How they look.</param>
    /// <returns>A factory; disposing of it writes out what is queued, for as long as a second and a half.</returns>
    internal static ILoggerFactory Create(LogLevel level, LogFormat format) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(level);
        logging.AddFilter(WebSocketServer.AnnouncementCategory, LogLevel.Information);
        if (format == LogFormat.Json)
        {
            logging.AddJsonConsole(options =>
            {
                options.UseUtcTimestamp = true;
                options.TimestampFormat = TimestampFormat.TrimEnd();
            });
        }
        else
        {
            logging.AddSimpleConsole(options =>
            {
                options.UseUtcTimestamp = true;
                options.TimestampFormat = TimestampFormat;
                options.SingleLine = true;
            });
        }

        // Nothing that serves a connection may wait for a terminal or a pipe.
        logging.AddConsole(options =>
        {
            options.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            options.MaxQueueLength = MaxQueuedLines;
        });
    });
}
