using System.Globalization;
using System.Net;
using EchoServer.Commands.Logging;
using EchoServer.Echo;
using EchoServer.Server;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Options;

/// <summary>Everything about the server that can be set: option, environment variable, default, range.</summary>
/// <remarks>The reasons for the defaults of the limits are in <see cref="ServerOptions"/>.</remarks>
internal static class Settings
{
    private static readonly ServerOptions Defaults = new();

    internal static readonly Setting<int> Port = new(
        "--port", "PORT", "Port to listen on; 0 takes a free one.",
        ServerOptions.DefaultPort, Invariant(ServerOptions.DefaultPort), "a port (0-65535)", SettingParsers.TryParsePort);

    internal static readonly Setting<IPAddress> Host = new(
        "--host", null, "Address to listen on; [::] is every IPv6 and IPv4 address.",
        IPAddress.Any, "0.0.0.0", "an address to listen on (an IPv4 or IPv6 address, localhost or *)", SettingParsers.TryParseHost);

    internal static readonly Setting<IPEndPoint?> ServerUrls = new(
        "--server.urls", null, "Host and port as Cloud Foundry's dotnet_core_buildpack appends them.",
        null, "none", "one address to listen on (http://host:port, without TLS)", SettingParsers.TryParseServerUrls);

    internal static readonly Setting<string> Greeting = Text(
        "--greeting", "ECHO_GREETING", "Message sent when a connection opens; empty for none.", EchoOptions.DefaultGreeting);

    internal static readonly Setting<string> Prefix = Text(
        "--prefix", "ECHO_PREFIX", "Text put before each text sent back; empty for none.", EchoOptions.DefaultPrefix);

    internal static readonly Setting<bool> Scenarios = OnOrOff(
        "--scenarios", "ECHO_SCENARIOS", true, "Whether there are the paths that test clients, such as /close/1011, /delay/500 and /status/503.");

    internal static readonly Setting<int> MaxMessageBytes = new(
        "--max-message-bytes", "ECHO_MAX_MESSAGE_BYTES", "Largest message; a larger one is closed with 1009. What a chat or an event needs, and more.",
        Defaults.MaxMessageBytes, Invariant(Defaults.MaxMessageBytes), SettingParsers.SizeAccepted($"1-{Invariant(ServerOptions.MaxMessageBytesLimit)}"),
        (string text, out int value) => SettingParsers.TryParseSize(text, ServerOptions.MaxMessageBytesLimit, out value));

    internal static readonly Setting<int> MaxFragments = Number(
        "--max-fragments", "ECHO_MAX_FRAGMENTS", "Most fragments of a message, empty ones too; then 1008. An end to a message that never ends.",
        Defaults.MaxFragments, "a number of fragments", int.MaxValue);

    internal static readonly Setting<int?> MaxConnections = Auto(
        "--max-connections", "ECHO_MAX_CONNECTIONS", "Most connections; more get 503. Never more than the open-file limit less 64. auto: what the memory budget carries, one for 2 KiB.",
        "a number of connections", int.MaxValue);

    internal static readonly Setting<bool> AnswerWhenFull = OnOrOff(
        "--answer-when-full", "ECHO_ANSWER_WHEN_FULL", Defaults.AnswersWhenFull, "Whether a handshake for which there is no room gets 503. Without an answer Cloud Foundry's router tries another instance.");

    internal static readonly Setting<int?> MemoryBudget = new(
        "--memory-budget", "ECHO_MEMORY_BUDGET", "Most bytes kept for all clients together; then 1013. auto: a quarter of the memory, so that the rest goes on.",
        null, "auto", SettingParsers.SizeAccepted($"1-{Invariant(int.MaxValue)}", ", or auto"),
        (string text, out int? value) => SettingParsers.TryParseSizeOrAuto(text, int.MaxValue, out value));

    internal static readonly Setting<TimeSpan?> HandshakeTimeout = Seconds(
        "--handshake-timeout", "ECHO_HANDSHAKE_TIMEOUT", "From accept to the whole request; then 408. Behind a router a request is one packet.",
        Defaults.HandshakeTimeout);

    internal static readonly Setting<TimeSpan?> MessageTimeout = SecondsOrOff(
        "--message-timeout", "ECHO_MESSAGE_TIMEOUT", "From a message's first byte to its last; then 1008. A message that never ends would keep its memory.",
        Defaults.MessageTimeout);

    internal static readonly Setting<TimeSpan?> SendTimeout = Seconds(
        "--send-timeout", "ECHO_SEND_TIMEOUT", "Disconnects a client that has accepted no output for this long: its output keeps memory.",
        Defaults.SendTimeout);

    internal static readonly Setting<TimeSpan?> KeepAliveInterval = SecondsOrOff(
        "--keep-alive-interval", "ECHO_KEEP_ALIVE_INTERVAL", "A client's silence after which it is sent a ping. Shorter than the idle limit of load balancers.",
        Defaults.KeepAliveInterval);

    internal static readonly Setting<TimeSpan?> KeepAliveTimeout = Seconds(
        "--keep-alive-timeout", "ECHO_KEEP_ALIVE_TIMEOUT", "How long an answer to that ping may take; then the client is cut off. No working network needs as long.", Defaults.KeepAliveTimeout);

    internal static readonly Setting<TimeSpan?> CloseTimeout = Seconds(
        "--close-timeout", "ECHO_CLOSE_TIMEOUT", "How long a client's Close after ours may take. Several round trips to anywhere.", Defaults.CloseTimeout);

    internal static readonly Setting<TimeSpan?> DrainTimeout = Seconds(
        "--drain-timeout", "ECHO_DRAIN_TIMEOUT", "How long all clients may take after SIGTERM. Cloud Foundry kills an app after 10.", Defaults.DrainTimeout);

