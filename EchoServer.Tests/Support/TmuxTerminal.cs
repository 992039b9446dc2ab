using System.Diagnostics;

namespace EchoServer.Tests.Support;

/// <summary>A program in a terminal of 80 columns and 24 lines, and what is on its screen: Debian's tmux, a server of its own for each.</summary>
internal sealed class TmuxTerminal : IAsyncDisposable
{
    /// <summary>Where Debian's package puts it.</summary>
    public const string Tmux = "/usr/bin/tmux";

    private readonly string _folder = Directory.CreateTempSubdirectory("echo-terminal-").FullName;

    private TmuxTerminal()
    {
    }

    private string ExitFile => Path.Combine(_folder, "exit");

    /// <summary>Starts a program and waits for nothing.</summary>
    /// <param name="start">The program; its environment is the terminal's.</param>
    public static async Task<TmuxTerminal> StartAsync(ProcessStartInfo start)
    {
        Requires.Tmux();
        var terminal = new TmuxTerminal();
        string command = string.Join(' ', start.ArgumentList.Prepend(start.FileName).Select(Quote));
        ProcessStartInfo tmux = terminal.Command(
            "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", $"{command}; echo $? >{Quote(terminal.ExitFile)}; sleep 1000");
        tmux.Environment.Clear();
        foreach ((string name, string? value) in start.Environment)
        {
            tmux.Environment[name] = value;
        }

        // tmux shows UTF-8 only where it is told that there is some.
        tmux.Environment["LC_ALL"] = "C.UTF-8";
        ProgramResult result = await Programs.RunAsync(tmux);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return terminal;
    }

    /// <summary>Presses keys, named as tmux does: <c>Enter</c>, <c>C-d</c>, <c>Left</c>.</summary>
    public Task PressAsync(params string[] keys) => RunAsync(["send-keys", .. keys]);

    /// <summary>Types text.</summary>
    public Task TypeAsync(string text) => RunAsync(["send-keys", "-l", text]);

    /// <summary>What is on the screen, without what is empty below.</summary>
    /// <param name="withColours">Whether colours are in it, as escape sequences.</param>
    public async Task<string> ReadAsync(bool withColours = false) =>
        (await RunAsync(withColours ? ["capture-pane", "-p", "-e"] : ["capture-pane", "-p"])).TrimEnd('\n');

    /// <summary>Where the cursor is: column and line, from 0.</summary>
    public async Task<string> CursorAsync() => (await RunAsync(["display-message", "-p", "#{cursor_x},#{cursor_y}"])).TrimEnd();

    /// <summary>Waits until the screen is as it should be; fails with what is on it.</summary>
    /// <param name="lines">Its lines, without what is empty below.</param>
    public async Task WaitForAsync(params string[] lines)
    {
        string screen = string.Join('\n', lines);
        string last = "";
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        while (!patience.IsCancellationRequested)
        {
            last = await ReadAsync();
            if (last == screen)
            {
                return;
            }

            await Task.Delay(30);
        }

        Assert.That(last, Is.EqualTo(screen));
    }

    /// <summary>Waits until a line of the screen is this one.</summary>
    public async Task WaitForLineAsync(string line)
    {
        string last = "";
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        while (!patience.IsCancellationRequested)
        {
            last = await ReadAsync();
            if (last.Split('\n').Contains(line))
            {
                return;
            }

            await Task.Delay(30);
        }

        Assert.That(last.Split('\n'), Has.Member(line));
    }

    /// <summary>Waits for the end of the program.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForExitAsync()
    {
        string text = "";
        await Wait.UntilAsync(() => File.Exists(ExitFile) && (text = File.ReadAllText(ExitFile)).EndsWith('\n'), () => "the program goes on");
        return int.Parse(text);
    }

    public async ValueTask DisposeAsync()
    {
        // With its server go the terminal and all that runs in it.
        await Programs.RunAsync(Command("kill-server"));
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> RunAsync(string[] arguments)
    {
        ProgramResult result = await Programs.RunAsync(Command(arguments));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return result.Output;
    }

    private ProcessStartInfo Command(params string[] arguments)
    {
        ProcessStartInfo start = Programs.Start(Tmux, ["-u", "-S", Path.Combine(_folder, "socket"), .. arguments]);
        start.Environment.Remove("TMUX");
        return start;
    }

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
