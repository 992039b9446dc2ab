using System.CommandLine;
using System.Text.Unicode;
using EchoServer.Client;
using EchoServer.Connect;

namespace EchoServer.Commands.Options;

/// <summary>What <c>client</c> can be told beside how to connect.</summary>
internal static class ClientSettings
{
    private const int MaxCount = 1_000_000_000;
    private const int MaxTextFileBytes = ClientConnection.MaxMessageBytes;

    internal static readonly Argument<string[]> Messages = new("message")
    {
        Description = "Texts to send, each a message; one that begins with - stands behind --. After that many echoes the client leaves. Without one it takes typed lines, or the lines of a pipe.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    internal static readonly Setting<string?> TextFile = new(
        "--text-file", null, "Sends the whole text of this file as one message, after those that are arguments, its line breaks included.",
        null, ConnectionParsers.File($"a file with text in UTF-8 of less than {MaxTextFileBytes} bytes, or - for standard input"), helpName: "file");

    internal static readonly Setting<int?> Count = new(
        "--count", null, "How many echoes are awaited, where messages are arguments: messages that end like one that was sent.",
        null, SettingParsers.OrNone(SettingParsers.Number("a number of echoes", 0, MaxCount)), "one for each message", helpName: "number", alias: "-n");

    // An answer over any network is there after the default.
    internal static readonly Setting<TimeSpan> Wait = new(
        "--wait", null, "How long a server may say nothing after the end of a pipe, before the client leaves.",
        TimeSpan.FromSeconds(1), SettingParsers.Seconds(lowest: 0), helpName: "seconds", alias: "-w");

    internal static readonly Setting<TimeSpan?> PingInterval = new(
        "--ping-interval", null, "Time between pings, which keep an idle connection alive and notice a dead one.",
        null, SettingParsers.SecondsOrOff(), "off", helpName: "seconds");

    internal static readonly SwitchSetting Reconnect = new(
        "--reconnect", "Connects again, at a random time within 0.1 seconds and, as failures go on, up to 5, when a connection cannot be opened, breaks, or is closed with 1001, 1012 or 1013.");

    internal static readonly SwitchSetting ShowPings = new("--show-pings", "Shows pings and pongs.");

    internal static readonly SwitchSetting Timestamps = new("--timestamps", "Puts the time before each message.", "-t");

    internal static readonly SwitchSetting Json = new(
        "--json", "Prints a JSON object a line for all that happens: open, sent, message, ping, pong, close, reconnect, error.");

    internal static readonly SwitchSetting Quiet = new("--quiet", "Prints messages and errors only.", "-q");

    internal static readonly SwitchSetting Verbose = new(
        "--verbose", "Prints the heads of the handshake's request and response on standard error; values of credentials are not shown.", "-v");

    /// <summary>All of them, in the order of the help text.</summary>
    internal static readonly Setting[] All =
    [
        TextFile, Count, Wait, PingInterval,
        ConnectionSettings.Compression, Reconnect, ShowPings, Timestamps, Json, Quiet, Verbose,
    ];

    /// <summary>Reads what the client is to do.</summary>
    /// <exception cref="UsageException">An option has a value that is not accepted, or two contradict each other.</exception>
    internal static ClientOptions Read(ParseResult result, string url)
    {
        string[] messages = result.GetValue(Messages) ?? [];
        messages = TextFile.Read(result) is string file ? [.. messages, ReadText(file)] : messages;
        bool hasMessages = messages.Length > 0;
        bool isJson = Json.IsGiven(result);
        Setting.RefuseIf(!hasMessages, result, "needs messages as arguments, or --text-file", Count);
        Setting.RefuseIf(hasMessages, result, "cannot be combined with messages as arguments or --text-file, where --count decides", Wait);
        Setting.RefuseIf(hasMessages, result, "cannot be combined with messages as arguments or --text-file", Reconnect);
        Setting.RefuseIf(isJson, result, $"cannot be combined with {Json.Name}, which has all that happens and when", Quiet, Timestamps);
        Setting.RefuseIf(Quiet.IsGiven(result), result, $"cannot be combined with {Quiet.Name}", ShowPings);
        Setting.RefuseIf(!isJson && ClientCommand.IsInteractive(), result, "needs a pipe; at a terminal Ctrl-D is the end", Wait);
        ConnectionOptions connection = ConnectionSettings.Read(result, url);
        ConnectionSettings.RefuseUnusedTls(result, connection);
        return new ClientOptions
        {
            Connection = connection,
            IsSchemeMeant = !WebSocketUrl.HasScheme(url),
            Messages = messages,
            Count = Count.Read(result),
            Wait = Wait.Read(result),
            PingInterval = PingInterval.Read(result),
            Reconnects = Reconnect.IsGiven(result),
            ShowsPings = ShowPings.IsGiven(result),
            HasTimestamps = Timestamps.IsGiven(result),
            IsJson = isJson,
            IsQuiet = Quiet.IsGiven(result),
            IsVerbose = Verbose.IsGiven(result),
        };
    }

    /// <summary>Reads a text whose bytes are sent as they are (RFC 6455 §5.6).</summary>
    private static string ReadText(string file)
    {
        byte[] bytes = NamedFile.ReadOrStandardInput(TextFile, file, MaxTextFileBytes);
        return bytes.Length == 0 ? throw NamedFile.Refuse(TextFile, file, "is empty")
            : Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes)
            : throw NamedFile.Refuse(TextFile, file, "is not text in UTF-8");
    }
}
