using System.Globalization;
using System.Runtime.InteropServices;
using EchoServer.Text;

namespace EchoServer.Bench.Report;

/// <summary>The machine that a run was on.</summary>
/// <param name="Cpu">Its processor's model.</param>
/// <param name="Cores">How many of its cores this program may use.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Kernel">The kernel's version.</param>
/// <param name="System">The distribution.</param>
internal sealed record Machine(string Cpu, int Cores, long MemoryBytes, string Kernel, string System)
{
    /// <summary>Asks the system.</summary>
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
