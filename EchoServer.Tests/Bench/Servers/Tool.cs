using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using EchoServer.Text;

namespace EchoServer.Bench.Servers;

internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The commit that is measured, with <c>+</c> when files differ from it.</summary>
    public static string Commit { get; } = FindCommit();

    /// <summary>Returns the first line that a program prints; "unknown" when it cannot be run.</summary>
    public static string FirstLine(string program, params string[] arguments) =>
        Run(program, arguments) is [string line, ..] ? EscapedText.From(line.AsSpan()) : "unknown";

    /// <summary>The newest installed version of a shared framework that .NET 10 programs take.</summary>
    public static string Framework(string name) => Run("dotnet", "--list-runtimes")
        .Select(line => line.Split(' '))
        .Where(words => words.Length > 1 && words[0] == name && words[1].StartsWith("10.", StringComparison.Ordinal))
        .Select(words => EscapedText.From(words[1].AsSpan()))
        .LastOrDefault("unknown");

    public static string Package(string name)
    {
        string file = Path.Combine(Folders.Peers, "node_modules", name, "package.json");
        if (!File.Exists(file))
        {
            return "not installed";
        }

        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
        return EscapedText.From(json.RootElement.GetProperty("version").GetString().AsSpan());
    }

    /// <summary>Returns the path of a program; its bare name when no folder of the PATH has it.</summary>
    public static string OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists, program);

    private static string FindCommit()
    {
        if (Run("git", "-C", Folders.Project, "rev-parse", "--short", "HEAD") is not [string commit, ..])
        {
            return "unknown";
        }

        bool isChanged = Run("git", "-C", Folders.Project, "status", "--porcelain").Length > 0;
        return EscapedText.From(commit.AsSpan()) + (isChanged ? "+" : "");
    }

    private static string[] Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return [];
            }

            return process.ExitCode == 0 ? output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
        }
        catch (Win32Exception)
        {
            // No such program.
            return [];
        }
    }
}
