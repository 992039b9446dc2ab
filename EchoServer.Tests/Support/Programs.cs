using EchoServer.Bench.Servers;
using NUnit.Framework.Constraints;

namespace EchoServer.Tests.Support;

internal sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    /// <summary>What the tutorial's client prints: one message, the greeting and the echo.</summary>
    public static ProgramResult Transcript { get; } = new(
        0,
        """
        Sent Message: Hi there!
        Received Message: Hi, this is the Echo-Server
        Received Message: Echo: Hi there!
        Disconnected from Server

        """,
        "");

    /// <summary>Asserts that the program printed nothing, said why in one line, and ended with this exit code.</summary>
    public void AssertFailed(int exitCode, IResolveConstraint error)
    {
        Assert.That((ExitCode, Output), Is.EqualTo((exitCode, "")), Error);
        Assert.That(Error, error);
        Assert.That(Error, Does.Match("^[^\n]*\n$"));
    }
}

/// <summary>Other processes: the program under test, and the tools that the tests need.</summary>
internal static class Programs
{
    // What the program reads: a test must not depend on the shell that it was started from.
    private static readonly string[] ProgramVariables =
    [
        "PORT", "VCAP_APPLICATION", "CF_INSTANCE_INDEX", "CF_INSTANCE_GUID", "LOG_LEVEL", "LOG_FORMAT", "LOG_MESSAGES", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
        "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT",
    ];

    public static string EchoServerDll => Path.Combine(AppContext.BaseDirectory, "EchoServer.dll");

    /// <summary>
    /// Starts the program under test: the executable that <c>ECHO_TEST_PROGRAM</c> names, where build.sh has published one, or else
    /// the <c>EchoServer.dll</c> beside the tests.
    /// </summary>
    public static string[] EchoServerCommand { get; } = TakeCommand();

    /// <summary>The same for a shell.</summary>
    public static string EchoServerShellCommand { get; } = string.Join(' ', EchoServerCommand.Select(word => $"'{word}'"));

    public static string BenchDll => Path.Combine(AppContext.BaseDirectory, "Bench.dll");

    public static string ProjectFolder => Folders.Project;

    public static ProcessStartInfo EchoServer(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string[]? command = null)
    {
        command ??= EchoServerCommand;
        ProcessStartInfo start = Start(command[0], [.. command[1..], .. arguments]);
        string[] own = [.. start.Environment.Keys.Where(name => name.StartsWith("ECHO_", StringComparison.Ordinal))];
        foreach (string variable in ProgramVariables.Concat(own))
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
    public static async Task<ProgramResult> RunAsync(ProcessStartInfo start, TimeSpan? atMost = null, string input = "")
    {
        await using var program = new RunningProgram(start);
        return await program.EndAsync(input, atMost);
    }

    private static string[] TakeCommand()
    {
        const string variable = "ECHO_TEST_PROGRAM";
        string? program = Environment.GetEnvironmentVariable(variable);

        // The program, started through a shell, would warn of a variable that it does not know.
        Environment.SetEnvironmentVariable(variable, null);
        return program is null ? ["dotnet", EchoServerDll] : [program];
    }

    /// <summary>Tests that run in the background of a shell are started with SIGINT ignored, or SIGHUP by nohup, and would pass that on.</summary>
    public static ProcessStartInfo WithDefaultSignals(ProcessStartInfo start) => Through(start, "env", "--default-signal=INT,HUP");

    /// <summary>Lets a shell redirect the standard streams, such as <c>&gt;/dev/full</c>.</summary>
    public static ProcessStartInfo Redirected(ProcessStartInfo start, string redirections) => Through(start, "sh", "-c", $"exec \"$@\" {redirections}", "sh");

    /// <summary>Makes another program start this one as its last arguments.</summary>
    public static ProcessStartInfo Through(ProcessStartInfo start, string program, params string[] arguments)
    {
        string[] command = [.. arguments, start.FileName, .. start.ArgumentList];
        start.FileName = program;
        start.ArgumentList.Clear();
        Array.ForEach(command, start.ArgumentList.Add);
        return start;
    }

    /// <summary>Kills a process that still runs, with its children, and waits for its end.</summary>
    public static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    public static void WriteScript(string path, string lines)
    {
        File.WriteAllText(path, $"#!/bin/bash\n{lines}\n");
        using Process chmod = Process.Start("chmod", ["+x", path]);
        chmod.WaitForExit();
    }

    public static void Signal(int processId, string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{processId}"]);
        kill.WaitForExit();
    }
}
