namespace EchoServer.Tests.Support;

/// <summary>A program that a test talks to while it runs. Ends with the test, and so do its children.</summary>
internal sealed class RunningProgram(ProcessStartInfo start) : IAsyncDisposable
{
    private readonly Process _process = Process.Start(start)!;

    public int Id => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>Starts the program under test.</summary>
    public static RunningProgram EchoServer(params string[] arguments) => new(Programs.WithDefaultSignals(Programs.EchoServer(arguments)));

    public void Signal(string signal) => Programs.Signal(Id, signal);

    /// <summary>Reads up to a line that matches.</summary>
    public async Task<string> ReadLineAsync(string pattern = "")
    {
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        var seen = new StringBuilder();
        while (await Output.ReadLineAsync(patience.Token) is string line)
        {
            if (Regex.IsMatch(line, pattern))
            {
                return line;
            }

            seen.AppendLine(line);
        }

        throw new EndOfStreamException($"no line matches '{pattern}' in:\n{seen}{await _process.StandardError.ReadToEndAsync(patience.Token)}");
    }

    /// <summary>Waits for its end; it may not take too long.</summary>
    /// <param name="input">What it gets before its input is closed; null leaves its input open.</param>
    /// <param name="atMost">How long it may take.</param>
    /// <returns>How it ended, and what it printed that has not been read.</returns>
    public async Task<ProgramResult> EndAsync(string? input = null, TimeSpan? atMost = null)
    {
        Task writing = input is null ? Task.CompletedTask : WriteAsync(input);
        using var patience = new CancellationTokenSource(atMost ?? ServerProcess.Patience);
        try
        {
            Task<string> output = Output.ReadToEndAsync(patience.Token);
            Task<string> error = _process.StandardError.ReadToEndAsync(patience.Token);
            await _process.WaitForExitAsync(patience.Token);
            await writing;
            return new ProgramResult(_process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end");
        }
    }

    public async ValueTask DisposeAsync() => await Programs.EndAsync(_process);

    private async Task WriteAsync(string text)
    {
        try
        {
            await Input.WriteAsync(text);
            Input.Close();
        }
        catch (IOException)
        {
            // A program that ends before it has read everything did not want the rest.
        }
    }
}
