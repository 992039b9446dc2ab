using System.Runtime.InteropServices;
using EchoServer.Text;

namespace EchoServer.Bench.Report;

/// <summary>The machine that a run was on.</summary>
internal sealed record Machine(string Cpu, int Cores, long MemoryBytes, string Kernel, string System)
{
    public static Machine Read() => new(
        Value("/proc/cpuinfo", "model name", ':') ?? "unknown",
        Environment.ProcessorCount,
        long.Parse((Value("/proc/meminfo", "MemTotal", ':') ?? "0 kB").Split(' ')[0], CultureInfo.InvariantCulture) * 1024,
        ReadLine("/proc/sys/kernel/osrelease"),
        Value("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? RuntimeInformation.OSDescription);

    private static string? Value(string file, string name, char separator) => File.Exists(file)
        ? File.ReadLines(file)
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Select(line => EscapedText.From(line[(line.IndexOf(separator, StringComparison.Ordinal) + 1)..].Trim().AsSpan()))
            .FirstOrDefault()
        : null;

    private static string ReadLine(string file) => File.Exists(file) ? EscapedText.From(File.ReadAllText(file).Trim().AsSpan()) : "unknown";
}
