using System.CommandLine;
using System.Diagnostics;
using System.Text;
using EchoServer.Check;
using EchoServer.Client.Output;
using EchoServer.Commands.Options;
using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Commands;

/// <summary><c>EchoServer check</c>: does WebSocket work through here, and if not, why.</summary>
internal static class CheckCommand
{
    // Narrower than that, a finding would be a column of single words.
    private const int MinColumns = 60;

    // As wide as people read; grep finds less in broken lines, but the JSON is for machines.
    private const int PipedColumns = 120;

    /// <summary>For the help text.</summary>
    internal const string Description =
        """
        Check whether WebSockets work through a landscape, and name the cause if not.

        Probes in order, one line each: URL, DNS, TCP, TLS, plain HTTP, upgrade, then the
        conversation itself. Works against any echo server. Exit code 0 means that
        nothing failed; warnings count only with --strict.
        """;

    /// <summary>For the help text.</summary>
    internal const string Examples =
        """
        # Everything, with a minute and more of silence for the load balancer:
        EchoServer check wss://myapp.example.org --idle 70
        # For a health check: connect, one echo, close, and nothing printed:
        EchoServer check --quick ws://localhost:8080/raw
        """;

    /// <summary>Runs the check.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">An option has a value that is not accepted.</exception>
    internal static async Task<int> RunAsync(ParseResult result, string url)
    {
        CheckOptions options = CheckSettings.Read(result, url);
        if (result.GetValue(CheckSettings.Quick))
        {
            return await RunQuickAsync(options.Connection).ConfigureAwait(false);
        }

        using var signal = new StopSignal();
        using var stop = new CancellationTokenSource();
        _ = signal.Received.ContinueWith(_ => stop.Cancel(), TaskScheduler.Default);
        using StandardStream output = StandardStream.OpenOutput(stop.Cancel);
        try
        {
            bool isFine = await RunAllAsync(options, asJson: result.GetValue(CheckSettings.Json), output, stop.Token).ConfigureAwait(false);
            return output.EndWith(isFine ? ExitCode.Fine : ExitCode.Failed);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            if (signal.Received.IsCompleted)
            {
                StandardError.WriteLine("EchoServer: check: stopped before it was done");
            }

            return output.EndWith(ExitCode.Failed);
        }
    }

    private static async Task<bool> RunAllAsync(CheckOptions options, bool asJson, StandardStream output, CancellationToken stop)
    {
        bool isTerminal = !Console.IsOutputRedirected;
        bool isPlain = !isTerminal || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var text = new CheckText(!isPlain, isTerminal && Console.WindowWidth is > 0 and int width ? Math.Max(MinColumns, width - 1) : PipedColumns);
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<ProbeResult> results = await CheckPlan.RunAsync(
            options, result => output.Write(Encoding.UTF8.GetBytes(asJson ? "" : text.Write(result))), stop).ConfigureAwait(false);
        var summary = new CheckSummary(options, results, Stopwatch.GetElapsedTime(start));
        output.Write(asJson ? CheckJson.Write(summary) : Encoding.UTF8.GetBytes(text.End(summary)));
        return summary.IsFine;
    }

    private static async Task<int> RunQuickAsync(ConnectionOptions options)
    {
        try
        {
            await QuickCheck.RunAsync(options, CancellationToken.None).ConfigureAwait(false);
            return ExitCode.Fine;
        }
        catch (ConnectionFailedException exception)
        {
            StandardError.WriteLine($"EchoServer: {UrlText.Shown(options.Url)}: {exception.Fault}");
            return ExitCode.Failed;
        }
    }
}
