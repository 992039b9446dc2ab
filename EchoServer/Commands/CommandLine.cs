using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using EchoServer.Echo;
using EchoServer.Hosting;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands;

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    /// <summary>One line of text each.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}

/// <summary>All commands and options: names, environment variables, defaults, ranges.</summary>
internal static class CommandLine
{
    private const int MaxPort = 65535;

    internal static readonly Setting<int> Port = new(
        "--port", "PORT", "Port to listen on; 0 takes a free one.", ServerOptions.DefaultPort, "8080",
        $"a port (0-{MaxPort})", TryParsePort);

    internal static readonly Setting<IPAddress> Host = new(
        "--host", null, "Address to listen on: an IPv4 or IPv6 address, [::] for both, localhost.", IPAddress.Any, "0.0.0.0",
        "an address to listen on (an IPv4 or IPv6 address, localhost or *)", TryParseHost);

    internal static readonly Setting<IPEndPoint?> ServerUrls = new(
        "--server.urls", null, "Host and port as Cloud Foundry's dotnet_core_buildpack appends them: http://host:port.", null, "none",
        "an address to listen on (http://host:port)", TryParseServerUrls);

    internal static readonly Setting<string> Greeting = new(
        "--greeting", "ECHO_GREETING", "Message sent when a connection opens; empty for none.", EchoOptions.DefaultGreeting,
        $"\"{EchoOptions.DefaultGreeting}\"", $"a text of at most {EchoOptions.MaxTextCharacters} characters", TryParseText, mayBeEmpty: true);

    internal static readonly Setting<string> Prefix = new(
        "--prefix", "ECHO_PREFIX", "What comes before each text sent back; empty for none.", EchoOptions.DefaultPrefix,
        $"\"{EchoOptions.DefaultPrefix}\"", $"a text of at most {EchoOptions.MaxTextCharacters} characters", TryParseText, mayBeEmpty: true);

    internal static readonly Setting<int> MaxMessageBytes = new(
        "--max-message-bytes", "ECHO_MAX_MESSAGE_BYTES", "Largest message in bytes; a larger one is closed with 1009.",
        ServerOptions.DefaultMaxMessageBytes, Invariant(ServerOptions.DefaultMaxMessageBytes),
        $"a number of bytes (1-{Invariant(ServerOptions.HighestMaxMessageBytes)})", TryParseMaxMessageBytes);

    internal static readonly Setting<LogLevel> Level = new(
        "--log-level", "LOG_LEVEL", "Least important lines to log; debug shows connections.", LogLevel.Information, "information",
        "a log level (trace, debug, information, warning, error, critical, none)", TryParseLogLevel);

    internal static readonly Setting<LogFormat> Format = new(
        "--log-format", "LOG_FORMAT", "How log lines look: text or json.", LogFormat.Text, "text",
        "a log format (text, json)", TryParseLogFormat);

    internal static readonly Setting<bool> LogMessages = new(
        "--log-messages", "LOG_MESSAGES", "Whether each message is logged: true or false.", true, "true",
        "true or false", bool.TryParse);

    private static readonly Setting[] ServeSettings =
        [Port, Host, ServerUrls, Greeting, Prefix, MaxMessageBytes, Level, Format, LogMessages];

    private static readonly Argument<string> Url = new("url")
    {
        Description = "Where to connect: ws://, wss://, http:// (means ws) or https:// (means wss).",
    };

    private static readonly Argument<string> MessageText = new("message")
    {
        Description = "The text to send.",
        DefaultValueFactory = _ => ClientCommand.DefaultMessage,
    };

