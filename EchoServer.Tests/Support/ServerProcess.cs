using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EchoServer.Tests.Support;

/// <summary>The built server as a process of its own, on a free port. Ends with the test that started it.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    /// <summary>How long anything in a test may take: generous, because it only bounds a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private Task _pump = Task.CompletedTask;

    private ServerProcess(Process process) => _process = process;

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
    public static async Task<ServerProcess> StartAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, bool readOutput = true)
    {
        var server = new ServerProcess(Process.Start(Programs.EchoServer(arguments, environment))!);
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            server.FirstLine = await server._process.StandardOutput.ReadLineAsync(patience.Token)
                ?? throw new InvalidOperationException(
                    "the server ended: " + await server._process.StandardError.ReadToEndAsync(patience.Token));
            server._output.Enqueue(server.FirstLine);
            server.Port = int.Parse(ListeningLine().Match(server.FirstLine).Groups["port"].Value);
            server._pump = readOutput ? server.PumpAsync() : Task.CompletedTask;
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
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (Environment.TickCount64 < end)
        {
            if (_output.FirstOrDefault(matches) is string line)
            {
                return line;
            }

            await Task.Delay(10);
        }

        throw new TimeoutException($"no such line in:\n{string.Join('\n', _output)}");
    }

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        Programs.Signal(_process.Id, "TERM");
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        await _pump;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
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
