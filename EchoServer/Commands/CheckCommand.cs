using System.CommandLine;
using EchoServer.Check;
using EchoServer.Client.Output;
using EchoServer.Commands.Options;
using EchoServer.Diagnosis;

namespace EchoServer.Commands;

/// <summary><c>EchoServer check</c>: does WebSocket work through here, and if not, why.</summary>
internal static class CheckCommand
{
    // Narrower than that, a finding would be a column of single words.
    private const int MinColumns = 60;

    // As wide as people read; grep finds less in broken lines, but the JSON is for machines.
    private const int PipedColumns = 120;

    internal const string Description =
        """
        Check whether WebSockets work through a landscape, and name the cause if not.

        Probes in order, one line each: URL, DNS, TCP, proxy, TLS, plain HTTP, upgrade,
        ping, compression, subprotocol, close. Works against any WebSocket server, which
        is sent no message.

        Only an EchoServer, which says so in its /info, and a server with --echo is sent
        messages: greeting, text, utf8, binary, empty, fragments, sizes, round-trip need
        an echo. The other probes do not, --idle, --connections and --instances included.

        Exit codes: 0 nothing failed, 1 something failed or, with --strict, is a
        warning, 2 wrong usage. With --watch: 0 if no round failed.
        """;

    internal const string Examples =
        """
        # Everything, with a minute and more of silence for the load balancer:
        EchoServer check wss://myapp.example.org --idle 70
        # A conversation with an app of your own:
        EchoServer check wss://app.example.org --send '{"op":"hi"}' --expect '/ok/'
        # Through a rolling restart, or a night:
        EchoServer check --quick wss://myapp.example.org --watch 1s
        # For a health check: open, a ping, close, and nothing printed:
        EchoServer check --quick ws://localhost:8080
        """;

    /// <summary>Runs the check. Returns the exit code.</summary>
    internal static async Task<int> RunAsync(ParseResult result, string url)
    {
        CheckOptions options = CheckSettings.Read(result, url);
        bool isQuick = CheckSettings.Quick.IsGiven(result);
        TimeSpan? interval = CheckSettings.Watch.Read(result);
        if (isQuick && interval is null)
        {
            return await RunQuickAsync(options).ConfigureAwait(false);
        }

        using var stop = new StopSignal();
        using StandardStream output = StandardStream.OpenOutput(stop.Stop);
        try
        {
            bool asJson = CheckSettings.Json.IsGiven(result);
            bool isFine = interval is TimeSpan time
                ? await WatchAsync(options, time, isQuick, asJson, output, stop.Token).ConfigureAwait(false)
                : await RunAllAsync(options, asJson, output, stop.Token).ConfigureAwait(false);
            return output.EndWith(isFine ? ExitCode.Fine : ExitCode.Failed);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            if (!output.HasEnded)
            {
                StandardError.WriteLine("EchoServer: check: stopped before it was done");
            }

            return output.EndWith(ExitCode.Failed);
        }
    }

    private static async Task<bool> WatchAsync(
        CheckOptions options, TimeSpan interval, bool isQuick, bool asJson, StandardStream output, CancellationToken stop)
    {
        var watch = new Watch(
            options,
            interval,
            async token => isQuick
                ? [await QuickCheck.RunAsync(options, token).ConfigureAwait(false)]
                : await CheckPlan.RunAsync(options, _ => { }, token).ConfigureAwait(false),
            (summary, changed) => output.Write(asJson ? CheckJson.WriteLine(summary) : Encoding.UTF8.GetBytes(Describe(summary, changed))));
        WatchSummary summary = await watch.RunAsync(stop).ConfigureAwait(false) ?? throw new OperationCanceledException(stop);
        output.Write(asJson ? CheckJson.WriteLine(summary) : Encoding.UTF8.GetBytes($"\n{summary.Line()}\n"));
        return summary.FailedRounds == 0;
    }

    private static string Describe(CheckSummary summary, IReadOnlyList<ProbeResult> changed)
    {
        CheckText text = Text();
        string time = DateTime.Now.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        string lines = string.Concat(changed.Select(text.Write));
        return $"{time}  {summary.Line()}\n{lines}{text.EndOfResults()}";
    }

    private static CheckText Text()
    {
        bool isTerminal = !Console.IsOutputRedirected;
        bool isPlain = !isTerminal || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        return new CheckText(!isPlain, isTerminal && Console.WindowWidth is > 0 and int width ? Math.Max(MinColumns, width - 1) : PipedColumns);
    }

    private static async Task<bool> RunAllAsync(CheckOptions options, bool asJson, StandardStream output, CancellationToken stop)
    {
        CheckText text = Text();
        long start = Stopwatch.GetTimestamp();
        List<ProbeResult> results = [];
        try
        {
            await CheckPlan.RunAsync(options, Show, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (output.HasEnded)
        {
            // The reader has seen what it wanted, as behind "| head": the probes so far count.
        }

        var summary = new CheckSummary(options, results, Stopwatch.GetElapsedTime(start));
        output.Write(asJson ? CheckJson.Write(summary) : Encoding.UTF8.GetBytes(text.End(summary)));
        return summary.IsFine;

        void Show(ProbeResult result)
        {
            results.Add(result);
            output.Write(Encoding.UTF8.GetBytes(asJson ? "" : text.Write(result)));
        }
    }

    private static async Task<int> RunQuickAsync(CheckOptions options)
    {
        ProbeResult result = await QuickCheck.RunAsync(options, CancellationToken.None).ConfigureAwait(false);
        return result.Finding.Fault is Fault fault ? StandardError.Fail($"{UrlText.Shown(options.Connection.Url)}: {fault}") : ExitCode.Fine;
    }
}
