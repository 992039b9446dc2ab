using System.Text.Unicode;

namespace EchoServer.Commands.Options;

/// <summary>Refuses arguments and variables that are not UTF-8, in which the runtime replaces bytes with U+FFFD.</summary>
/// <remarks>Elsewhere than on Linux the bytes cannot be read, and nothing is refused.</remarks>
internal static class Utf8Input
{
    private const char Replacement = '\uFFFD';

    /// <summary>Refuses arguments.</summary>
    internal static void ThrowIfAltered(string[] arguments)
    {
        if (!Array.Exists(arguments, argument => argument.Contains(Replacement, StringComparison.Ordinal)))
        {
            return;
        }

        // The program's name stands before them.
        byte[][] all = Read("/proc/self/cmdline");
        int wrong = Array.FindIndex(all, Math.Max(0, all.Length - arguments.Length), bytes => !Utf8.IsValid(bytes));
        if (wrong >= 0)
        {
            throw new UsageException($"argument {wrong - (all.Length - arguments.Length) + 1}: the value (not shown) is not text in UTF-8");
        }
    }

    /// <summary>Reads an environment variable.</summary>
    /// <returns>Null when it is not set.</returns>
    /// <exception cref="UsageException">It is not UTF-8.</exception>
    internal static string? Variable(string name)
    {
        string? text = Environment.GetEnvironmentVariable(name);
        if (text is null || !text.Contains(Replacement, StringComparison.Ordinal))
        {
            return text;
        }

        byte[] start = Encoding.UTF8.GetBytes($"{name}=");
        return Array.Exists(Read("/proc/self/environ"), bytes => bytes.AsSpan().StartsWith(start) && !Utf8.IsValid(bytes))
            ? throw new UsageException($"{name}: the value (not shown) is not text in UTF-8")
            : text;
    }

    /// <summary>Reads strings as the kernel has them, each ended by a NUL.</summary>
    private static byte[][] Read(string file) => !OperatingSystem.IsLinux() ? []
        : [.. Encoding.Latin1.GetString(File.ReadAllBytes(file)).Split('\0').SkipLast(1).Select(Encoding.Latin1.GetBytes)];
}
