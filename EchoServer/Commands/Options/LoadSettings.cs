using System.CommandLine;
using System.Text.Unicode;
using EchoServer.Connect;
using EchoServer.Load;

namespace EchoServer.Commands.Options;

/// <summary>The options of <c>load</c> besides those of the connection. The reasons are in <see cref="LoadOptions"/>.</summary>
internal static class LoadSettings
{
    private const int MaxConnections = 1_000_000;
    private const int MaxInFlight = 65_536;
    private const double MinRate = 0.1;
    private const double MaxRate = 10_000_000;
    private const int MaxFileBytes = 64 * 1024 * 1024;
    private const double MaxRamp = 100_000;

    // Without a limit to the messages in flight: enough for 5000 a second and an answer after 0.2 seconds.
    private const int TimesKept = 1000;

    // A time is kept for each message in flight: 128 MiB at this many.
    private const long MaxInFlightOverAll = 16_777_216;

    private static readonly LoadOptions Defaults = new() { Connection = new ConnectionOptions { Url = new Uri("ws://localhost") } };

    internal static readonly Setting<int> Connections = new(
        "--connections", null, "How many connections.", Defaults.Connections, SettingParsers.Number("a number of connections", 1, MaxConnections));

    internal static readonly Setting<int> Size = new(
        "--size", null, "Bytes of payload in each message.", Defaults.MessageBytes, SettingParsers.Size(LoadOptions.MaxMessageBytes));

    internal static readonly Setting<string?> Send = new(
        "--send", null, "Sends the lines of this file, or of standard input (-), each a text message, in order and again from the start.",
        null, ConnectionParsers.File($"a file with a message on each line, in UTF-8, of less than {MaxFileBytes} bytes"), "numbered messages", helpName: "file");

    internal static readonly Setting<bool> ExpectEcho = Settings.OnOrOff(
        "--expect-echo", null, true, "Whether each message must come back. Off: any message of the server is an answer, which is counted and not compared.");

    internal static readonly Setting<int> InFlight = new(
        "--in-flight", null, "Messages that each connection has out without an echo or answer.",
        Defaults.InFlight, SettingParsers.Number("a number of messages", 1, MaxInFlight));

    internal static readonly Setting<double?> Rate = new(
        "--rate", null, "Messages a second over all connections; latency then counts from when each was due.",
        null, SettingParsers.OrNone(SettingParsers.Decimal("a number of messages a second", MinRate, MaxRate)), "as fast as echoes come");

    internal static readonly Setting<double?> Ramp = new(
        "--ramp", null, "Connections opened a second.",
        null, SettingParsers.OrNone(SettingParsers.Decimal("a number of connections a second", MinRate, MaxRamp)), "as fast as they open");

    internal static readonly Setting<TimeSpan> Duration = new(
        "--duration", null, "How long messages are sent.", TimeSpan.FromSeconds(10), SettingParsers.Seconds());

    internal static readonly Setting<string?> Chart = new(
        "--chart", null, "Draws messages a second and latency over the time of the run, as an SVG.",
        null, ConnectionParsers.File("a file to write"), helpName: "file");

    internal static readonly SwitchSetting Text = new("--text", "Send text messages. This is the default.");

    internal static readonly SwitchSetting Binary = new("--binary", "Send binary messages.");

    internal static readonly SwitchSetting Hold = new(
        "--hold", "Send nothing: open the connections and keep them for the duration. The server need not echo.");

    internal static readonly SwitchSetting Reconnect = new(
        "--reconnect", "Open a connection again when the server ends it, and also when a first one is refused; an end by Close 1001 or 1012 is not an error then.");

    internal static readonly SwitchSetting Json = new("--json", "Print the report as one JSON object.");

    /// <summary>All of them, in the order of the help text.</summary>
    internal static readonly Setting[] All =
    [
        Connections, Size, Send, ExpectEcho, InFlight, Rate, Ramp, Duration, Chart,
        Text, Binary, ConnectionSettings.Compression, Hold, Reconnect, Json,
    ];

