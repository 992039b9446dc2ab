using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EchoServer.Tests.Support;

/// <summary>The built server as a process of its own, on a free port. Ends with the test that started it.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    /// <summary>How long anything in a test may take, on any machine: it only bounds a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private Task _pump = Task.CompletedTask;
    private readonly bool _hasBudget;
    private bool _isReading;

    private ServerProcess(Process process, bool hasBudget)
    {
        _process = process;
        _hasBudget = hasBudget;
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; private set; }

    /// <summary>Its first line on standard output.</summary>
    public string FirstLine { get; private set; } = "";

    /// <summary>The lines on standard output so far.</summary>
    public IReadOnlyCollection<string> Output => _output;

    public int Id => _process.Id;

    public Uri Url(string path = "/") => new($"ws://127.0.0.1:{Port}{path}");

    /// <summary>Starts <c>EchoServer.dll</c> and waits until it listens.</summary>
    /// <param name="arguments">The command line; PORT is 0 unless the environment says otherwise.</param>
    /// <param name="environment">Variables to set; none of the test's own that the server reads are passed on.</param>
    /// <param name="readOutput">False leaves standard output unread after the first line.</param>
    public static Task<ServerProcess> StartAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, bool readOutput = true) =>
        StartAsync(Programs.EchoServer(arguments, environment), readOutput);

    /// <summary>Starts a server in a way of the test's own and waits until it listens.</summary>
    /// <param name="start">How to start it.</param>
    /// <param name="readOutput">False leaves standard output unread after the first line.</param>
    /// <param name="hasBudget">False for an engine that keeps no memory budget and so cannot account for it at the end.</param>
    public static async Task<ServerProcess> StartAsync(ProcessStartInfo start, bool readOutput = true, bool hasBudget = true)
    {
        var server = new ServerProcess(Process.Start(start)!, hasBudget);
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            server.FirstLine = await server._process.StandardOutput.ReadLineAsync(patience.Token)
                ?? throw new InvalidOperationException(
                    "the server ended: " + await server._process.StandardError.ReadToEndAsync(patience.Token));
            server._output.Enqueue(server.FirstLine);
            server.Port = int.Parse(ListeningLine().Match(server.FirstLine).Groups["port"].Value);
            if (readOutput)
            {
                server.BeginReading();
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a line of standard output matches.</summary>
    public async Task<string> WaitForLineAsync(Func<string, bool> matches)
    {
        await Wait.UntilAsync(() => _output.Any(matches), () => $"no such line in:\n{string.Join('\n', _output)}");
        return _output.First(matches);
    }

    /// <summary>Begins to read standard output, when the start was told not to.</summary>
    public void BeginReading()
    {
        _isReading = true;
        _pump = PumpAsync();
    }

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        Programs.Signal(_process.Id, "TERM");
        int exitCode = await WaitForExitAsync();
        await _pump;
        return exitCode;
    }

    /// <summary>Stops the server; everything held for its connections must have been given back.</summary>
    public async Task StopAndCheckBudgetAsync()
    {
        Assert.That(await StopAsync(), Is.Zero);
        if (_hasBudget)
        {
            Assert.That(Output, Has.Some.Contains("Memory budget: 0 bytes in use"));
        }
    }

    /// <summary>Waits for the end, whoever brings it about.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WaitForExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>All of standard error, once the process has ended.</summary>
    public Task<string> ReadErrorAsync() => _process.StandardError.ReadToEndAsync();

    /// <summary>Ends the process; where its output is read, in good order, and then nothing may be left held for any connection.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_process.HasExited && _isReading)
            {
                await StopAndCheckBudgetAsync();
            }
        }
        finally
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync();
            }

            _process.Dispose();
        }
    }

    private async Task PumpAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is string line)
        {
            _output.Enqueue(line);
        }
    }

    [GeneratedRegex(@"Listening on ws://.*:(?<port>\d+)")]
    private static partial Regex ListeningLine();
}
