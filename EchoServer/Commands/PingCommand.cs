using System.CommandLine;
using EchoServer.Client.Output;
using EchoServer.Commands.Options;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Ping;

namespace EchoServer.Commands;

/// <summary><c>EchoServer ping</c>: how long messages take to a server and back, as ping(8) does for machines.</summary>
internal static class PingCommand
{
    internal const string Description =
        """
        Send a small message an interval, and show how long each echo took.

        At the end, or at Ctrl-C: how many were sent, received and lost, and the
        times. A connection that ends is opened again; messages due meanwhile count
        as lost.

        Exit codes: 0 all came back, 1 some did not or there was no connection,
        2 wrong usage.
        """;

    internal const string Examples =
        """
        # Ten messages, five a second:
        EchoServer ping wss://echo.example.com -c 10 -i 0.2
        # A server that echoes nothing, by ping frames:
        EchoServer ping wss://chat.example.com --frames
        """;

    private const int MaxCount = 1_000_000_000;

    // The defaults are those of ping(8): often enough to see a change, too seldom to be a load.
    internal static readonly Setting<TimeSpan> Interval = new(
        "--interval", null, "Time from one message to the next.",
        TimeSpan.FromSeconds(1), SettingParsers.Seconds(lowest: 0.01), helpName: "seconds", alias: "-i");

    internal static readonly Setting<int?> Count = new(
        "--count", null, "How many messages are sent.",
        null, SettingParsers.OrNone(SettingParsers.Number("a number of messages", 1, MaxCount)), "until Ctrl-C", helpName: "number", alias: "-c");

    internal static readonly Setting<TimeSpan> Wait = new(
        "--wait", null, "How long an echo may take; then it is lost.",
        TimeSpan.FromSeconds(10), SettingParsers.Seconds(), helpName: "seconds", alias: "-W");

    internal static readonly SwitchSetting Frames = new(
        "--frames", "Sends WebSocket ping frames in place of messages: every server answers them, but so may a proxy on the way.");

    /// <summary>All of them, in the order of the help text.</summary>
    internal static readonly Setting[] All = [Interval, Count, Wait, Frames];

    /// <summary>Runs it. Returns the exit code.</summary>
    internal static async Task<int> RunAsync(ParseResult result, string url)
    {
        var options = new PingOptions(
            ConnectionSettings.Read(result, url), Interval.Read(result), Count.Read(result), Wait.Read(result), Frames.IsGiven(result));
        ConnectionSettings.RefuseUnusedTls(result, options.Connection);
        using var stop = new StopSignal();
        using StandardStream output = StandardStream.OpenOutput(stop.Stop);
        try
        {
            bool isFine = await new PingRun(options, new PingLog(options, output.Text())).RunAsync(stop.Token).ConfigureAwait(false);
            return output.EndWith(isFine ? ExitCode.Fine : ExitCode.Failed);
        }
        catch (ConnectionFailedException exception)
        {
            return StandardError.Fail($"{UrlText.Shown(options.Connection.Url)}: {exception.Message}");
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Failed;
        }
    }
}
