namespace EchoServer.Tests.Support;

/// <summary>Runs a program in a terminal of 80 columns and 24 lines: Debian's tmux, one server for each.</summary>
internal sealed class TmuxTerminal : IAsyncDisposable
{
    public const string Tmux = "/usr/bin/tmux";

    private readonly string _folder = Directory.CreateTempSubdirectory("echo-terminal-").FullName;

    private string ExitFile => Path.Combine(_folder, "exit");

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

    /// <summary>Types characters, all in one go.</summary>
    public Task TypeAsync(string text) => RunAsync(["send-keys", "-l", text]);

    /// <summary>Types a line, and presses Enter.</summary>
    public async Task EnterAsync(string line)
    {
        await TypeAsync(line);
        await PressAsync("Enter");
    }

    /// <summary>Pastes a text, as a terminal does: with its marks where the program wants them.</summary>
    public async Task PasteAsync(string text)
    {
        await RunAsync(["set-buffer", text]);
        await RunAsync(["paste-buffer", "-p"]);
    }

    public Task ResizeAsync(int columns) => RunAsync(["resize-window", "-x", $"{columns}", "-y", "24"]);

    /// <summary>Clears the screen behind the program's back, as another program does that has had the terminal meanwhile.</summary>
    public Task ClearAsync() => RunAsync(["send-keys", "-R"]);

    /// <summary>The id of the program, a child of the terminal's shell.</summary>
    public async Task<int> ProgramIdAsync()
    {
        string shell = (await RunAsync(["display-message", "-p", "#{pane_pid}"])).TrimEnd();
        return int.Parse(File.ReadAllText($"/proc/{shell}/task/{shell}/children").Split(' ')[0]);
    }

    public async Task<string> ReadAsync(bool withColours = false) =>
        (await RunAsync(withColours ? ["capture-pane", "-p", "-e"] : ["capture-pane", "-p"])).TrimEnd('\n');

    /// <summary>Where the cursor is: column and line, from 0.</summary>
    public async Task<string> CursorAsync() => (await RunAsync(["display-message", "-p", "#{cursor_x},#{cursor_y}"])).TrimEnd();

    public async Task WaitForAsync(params string[] lines)
    {
        string screen = string.Join('\n', lines);
        Assert.That(await ReadUntilAsync(last => last == screen), Is.EqualTo(screen));
    }

    public async Task WaitForLineAsync(string line) =>
        Assert.That((await ReadUntilAsync(last => last.Split('\n').Contains(line))).Split('\n'), Has.Member(line));

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

    private async Task<string> ReadUntilAsync(Func<string, bool> isDue)
    {
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        string last = await ReadAsync();
        while (!isDue(last) && !patience.IsCancellationRequested)
        {
            await Task.Delay(30);
            last = await ReadAsync();
        }

        return last;
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
