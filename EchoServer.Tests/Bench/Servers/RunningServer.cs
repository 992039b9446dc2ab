using System.Diagnostics;
using System.Text.RegularExpressions;
using EchoServer.Text;

namespace EchoServer.Bench.Servers;

/// <summary>A server as a process of its own, listening on a free port of the loopback interface. Ends when disposed of.</summary>
internal sealed partial class RunningServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(5);

    // What servers read: a figure must not depend on the shell that the bench was started from, nor on what the load engine set.
    private static readonly string[] StrippedPrefixes = ["DOTNET_", "COMPlus_", "ASPNETCORE_", "ECHO_", "LOG_", "NODE_", "BUN_", "UV_", "WS_"];

    private readonly Process _process;
    private Task<string> _complaints = Task.FromResult("");
    private Task _output = Task.CompletedTask;

    private RunningServer(ServerKind kind, Process process)
    {
        Kind = kind;
        _process = process;
    }

    public ServerKind Kind { get; }
    public int Port { get; private set; }

    public int Id => _process.Id;

    public TimeSpan Cpu => ProcessClock.Read(Id);

    public ProcessMemory Memory => ProcessMemory.Read(Id);

    public Uri Url(bool raw) => new(Kind.IsRawTcp ? $"tcp://127.0.0.1:{Port}" : $"ws://127.0.0.1:{Port}{(raw ? "/raw" : "/")}");

    /// <summary>Starts a server and waits until it says where it listens.</summary>
    public static async Task<RunningServer> StartAsync(ServerKind kind, CancellationToken stop, string? logFile = null)
    {
        var server = new RunningServer(kind, Process.Start(StartInfo(kind, logFile))!);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            patience.CancelAfter(StartTimeout);
            server._complaints = server._process.StandardError.ReadToEndAsync(CancellationToken.None);
            string line = logFile is null
                ? await server._process.StandardOutput.ReadLineAsync(patience.Token) ?? ""
                : await FirstLineAsync(logFile, server._process, patience.Token);
            Match match = ListeningLine().Match(line);
            if (!match.Success)
            {
                throw new InvalidOperationException(await server.ExplainAsync(line));
            }

            server.Port = int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture);
            server._output = server._process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            return server;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException($"{kind.Key}: it did not say where it listens within {StartTimeout.TotalSeconds} s");
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        await _output;
        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(ServerKind kind, string? logFile)
    {
        string[] arguments = logFile is null ? kind.Arguments : kind.LoggingArguments ?? kind.Arguments;

        // The shell gives way to the server: the process is the same.
        ProcessStartInfo start = logFile is null
            ? new(kind.Program, arguments)
            : new("/bin/sh", ["-c", "exec \"$@\" >\"$0\"", logFile, kind.Program, .. arguments]);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.WorkingDirectory = Folders.Artifacts;
        foreach (string variable in start.Environment.Keys.Where(IsStripped).ToArray())
        {
            start.Environment.Remove(variable);
        }

        start.Environment["PORT"] = "0";
        foreach ((string name, string value) in kind.Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static bool IsStripped(string variable) => variable != "DOTNET_ROOT"
        && Array.Exists(StrippedPrefixes, prefix => variable.StartsWith(prefix, StringComparison.Ordinal));

    private static async Task<string> FirstLineAsync(string file, Process process, CancellationToken stop)
    {
        while (true)
        {
            bool isLast = process.HasExited;
            string text = File.Exists(file) ? await ReadSharedAsync(file, stop) : "";
            int end = text.IndexOf('\n', StringComparison.Ordinal);
            if (end >= 0 || isLast)
            {
                return end >= 0 ? text[..end] : text;
            }

            await Task.Delay(LookAgain, stop);
        }
    }

    private static async Task<string> ReadSharedAsync(string file, CancellationToken stop)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(stop);
    }

    private async Task<string> ExplainAsync(string line)
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        string said = (line + " " + await _complaints).Trim().ReplaceLineEndings(" ");
        return $"{Kind.Key}: it did not say where it listens, but: {EscapedText.From(said.AsSpan())}";
    }

    [GeneratedRegex(@"Listening on (ws|tcp)://\S*:(?<port>\d+)")]
    private static partial Regex ListeningLine();
}
