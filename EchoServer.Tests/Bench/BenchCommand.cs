using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using EchoServer.Commands;
using EchoServer.Commands.Options;
using EchoServer.Connect;
using EchoServer.Text;
using EchoServer.Transport;

namespace EchoServer.Bench;

internal static class BenchCommand
{
    private const int MaxRounds = 1000;
    private const double ShortestRound = 0.05;
    private const double MaxRound = 60;
    private const double MaxWarmUp = 600;

    private static readonly BenchOptions Defaults = new();
    private static readonly Option<string> Rounds = Named<string>(
        "--rounds", $"Rounds for each server and shape, 1-{MaxRounds} [default: {Defaults.Rounds}].");
    private static readonly Option<string> RoundTime = Named<string>(
        "--round-time", $"Seconds that a round takes, {ShortestRound}-{MaxRound} [default: {Defaults.RoundTime.TotalSeconds}].");
    private static readonly Option<string> WarmUp = Named<string>(
        "--warm-up", $"Seconds of load on each server before the first round, 0-{MaxWarmUp} [default: {Defaults.WarmUp.TotalSeconds}].");
    private static readonly Option<string> Servers = Named<string>(
        "--servers", $"Which servers, separated by commas [default: {string.Join(',', ServerKinds.All.Select(kind => kind.Key))}].");
    private static readonly Option<string> Shapes = Named<string>(
        "--shapes", $"What to measure, separated by commas [default: {string.Join(',', BenchOptions.AllShapes)}].");
    private static readonly Option<bool> Text = Named<bool>("--text", "Echo text messages, not binary ones.");
    private static readonly Option<bool> Quick = Named<bool>(
        "--quick", "Two rounds of 0.1 s and 100 idle connections: shows that all of it works, not what anything costs.");
    private static readonly Option<string> Output = Named<string>(
        "--output", "The folder for bench.md, bench.json and bench.svg [default: artifacts/bench].");
    private static readonly Option<bool> Readme = Named<bool>(
        "--readme", "Put the tables and the chart into docs/performance.md, and two sentences into README.md, as well.");

    /// <summary>Runs the bench.</summary>
    /// <returns>0: measured without an error. 1: not measured, or with errors. 2: wrong usage.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Measures EchoServer and other people's WebSocket servers side by side.")
        {
            Rounds, RoundTime, WarmUp, Servers, Shapes, Text, Quick, Output, Readme,
        };
        root.SetAction(async (result, _) => await MeasureAsync(ReadOptions(result), result.GetValue(Readme)));
        ParseResult result = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            if (result.Errors.Count > 0)
            {
                throw new UsageException(Explain(result.Errors[0]));
            }

            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (UsageException exception)
        {
            await Console.Error.WriteLineAsync($"bench: {exception.Message} (see --help)");
            return ExitCode.Usage;
        }
    }

    private static Option<T> Named<T>(string name, string description) => new(name) { Description = description };

    private static BenchOptions ReadOptions(ParseResult result)
    {
        if (result.GetValue(Readme) && (result.GetValue(Quick) || result.GetValue(Servers) is not null || result.GetValue(Shapes) is not null))
        {
            throw new UsageException($"{Readme.Name}: only a whole run is shown there: not with {Quick.Name}, {Servers.Name} or {Shapes.Name}");
        }

        BenchOptions options = result.GetValue(Quick) ? Defaults.Quick() : Defaults;
        return options with
        {
            Rounds = (int)ReadNumber(result, Rounds, 1, MaxRounds, isWhole: true, options.Rounds),
            RoundTime = TimeSpan.FromSeconds(ReadNumber(result, RoundTime, ShortestRound, MaxRound, isWhole: false, options.RoundTime.TotalSeconds)),
            WarmUp = TimeSpan.FromSeconds(ReadNumber(result, WarmUp, 0, MaxWarmUp, isWhole: false, options.WarmUp.TotalSeconds)),
            Servers = ReadList(result, Servers, ServerKinds.All, kind => kind.Key),
            Shapes = ReadList(result, Shapes, BenchOptions.AllShapes, shape => shape),
            IsText = result.GetValue(Text),
            OutputFolder = result.GetValue(Output) is string folder ? Path.GetFullPath(folder) : options.OutputFolder,
        };
    }

    private static double ReadNumber(ParseResult result, Option<string> option, double least, double most, bool isWhole, double otherwise)
    {
        if (result.GetValue(option) is not string text)
        {
            return otherwise;
        }

        NumberStyles style = isWhole ? NumberStyles.None : NumberStyles.AllowDecimalPoint;
        return double.TryParse(text, style, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most
            ? number
            : throw new UsageException(string.Create(
                CultureInfo.InvariantCulture, $"{option.Name}: '{EscapedText.From(text.AsSpan())}' is not a {(isWhole ? "whole " : "")}number from {least} to {most}"));
    }

    private static IReadOnlyList<T> ReadList<T>(ParseResult result, Option<string> option, IReadOnlyList<T> all, Func<T, string> key)
    {
        if (result.GetValue(option) is not string text)
        {
            return all;
        }

        string[] wanted = text.Split(',', StringSplitOptions.TrimEntries);
        string? unknown = Array.Find(wanted, word => !all.Any(item => key(item) == word));
        return unknown is null
            ? [.. all.Where(item => wanted.Contains(key(item)))]
            : throw new UsageException($"{option.Name}: '{EscapedText.From(unknown.AsSpan())}' is none of {string.Join(", ", all.Select(key))}");
    }

    private static string Explain(ParseError error) => error.SymbolResult is OptionResult { Option: Option<string> option }
        ? $"{option.Name}: exactly one value is needed: {option.Description}"
        : EscapedText.From(error.Message.AsSpan());

    private static async Task<int> MeasureAsync(BenchOptions options, bool intoReadme)
    {
        // As the load command does: the client must not cost more than the servers.
        InlineCompletions.Enable(IoThreads.DefaultCount);
        using var interrupted = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted.Cancel();
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            BenchReport report = await BenchRun.RunAsync(options, interrupted.Token);
            ReportFiles.Write(report, options.OutputFolder);
            if (intoReadme)
            {
                ReportFiles.WritePages(report);
            }

            Console.Write(ReportText.ForTerminal(report));
            Array.ForEach(ReportFiles.Names, name => Console.WriteLine(Path.Combine(options.OutputFolder, name)));
            return report.Errors == 0 ? ExitCode.Fine : ExitCode.Failed;
        }
        catch (Exception exception) when (exception is OperationCanceledException or InvalidOperationException or IOException or ConnectionFailedException)
        {
            // Ctrl-C reaches the servers as well: that they have ended is then no failure of theirs.
            string what = interrupted.IsCancellationRequested ? "interrupted; nothing was written" : EscapedText.From(exception.Message.AsSpan());
            await Console.Error.WriteLineAsync($"bench: {what}");
        }

        return ExitCode.Failed;
    }
}
