using System.CommandLine;

namespace EchoServer.Commands.Options;

/// <summary>Which settings mean nothing to this engine.</summary>
internal static class FleckSettings
{
    /// <summary>Those of what Fleck lacks.</summary>
    internal static readonly Setting[] Ignored = [Settings.Compression, Settings.CompressionLevel];

    /// <summary>The options and variables, by name, that were given and have no effect.</summary>
    internal static string[] GivenButIgnored(ParseResult result) => [.. Ignored.Select(setting => setting.GivenBy(result)).OfType<string>()];
}
