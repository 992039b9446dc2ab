namespace EchoServer.Tests.Support;

/// <summary>The built server as a process of its own, on a free port. Ends with the test that started it.</summary>
internal sealed class ServerProcess(Process process, bool hasBudget) : IAsyncDisposable
{
    private static readonly Regex ListeningLine = new(@"(Listening on ws://|""endpoint"":"").*:(?<port>\d+)");

    /// <summary>How long anything in a test may take, on any machine: it only bounds a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<string> _output = new();
    private Task _pump = Task.CompletedTask;
    private bool _isReading;

    public int Port { get; private set; }

    public string FirstLine { get; private set; } = "";

    public IReadOnlyCollection<string> Output => _output;

    public int Id => process.Id;

    public Uri Url(string path = "/") => new($"ws://127.0.0.1:{Port}{path}");

    /// <summary>Starts <c>EchoServer.dll</c> and waits until it listens.</summary>
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
        return await server.StartedAsync(() => server.ReadFirstLineAsync(readOutput));
    }

    public async Task<string> WaitForLineAsync(Func<string, bool> matches)
    {
        await Wait.UntilAsync(() => _output.Any(matches), () => $"no such line in:\n{string.Join('\n', _output)}");
        return _output.First(matches);
    }

    public void BeginReading()
    {
        _isReading = true;
        _pump = PumpAsync();
    }

    public async Task<int> StopAsync()
    {
        Programs.Signal(process.Id, "TERM");
        int exitCode = await WaitForExitAsync();
        await _pump;
        return exitCode;
    }

    /// <summary>Stops the server; everything held for its connections must have been given back.</summary>
    public async Task StopAndCheckBudgetAsync()
    {
        Assert.That(await StopAsync(), Is.Zero);
        if (hasBudget)
        {
            Assert.That(Output, Has.Some.Contains("Memory budget: 0 bytes in use").Or.Some.Contains("\"event\":\"memory\",\"budgetUsedBytes\":0,"));
        }
    }

    public async Task<int> WaitForExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    public Task<string> ReadErrorAsync() => process.StandardError.ReadToEndAsync();

    /// <summary>Ends the process; where its output is read, in good order, and then nothing may be left held for any connection.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!process.HasExited && _isReading)
            {
                await StopAndCheckBudgetAsync();
            }
        }
        finally
        {
            await Programs.EndAsync(process);
        }
    }

    private async Task ReadFirstLineAsync(bool readOutput)
    {
        using var patience = new CancellationTokenSource(Patience);
        FirstLine = await process.StandardOutput.ReadLineAsync(patience.Token)
            ?? throw new InvalidOperationException("the server ended: " + await process.StandardError.ReadToEndAsync(patience.Token));
        _output.Enqueue(FirstLine);
        Port = int.Parse(ListeningLine.Match(FirstLine).Groups["port"].Value);
        if (readOutput)
        {
            BeginReading();
        }
    }

    private async Task PumpAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is string line)
        {
            _output.Enqueue(line);
        }
    }
}
