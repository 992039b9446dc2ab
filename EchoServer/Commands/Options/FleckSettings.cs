using System.CommandLine;

namespace EchoServer.Commands.Options;

/// <summary>Which settings mean something to this engine.</summary>
internal static class FleckSettings
{
    /// <summary>Everything else is the built-in engine's; a setting that is new is, until it is entered here.</summary>
    internal static readonly Setting[] Honoured =
    [
        Settings.Port, Settings.Host, Settings.ServerUrls, Settings.Greeting, Settings.Prefix, Settings.Scenarios, Settings.DrainTimeout,
        Settings.AllowedOrigins, Settings.IoThreads, Settings.StatsInterval, Settings.Level, Settings.Format, Settings.LogMessages,
    ];

    /// <summary>The options and variables, by name, that were given and have no effect.</summary>
    internal static string[] Ignored(ParseResult result) =>
        [.. Settings.All.Except(Honoured).Select(setting => setting.GivenBy(result)).OfType<string>()];
}
