using EchoServer.Server;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>Log lines on standard output, through Microsoft.Extensions.Logging.</summary>
internal static class ConsoleLogging
{
    /// <summary>Makes the loggers.</summary>
    /// <returns>A factory; disposing of it writes out queued lines, for as long as a second and a half.</returns>
    /// <remarks>Without the library's builder, whose container for dependencies took a fifth of the time to start.</remarks>
    internal static ILoggerFactory Create(LogLevel level, LogFormat format)
    {
        var filters = new LoggerFilterOptions { MinLevel = level };
        filters.Rules.Add(new LoggerFilterRule(null, WebSocketServer.AnnouncementCategory, LogLevel.Information, null));
        var factory = new LoggerFactory([], filters);

        // Not through the constructor: the factory disposes only of added providers, and the last lines would be lost.
        factory.AddProvider(new LogQueue(Console.OpenStandardOutput(), format));
        return factory;
    }
}