    /// <summary>Runs the command that the arguments name.</summary>
    /// <returns>The exit code: 0 fine, 1 failed, 2 wrong usage.</returns>
    internal static async Task<int> RunAsync(string[] args)
    {
        ParseResult result = Build().Parse(args);
        try
        {
            if (result.Errors.Count > 0)
            {
                throw new UsageException(Explain(result.Errors[0]));
            }

            // Signals are the commands' own business: the library would end the server with its own exit code.
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await result.InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (UsageException exception)
        {
            await Console.Error.WriteLineAsync($"EchoServer: {exception.Message} (see --help)").ConfigureAwait(false);
            return ExitCode.Usage;
        }
    }

    private static RootCommand Build()
    {
        var serve = new Command("serve", "Run the server. This is what happens without a command.");
        var root = new RootCommand(
            "A WebSocket echo server on raw sockets for Cloud Foundry, and the client that talks to it.");
        foreach (Command command in (Command[])[root, serve])
        {
            Array.ForEach(ServeSettings, setting => command.Add(setting.Option));
            command.SetAction(ServeCommand.RunAsync);
        }

        var client = new Command("client", "Connect, send one message, show what comes back, disconnect.") { Url, MessageText };
        client.SetAction(result => ClientCommand.RunAsync(result.GetRequiredValue(Url), result.GetRequiredValue(MessageText)));

        root.Add(serve);
        root.Add(client);
        return root;
    }

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= MaxPort;

    private static bool TryParseHost(string text, out IPAddress host)
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

        // IPAddress.TryParse takes "1" for 0.0.0.1, which nobody means.
        bool isAddress = IPAddress.TryParse(text, out IPAddress? address) && (text.Contains(':') || text.Count(c => c == '.') == 3);
        host = address ?? host;
        return isAddress;
    }

    /// <summary>What ASP.NET takes for its addresses: several are separated by semicolons, of which the first http one counts.</summary>
    private static bool TryParseServerUrls(string text, out IPEndPoint? endPoint)
    {
        const string scheme = "http://";
        endPoint = null;
        string? url = text.Split(';').FirstOrDefault(part => part.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));
        if (url is null)
        {
            return false;
        }

        string authority = url[scheme.Length..].TrimEnd('/');
        int colon = authority.LastIndexOf(':');
        bool hasPort = colon >= 0 && !authority.EndsWith(']');
        string hostText = hasPort ? authority[..colon] : authority;
        int port = 80;
        if ((hasPort && !TryParsePort(authority[(colon + 1)..], out port)) || !TryParseHost(hostText, out IPAddress host))
        {
            return false;
        }

        endPoint = new IPEndPoint(host, port);
        return true;
    }

    private static bool TryParseText(string text, out string value)
    {
        value = text;
        return text.Length <= EchoOptions.MaxTextCharacters;
    }

    private static bool TryParseMaxMessageBytes(string text, out int bytes) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) &&
        bytes is >= 1 and <= ServerOptions.HighestMaxMessageBytes;

    private static bool TryParseLogLevel(string text, out LogLevel level)
    {
        // The short names are what other programs call them.
        string name = text.ToUpperInvariant() switch { "INFO" => "Information", "WARN" => "Warning", _ => text };
        return Enum.TryParse(name, ignoreCase: true, out level) && !char.IsAsciiDigit(text[0]) && Enum.IsDefined(level);
    }

    private static bool TryParseLogFormat(string text, out LogFormat format) =>
        Enum.TryParse(text, ignoreCase: true, out format) && !char.IsAsciiDigit(text[0]) && Enum.IsDefined(format);

    private static string Invariant(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Explain(ParseError error)
    {
        // The parser's own words name the option, but not what it takes.
        string? name = (error.SymbolResult as OptionResult)?.Option.Name;
        return Array.Find(ServeSettings, setting => setting.Option.Name == name) is Setting known
            ? $"{name}: exactly one value is needed: {known.Accepted}"
            : EscapedText.From(error.Message.AsSpan());
    }
}

/// <summary>What the program's exit codes mean.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    internal const int Fine = 0;

    /// <summary>The command line was right, but it could not be done.</summary>
    internal const int Failed = 1;

    /// <summary>The command line or an environment variable is wrong.</summary>
    internal const int Usage = 2;
}
