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
        ServerOptions.DefaultPort, SettingParsers.Port);

    internal static readonly Setting<IPAddress> Host = new(
        "--host", null, "Address to listen on; [::] is every IPv6 and IPv4 address.",
        IPAddress.Any, new("an address to listen on (an IPv4 or IPv6 address, localhost or *)", SettingParsers.TryParseHost));

    internal static readonly Setting<IPEndPoint?> ServerUrls = new(
        "--server.urls", null, "Host and port as Cloud Foundry's dotnet_core_buildpack appends them.",
        null, new("one address to listen on (http://host:port, without TLS)", SettingParsers.TryParseServerUrls));

    internal static readonly Setting<string> Greeting = Text(
        "--greeting", "ECHO_GREETING", "Message sent when a connection opens; empty for none.", EchoOptions.DefaultGreeting);

    internal static readonly Setting<string> Prefix = Text(
        "--prefix", "ECHO_PREFIX", "Text put before each text sent back; empty for none.", EchoOptions.DefaultPrefix);

    internal static readonly Setting<bool> Scenarios = OnOrOff(
        "--scenarios", "ECHO_SCENARIOS", true, "Whether there are the paths that test clients, such as /close/1011, /delay/500 and /status/503.");

    internal static readonly Setting<int> MaxMessageBytes = new(
        "--max-message-bytes", "ECHO_MAX_MESSAGE_BYTES", "Largest message; a larger one is closed with 1009. What a chat or an event needs, and more.",
        Defaults.MaxMessageBytes, SettingParsers.Size(ServerOptions.MaxMessageBytesLimit));

    internal static readonly Setting<int> MaxFragments = new(
        "--max-fragments", "ECHO_MAX_FRAGMENTS", "Most fragments of a message, empty ones too; then 1008. An end to a message that never ends.",
        Defaults.MaxFragments, SettingParsers.Number("a number of fragments", 1, int.MaxValue));

    internal static readonly Setting<int?> MaxConnections = new(
        "--max-connections", "ECHO_MAX_CONNECTIONS", "Most connections; more get 503. Never more than the open-file limit less 64. auto: what the memory budget carries, one for 2 KiB.",
        null, SettingParsers.OrAuto(SettingParsers.Number("a number of connections", 1, int.MaxValue)), "auto");

    internal static readonly Setting<bool> AnswerWhenFull = OnOrOff(
        "--answer-when-full", "ECHO_ANSWER_WHEN_FULL", Defaults.AnswersWhenFull, "Whether a handshake for which there is no room gets 503. Without an answer Cloud Foundry's router tries another instance.");

    internal static readonly Setting<int?> MemoryBudget = new(
        "--memory-budget", "ECHO_MEMORY_BUDGET", "Most bytes kept for all clients together; then 1013. auto: a quarter of the memory, so that the rest goes on.",
        null, SettingParsers.OrAuto(SettingParsers.Size(int.MaxValue)), "auto");

    internal static readonly Setting<TimeSpan> HandshakeTimeout = new(
        "--handshake-timeout", "ECHO_HANDSHAKE_TIMEOUT", "From accept to the whole request; then 408. Behind a router a request is one packet.",
        Defaults.HandshakeTimeout, SettingParsers.Seconds());

    internal static readonly Setting<TimeSpan?> MessageTimeout = new(
        "--message-timeout", "ECHO_MESSAGE_TIMEOUT", "From a message's first byte to its last; then 1008. A message that never ends would keep its memory.",
        Defaults.MessageTimeout, SettingParsers.SecondsOrOff());

    internal static readonly Setting<TimeSpan> SendTimeout = new(
        "--send-timeout", "ECHO_SEND_TIMEOUT", "Disconnects a client that has accepted no output for this long: its output keeps memory.",
        Defaults.SendTimeout, SettingParsers.Seconds());

    internal static readonly Setting<TimeSpan?> KeepAliveInterval = new(
        "--keep-alive-interval", "ECHO_KEEP_ALIVE_INTERVAL", "A client's silence after which it is sent a ping. Shorter than the idle limit of load balancers.",
        Defaults.KeepAliveInterval, SettingParsers.SecondsOrOff());

    internal static readonly Setting<TimeSpan> KeepAliveTimeout = new(
        "--keep-alive-timeout", "ECHO_KEEP_ALIVE_TIMEOUT", "How long an answer to that ping may take; then the client is cut off. No working network needs as long.",
        Defaults.KeepAliveTimeout, SettingParsers.Seconds());

    internal static readonly Setting<TimeSpan> CloseTimeout = new(
        "--close-timeout", "ECHO_CLOSE_TIMEOUT", "How long a client's Close after ours may take: several round trips to anywhere. While the server stops, the drain timeout holds.",
        Defaults.CloseTimeout, SettingParsers.Seconds());

    internal static readonly Setting<TimeSpan> DrainTimeout = new(
        "--drain-timeout", "ECHO_DRAIN_TIMEOUT", "How long all clients may take after SIGTERM. Cloud Foundry kills an app after 10.",
        Defaults.DrainTimeout, SettingParsers.Seconds());

    internal static readonly Setting<bool> Compression = OnOrOff(
        "--compression", "ECHO_COMPRESSION", Defaults.Compression, "Whether permessage-deflate is agreed on with clients that offer it. Off: it costs memory and CPU, and length can tell secrets.");

    internal static readonly Setting<int> CompressionLevel = new(
        "--compression-level", "ECHO_COMPRESSION_LEVEL", "How hard to compress: 1 is the fastest, 9 the smallest.",
        Defaults.CompressionLevel, SettingParsers.Number("a level", 1, ServerOptions.MaxCompressionLevel));

    internal static readonly Setting<IReadOnlyList<string>> AllowedOrigins = new(
        "--allowed-origins", "ECHO_ALLOWED_ORIGINS", "Origins whose pages may connect; others get 403.",
        [], new("a list of origins (https://host or https://host:port of pages, not ws:// or wss://, separated by commas)", SettingParsers.TryParseOrigins), "any");

    internal static readonly Setting<int?> IoThreads = new(
        "--io-threads", "ECHO_IO_THREADS", "Threads that wait for sockets and run the connections. auto: half of the processors, 1 to 4; with compression all, at most 16.",
        null, SettingParsers.OrAuto(SettingParsers.Number("a number of threads", 1, ServerOptions.MaxIoThreads)), "auto");

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
        ("Logging and monitoring", [Level, Format, LogMessages, Info, Metrics]),
    ];

    /// <summary>All of them, in the order of the help text.</summary>
    internal static readonly Setting[] All = [.. Groups.SelectMany(group => group.Settings)];

    private static Setting<string> Text(string name, string variable, string description, string defaultValue) => new(
        name, variable, description, defaultValue, new($"a text of at most {EchoOptions.MaxTextCharacters} characters", SettingParsers.TryParseText),
        $"\"{defaultValue}\"", mayBeEmpty: true);

    private static Setting<T> OneOf<T>(
        string name, string variable, string description, T defaultValue, string what, SettingParser<T>.Reader tryParse)
        where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(value => value.ToLowerInvariant())];
        return new(name, variable, description, defaultValue, new($"{what} ({string.Join(", ", names)})", tryParse), choices: names);
    }

    /// <summary>Makes a switch with a value.</summary>
    internal static Setting<bool> OnOrOff(string name, string? variable, bool defaultValue, string description) => new(
        name, variable, description, defaultValue, new("on, off, true or false", SettingParsers.TryParseOnOff), choices: ["on", "off"]);
}
