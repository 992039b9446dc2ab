using System.Net;
using EchoServer.Connect;
using EchoServer.Echo;
using EchoServer.Http;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Options;

/// <summary>How the texts of options and environment variables are read. All strict: a text that is not understood is refused.</summary>
internal static class SettingParsers
{
    private const int DefaultHttpPort = 80;
    private const double MaxSeconds = 86400;

    internal static readonly SettingParser<int> Port = Number("a port", IPEndPoint.MinPort, IPEndPoint.MaxPort);

    /// <summary>Takes a time of up to a day: <c>70</c>, <c>70s</c>, <c>1.5m</c>.</summary>
    internal static SettingParser<TimeSpan> Seconds(double lowest = 0.1) => new(
        string.Create(CultureInfo.InvariantCulture, $"a time such as 70s or 5m ({lowest}-{MaxSeconds} seconds)"),
        (text, out value) =>
        {
            int digits = text.TakeWhile(character => char.IsAsciiDigit(character) || character == '.').Count();
            double unit = text[digits..] switch
            {
                "ms" => 0.001,
                "" or "s" => 1,
                "m" or "min" => 60,
                "h" => 3600,
                "d" => 86400,
                _ => double.NaN,
            };
            double seconds = TryParseDecimal(text[..digits], out double number) ? number * unit : double.NaN;
            bool isAccepted = seconds >= lowest && seconds <= MaxSeconds;
            value = isAccepted ? TimeSpan.FromSeconds(seconds) : default;
            return isAccepted;
        });

    internal static SettingParser<TimeSpan?> SecondsOrOff() => OrNone(
        Seconds(), "; 0 or off for none", text => text is "0" or "0s" || text.Equals("off", StringComparison.OrdinalIgnoreCase));

    /// <summary>Takes bytes: <c>1048576</c>, <c>1024K</c>, <c>1M</c>, also <c>1MB</c> and <c>1MiB</c>, as Cloud Foundry's manifests have them.</summary>
    internal static SettingParser<int> Size(int highest) => new(
        $"a size such as 64K or 16M (1-{highest} bytes)",
        (text, out value) =>
        {
            int digits = text.TakeWhile(char.IsAsciiDigit).Count();
            long unit = text[digits..].ToUpperInvariant() switch
            {
                "" => 1,
                "K" or "KB" or "KIB" => 1024,
                "M" or "MB" or "MIB" => 1024 * 1024,
                "G" or "GB" or "GIB" => 1024 * 1024 * 1024,
                _ => 0,
            };
            long size = TryParseNumber(text[..digits], out value) ? value * unit : 0;
            value = (int)Math.Min(size, highest);
            return size > 0 && size <= highest;
        });

    /// <summary>Takes a number without a sign.</summary>
    internal static SettingParser<int> Number(string what, int lowest, int highest) => new(
        $"{what} ({lowest}-{highest})",
        (text, out value) => TryParseNumber(text, out value) && value >= lowest && value <= highest);

    internal static SettingParser<double> Decimal(string what, double lowest, double highest) => new(
        string.Create(CultureInfo.InvariantCulture, $"{what} ({lowest}-{highest})"),
        (text, out value) => TryParseDecimal(text, out value) && value >= lowest && value <= highest);

    internal static SettingParser<T?> OrAuto<T>(SettingParser<T> parser)
        where T : struct =>
        OrNone(parser, ", or auto", text => text == "auto");

    /// <summary>Takes what another parser takes, and texts for no value, with which the accepted texts end.</summary>
    internal static SettingParser<T?> OrNone<T>(SettingParser<T> parser, string orElse = "", Predicate<string>? isNone = null)
        where T : struct =>
        new($"{parser.Accepted.TrimEnd(')')}{orElse})", (text, out value) =>
        {
            bool isValue = parser.TryParse(text, out T parsed);
            value = isValue ? parsed : null;
            return isValue || isNone?.Invoke(text) == true;
        });

    /// <summary>Reads a switch in either of the words that programs have for it.</summary>
    internal static bool TryParseOnOff(string text, out bool value)
    {
        bool isOff = text.Equals("off", StringComparison.OrdinalIgnoreCase);
        value = text.Equals("on", StringComparison.OrdinalIgnoreCase);
        return value || isOff || bool.TryParse(text, out value);
    }

    internal static bool TryParseText(string text, out string value)
    {
        value = text;
        return text.Length <= EchoOptions.MaxTextCharacters;
    }

    internal static bool TryParseHost(string text, out IPAddress host)
    {
        host = IPAddress.Any;
        if (text is "*" or "+")
        {
            return true;
        }

        if (text.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            host = IPAddress.Loopback;
            return true;
        }

        // The runtime also reads "1" (0.0.0.1), "010.0.0.1" (8.0.0.1) and "[::1]:80" (the port dropped), which is never meant.
        bool isAddress = IPAddress.TryParse(text, out IPAddress? address);
        host = address ?? host;
        return isAddress && (text.Contains(':', StringComparison.Ordinal)
            ? !text.StartsWith('[') || text.EndsWith(']')
            : text == address!.ToString());
    }

    /// <summary>Reads a list of addresses as ASP.NET takes them, separated by semicolons. The server listens on one address: the list may have no second.</summary>
    internal static bool TryParseServerUrls(string text, out IPEndPoint? endPoint)
    {
        const string scheme = "http://";
        endPoint = null;
        if (text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is not [string url] ||
            !url.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        string authority = url[scheme.Length..].TrimEnd('/');
        int colon = authority.LastIndexOf(':');
        bool hasPort = colon >= 0 && !authority.EndsWith(']');
        string hostText = hasPort ? authority[..colon] : authority;
        int port = DefaultHttpPort;
        if ((hasPort && !Port.TryParse(authority[(colon + 1)..], out port)) || !TryParseHost(hostText, out IPAddress host))
        {
            return false;
        }

        endPoint = new IPEndPoint(host, port);
        return true;
    }

    internal static bool TryParseOrigins(string text, out IReadOnlyList<string> origins)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        origins = [.. parts.Select(part => TryParseOrigin(part, out string origin) ? origin : "")];
        return origins.Count > 0 && !origins.Contains("");
    }

    /// <summary>Reads the origin of a page, as browsers send it (RFC 6454 §6.2): in lower case and ASCII, with a port that is not the scheme's own.</summary>
    /// <remarks>Pages are not at ws or wss.</remarks>
    internal static bool TryParseOrigin(string text, out string origin)
    {
        bool isOrigin = HostUrl.TryParse(text.ToLowerInvariant(), out Uri? uri) && uri.Scheme is not ("ws" or "wss") &&
            uri.PathAndQuery is "/" or "" && uri.Fragment.Length == 0 && !text.Contains('@', StringComparison.Ordinal);
        origin = isOrigin ? $"{uri!.Scheme}://{HttpExchange.Host(uri)}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}" : "";
        return isOrigin;
    }

    internal static bool TryParseLogLevel(string text, out LogLevel level) => TryParseName(
        text.ToUpperInvariant() switch
        {
            // What other programs call them.
            "INFO" => nameof(LogLevel.Information),
            "WARN" => nameof(LogLevel.Warning),
            _ => text,
        },
        out level);

    /// <summary>A name and nothing else: the runtime also reads numbers, signs, and lists of names.</summary>
    internal static bool TryParseName<T>(string text, out T value)
        where T : struct, Enum
    {
        value = default;
        return Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase) && Enum.TryParse(text, ignoreCase: true, out value);
    }

    private static bool TryParseNumber(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TryParseDecimal(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
}
