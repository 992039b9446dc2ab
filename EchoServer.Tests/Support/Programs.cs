using System.Diagnostics;

namespace EchoServer.Tests.Support;

/// <summary>What a program printed, and how it ended.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Error);

/// <summary>Other processes: the program under test, and the tools that the tests need.</summary>
internal static class Programs
{
    // What the program reads: a test must not depend on the shell that it was started from.
    private static readonly string[] ProgramVariables =
    [
        "PORT", "ECHO_GREETING", "ECHO_PREFIX", "ECHO_MAX_MESSAGE_BYTES", "ECHO_INFO", "ECHO_METRICS",
        "VCAP_APPLICATION", "CF_INSTANCE_INDEX", "CF_INSTANCE_GUID", "LOG_LEVEL", "LOG_FORMAT", "LOG_MESSAGES",
        "ECHO_BASIC_AUTH", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
        "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT",
    ];

    /// <summary>The <c>EchoServer.dll</c> that was built with the tests.</summary>
    public static string EchoServerDll => Path.Combine(AppContext.BaseDirectory, "EchoServer.dll");

    /// <summary>The <c>Bench.dll</c> that was built with the tests.</summary>
    public static string BenchDll => Path.Combine(AppContext.BaseDirectory, "Bench.dll");

    /// <summary>The top folder of the project.</summary>
    public static string ProjectFolder { get; } = FindProjectFolder();

    public static ProcessStartInfo EchoServer(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = Start("dotnet", [EchoServerDll, .. arguments]);
        foreach (string variable in ProgramVariables)
        {
            start.Environment.Remove(variable);
        }

        start.Environment["PORT"] = "0";
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return start;
    }

    public static ProcessStartInfo Start(string program, IEnumerable<string> arguments, string? folder = null) => new(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = folder ?? AppContext.BaseDirectory,
    };

    /// <summary>Runs a program to its end; one that takes too long is killed and fails the test.</summary>
    /// <param name="start">The program.</param>
    /// <param name="atMost">How long it may take; <see cref="ServerProcess.Patience"/> unless told otherwise.</param>
    /// <param name="input">What it finds on standard input.</param>
    public static async Task<ProgramResult> RunAsync(ProcessStartInfo start, TimeSpan? atMost = null, string input = "")
    {
        using Process process = Process.Start(start)!;
        Task writing = WriteAsync(process.StandardInput, input);
        using var patience = new CancellationTokenSource(atMost ?? ServerProcess.Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            await writing;
            return new ProgramResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end");
        }
    }

    private static async Task WriteAsync(StreamWriter writer, string text)
    {
        try
        {
            await writer.WriteAsync(text);
            writer.Close();
        }
        catch (IOException)
        {
            // Who ends before it has read everything did not want the rest.
        }
    }

    /// <summary>Tests that run in the background of a shell are started with SIGINT ignored, and would pass that on.</summary>
    public static ProcessStartInfo WithDefaultSignals(ProcessStartInfo start)
    {
        string[] command = ["--default-signal=INT", start.FileName, .. start.ArgumentList];
        start.FileName = "env";
        start.ArgumentList.Clear();
        Array.ForEach(command, start.ArgumentList.Add);
        return start;
    }

    /// <summary>Sends a signal to a process that the test started.</summary>
    public static void Signal(int processId, string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{processId}"]);
        kill.WaitForExit();
    }

    private static string FindProjectFolder()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "manifest.yml")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("manifest.yml is in no folder above the tests");
    }
}