    // Without effect under --hold, which sends no messages.
    private static readonly Setting[] OfMessages =
        [Size, Send, ExpectEcho, InFlight, Rate, Chart, Text, Binary, ConnectionSettings.Compression];

    /// <summary>Reads the load.</summary>
    /// <exception cref="UsageException">An option has a value that is not accepted, or two options contradict each other.</exception>
    internal static LoadOptions Read(ParseResult result, string url)
    {
        CheckContradictions(result);
        int connections = Connections.Read(result);
        double? rate = Rate.Read(result);
        bool expectsEcho = ExpectEcho.Read(result);
        int inFlight = InFlight.Read(result);
        if (!expectsEcho && rate is not null)
        {
            inFlight = InFlight.IsGiven(result)
                ? throw new UsageException($"{InFlight.Name}: cannot be combined with {Rate.Name} under {ExpectEcho.Name} off, which waits for no answer")
                : (int)Math.Min(TimesKept, (MaxInFlightOverAll / connections) - 1);
        }

        if ((long)connections * inFlight > MaxInFlightOverAll)
        {
            throw new UsageException($"--in-flight: {inFlight} on each of {connections} connections are over {MaxInFlightOverAll} messages");
        }

        ConnectionOptions connection = ConnectionSettings.Read(result, url);
        ConnectionSettings.RefuseUnusedTls(result, connection);
        byte[][]? lines = Send.Read(result) is string file ? ReadLines(file) : null;
        return new LoadOptions
        {
            Connection = connection,
            Connections = connections,
            MessageBytes = lines?.Max(line => line.Length) ?? Size.Read(result),
            Lines = lines,
            ExpectsEcho = expectsEcho,
            InFlight = inFlight,
            IsText = !Binary.IsGiven(result),
            Rate = rate,
            ConnectionsPerSecond = Ramp.Read(result),
            IsHeldOnly = Hold.IsGiven(result),
            Reconnects = Reconnect.IsGiven(result),
            EchoTimeout = connection.Timeout,
        };
    }

    private static void CheckContradictions(ParseResult result)
    {
        Setting.RefuseIf(Binary.IsGiven(result), result, "cannot be combined with --binary", Text);
        Setting? other = Setting.FirstGiven(result, Size, Binary);
        Setting.RefuseIf(
            other is not null, result, $"cannot be combined with {other?.Name}: its messages are the lines of the file, as text", Send);
        Setting.RefuseIf(Hold.IsGiven(result), result, "cannot be combined with --hold, which sends nothing", OfMessages);
    }

    /// <summary>Reads the lines of a file. A line ends with LF or CRLF, the last one also with the file.</summary>
    private static byte[][] ReadLines(string file)
    {
        ReadOnlySpan<byte> rest = NamedFile.ReadOrStandardInput(Send, file, MaxFileBytes);

        // What editors of Windows put at the start is not part of the first line.
        rest = rest.StartsWith(Encoding.UTF8.Preamble) ? rest[Encoding.UTF8.Preamble.Length..] : rest;
        List<byte[]> lines = [];
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
            lines.Add((end >= 0 && line is [.. ReadOnlySpan<byte> before, (byte)'\r'] ? before : line).ToArray());
            rest = rest[(line.Length + (end < 0 ? 0 : 1))..];
            string? flaw = lines[^1].Length > LoadOptions.MaxMessageBytes ? $"is longer than {LoadOptions.MaxMessageBytes} bytes"
                : Utf8.IsValid(lines[^1]) ? null : "is not text in UTF-8";
            if (flaw is not null)
            {
                throw NamedFile.Refuse(Send, file, $"has a line, number {lines.Count}, that {flaw}");
            }
        }

        return lines.Count > 0 ? [.. lines] : throw NamedFile.Refuse(Send, file, "is empty");
    }
}