    internal static readonly Setting<bool> Compression = OnOrOff(
        "--compression", "ECHO_COMPRESSION", Defaults.Compression, "Whether permessage-deflate is agreed on with clients that offer it. Off: it costs memory and CPU, and length can tell secrets.");

    internal static readonly Setting<int> CompressionLevel = Number(
        "--compression-level", "ECHO_COMPRESSION_LEVEL", "How hard to compress: 1 is the fastest, 9 the smallest.",
        Defaults.CompressionLevel, "a level", ServerOptions.MaxCompressionLevel);

    internal static readonly Setting<IReadOnlyList<string>> AllowedOrigins = new(
        "--allowed-origins", "ECHO_ALLOWED_ORIGINS", "Origins whose pages may connect; others get 403.",
        [], "any", "a list of origins (https://host or https://host:port of pages, not ws:// or wss://, separated by commas)", SettingParsers.TryParseOrigins);

    internal static readonly Setting<int?> IoThreads = Auto(
        "--io-threads", "ECHO_IO_THREADS", "Threads that wait for sockets and run the connections. auto: half of the processors, 1 to 4; with compression all, at most 16.",
        "a number of threads", ServerOptions.MaxIoThreads);

    internal static readonly Setting<TimeSpan?> StatsInterval = SecondsOrOff(
        "--stats-interval", "ECHO_STATS_INTERVAL", "Time between lines that say how the server is doing.", Defaults.StatsInterval);

    internal static readonly Setting<LogLevel> Level = OneOf(
        "--log-level", "LOG_LEVEL", "Least important lines to log; debug shows connections.", LogLevel.Information, "a log level",
        SettingParsers.TryParseLogLevel);

    internal static readonly Setting<LogFormat> Format = OneOf(
        "--log-format", "LOG_FORMAT", "How log lines look.", LogFormat.Text, "a log format", SettingParsers.TryParseName);

    internal static readonly Setting<bool> LogMessages = OnOrOff("--log-messages", "LOG_MESSAGES", true, "Whether each message is logged.");

    internal static readonly Setting<bool> Info = OnOrOff(
        "--info", "ECHO_INFO", true, "Whether GET /info tells limits, totals and the request's own headers.");

    internal static readonly Setting<bool> Metrics = OnOrOff(
        "--metrics", "ECHO_METRICS", true, "Whether GET /metrics shows the counters, for Prometheus.");

    /// <summary>All of them in groups, in the order of the help text.</summary>
    internal static readonly (string Title, Setting[] Settings)[] Groups =
    [
        ("Listening", [Port, Host, ServerUrls]),
        ("Echo", [Greeting, Prefix, Scenarios, Compression, CompressionLevel]),
        ("Clients", [AllowedOrigins, MaxConnections, AnswerWhenFull]),
        ("Limits", [MaxMessageBytes, MaxFragments, MemoryBudget, IoThreads]),
        ("Timeouts", [HandshakeTimeout, MessageTimeout, SendTimeout, KeepAliveInterval, KeepAliveTimeout, CloseTimeout, DrainTimeout]),
        ("Logging and monitoring", [Level, Format, LogMessages, StatsInterval, Info, Metrics]),
    ];

    /// <summary>All of them, in the order of the help text.</summary>
    internal static readonly Setting[] All = [.. Groups.SelectMany(group => group.Settings)];

    private static Setting<string> Text(string name, string variable, string description, string defaultValue) => new(
        name, variable, description, defaultValue, $"\"{defaultValue}\"", $"a text of at most {EchoOptions.MaxTextCharacters} characters",
        SettingParsers.TryParseText, mayBeEmpty: true);

    private static Setting<int> Number(string name, string variable, string description, int defaultValue, string what, int highest) => new(
        name, variable, description, defaultValue, Invariant(defaultValue), $"{what} (1-{Invariant(highest)})",
        (string text, out int value) => SettingParsers.TryParseNumber(text, highest, out value));

    private static Setting<int?> Auto(string name, string variable, string description, string what, int highest) => new(
        name, variable, description, null, "auto", $"{what} (1-{Invariant(highest)}, or auto)",
        (string text, out int? value) => SettingParsers.TryParseNumberOrAuto(text, highest, out value));

    private static Setting<T> OneOf<T>(string name, string variable, string description, T defaultValue, string what, SettingParser<T> parse)
        where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(Lower)];
        return new Setting<T>(
            name, variable, description, defaultValue, Lower($"{defaultValue}"), $"{what} ({string.Join(", ", names)})", parse, choices: names);
    }

    /// <summary>Makes a switch with a value.</summary>
    internal static Setting<bool> OnOrOff(string name, string? variable, bool defaultValue, string description) => new(
        name, variable, description, defaultValue, defaultValue ? "on" : "off", "on, off, true or false",
        SettingParsers.TryParseOnOff, choices: ["on", "off"]);

    private static Setting<TimeSpan?> Seconds(string name, string variable, string description, TimeSpan defaultValue) => new(
        name, variable, description, defaultValue, Invariant(defaultValue), SettingParsers.SecondsAccepted, SettingParsers.TryParseSeconds);

    private static Setting<TimeSpan?> SecondsOrOff(string name, string variable, string description, TimeSpan? defaultValue) => new(
        name, variable, description, defaultValue, defaultValue is TimeSpan value ? Invariant(value) : "off",
        SettingParsers.SecondsOrOffAccepted, SettingParsers.TryParseSecondsOrOff);

    private static string Lower(string name) => name.ToLowerInvariant();

    private static string Invariant(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Invariant(TimeSpan value) => value.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
