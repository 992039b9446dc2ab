using System.CommandLine;
using System.Net.Sockets;
using EchoServer.Client.Output;
using EchoServer.Commands.Options;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Load;
using EchoServer.Load.Chart;
using EchoServer.Load.Opening;
using EchoServer.Load.Report;
using EchoServer.Transport;

namespace EchoServer.Commands;

/// <summary><c>EchoServer load</c>: puts load on an echo server, checks every echo, and reports.</summary>
internal static class LoadCommand
{
    internal const string Description =
        """
        Put load on an echo server, check every echo, report how fast they came. With
        --expect-echo off: on any server, counting its answers.

        Exit code 0 means that every echo was right and no connection failed; with
        --reconnect, that those told to come again (Close 1001, 1012) were served
        again; with --expect-echo off, that messages were sent and no connection failed.
        """;

    internal const string Examples =
        """
        # 100 connections, 5000 messages a second over all of them:
        EchoServer load ws://localhost:8080/raw --connections 100 --rate 5000
        # The messages of a file, to an app of any kind:
        EchoServer load wss://app.example.com --send messages.txt --expect-echo off
        # 10,000 connections that say nothing, for a minute:
        EchoServer load ws://localhost:8080 --connections 10000 --hold --duration 60
        """;

    /// <summary>Puts on the load until its time is over, or until SIGINT or SIGTERM. Returns the exit code.</summary>
    internal static async Task<int> RunAsync(ParseResult result, string url)
    {
        LoadOptions options = LoadSettings.Read(result, url);
        TimeSpan duration = LoadSettings.Duration.Read(result);
        using ChartFile? chart = LoadSettings.Chart.Read(result) is string file ? ChartFile.Open(LoadSettings.Chart, file) : null;
        LoadSampler? sampler = chart is null ? null : new LoadSampler(duration);

        InlineCompletions.Enable(IoThreads.DefaultCount);
        using var stop = new StopSignal();

        // Connections that wait for a full backlog block a thread each; timeouts and Ctrl-C need threads as well.
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(workers + LoadConnector.MaxOpening, completions);
        try
        {
            await using var client = new LoadClient(options);
            Task<LoadReport> load = PutOnAsync(client, options, duration, sampler, stop.Token);
            await LoadProgress.ShowAsync(client, options, load).ConfigureAwait(false);
            LoadReport report = await load.ConfigureAwait(false);
            using StandardStream output = StandardStream.OpenOutput();
            output.Write(LoadSettings.Json.IsGiven(result) ? LoadReportJson.Write(report) : LoadReportText.Write(report));
            bool isDrawn = chart?.TryWrite(LoadChart.Draw(report, sampler!.Samples)) ?? true;
            return output.EndWith(report.IsFine && isDrawn ? ExitCode.Fine : ExitCode.Failed);
        }
        catch (Exception exception) when (exception is ConnectionFailedException or SocketException)
        {
            Uri server = options.Connection.Url;
            var unopened = exception as ConnectionFailedException;
            Fault failure = unopened?.Fault ?? NetworkDiagnosis.Of(exception, server, Stage.Connect);
            if (unopened is { Stage: Stage.Echo, End: not { Kind: ClientEventKind.Violation } })
            {
                failure = failure with { Advice = $"{failure.Advice}; for an app that does not echo: --send FILE {LoadSettings.ExpectEcho.Name} off" };
            }

            int exitCode = StandardError.Fail($"{UrlText.Shown(server)}: {failure}");
            if (!LoadSettings.Json.IsGiven(result))
            {
                return exitCode;
            }

            using StandardStream output = StandardStream.OpenOutput();
            output.Write(LoadReportJson.Write(options, failure, unopened?.Answer?.Status));
            return output.EndWith(exitCode);
        }
    }

    private static async Task<LoadReport> PutOnAsync(
        LoadClient client, LoadOptions options, TimeSpan duration, LoadSampler? sampler, CancellationToken stop)
    {
        await client.ConnectAsync(stop).ConfigureAwait(false);
        Task<LoadResult> run = client.RunAsync(duration, stop);
        LoadResult result = await (sampler?.FollowAsync(client, run) ?? run).ConfigureAwait(false);
        int openAtEnd = client.Open;
        await client.CloseAsync().ConfigureAwait(false);
        return new LoadReport(options, client, result, openAtEnd);
    }
}
