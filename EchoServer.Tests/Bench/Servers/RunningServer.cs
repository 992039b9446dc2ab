using System.Diagnostics;
using System.Text.RegularExpressions;
using EchoServer.Text;

namespace EchoServer.Bench.Servers;

/// <summary>A server as a process of its own, listening on a free port of the loopback interface. Ends when disposed of.</summary>
internal sealed partial class RunningServer(ServerKind kind, Process process) : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    // What servers read: a figure must not depend on the shell that the bench was started from, nor on what the load engine set.
    private static readonly string[] StrippedPrefixes = ["DOTNET_", "COMPlus_", "ASPNETCORE_", "ECHO_", "LOG_", "NODE_", "BUN_", "UV_", "WS_"];

    private Task<string> _complaints = Task.FromResult("");
    private Task _output = Task.CompletedTask;

    public ServerKind Kind => kind;
    public int Port { get; private set; }

    public int Id => process.Id;

    private Process Process => process;

    public TimeSpan Cpu => ProcessClock.Read(Id);

    public ProcessMemory Memory => ProcessMemory.Read(Id);

    public Uri Url => new(Kind.IsRawTcp ? $"tcp://127.0.0.1:{Port}" : $"ws://127.0.0.1:{Port}/raw");

    /// <summary>Starts a server and waits until it says where it listens.</summary>
    public static async Task<RunningServer> StartAsync(ServerKind kind, CancellationToken stop)
    {
        var server = new RunningServer(kind, Process.Start(StartInfo(kind))!);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            patience.CancelAfter(StartTimeout);
            server._complaints = server.Process.StandardError.ReadToEndAsync(CancellationToken.None);
            string line = await server.Process.StandardOutput.ReadLineAsync(patience.Token) ?? "";
            Match match = ListeningLine().Match(line);
            if (!match.Success)
            {
                throw new InvalidOperationException(await server.ExplainAsync(line));
            }

            server.Port = int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture);
            server._output = server.Process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
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
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        await process.WaitForExitAsync();
        await _output;
        process.Dispose();
    }

    private static ProcessStartInfo StartInfo(ServerKind kind)
    {
        var start = new ProcessStartInfo(kind.Program, kind.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folders.Artifacts,
        };
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

    private async Task<string> ExplainAsync(string line)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        string said = (line + " " + await _complaints).Trim().ReplaceLineEndings(" ");
        return $"{Kind.Key}: it did not say where it listens, but: {EscapedText.From(said.AsSpan())}";
    }

    [GeneratedRegex(@"Listening on (ws|tcp)://\S*:(?<port>\d+)")]
    private static partial Regex ListeningLine();
}
