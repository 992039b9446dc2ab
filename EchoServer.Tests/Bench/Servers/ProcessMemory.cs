namespace EchoServer.Bench.Servers;

/// <summary>Memory of another process that is in RAM, shared file pages included (<c>/proc/PID/status</c>).</summary>
/// <param name="Resident">Bytes now (VmRSS).</param>
/// <param name="Anonymous">Those of them that are not of files: heaps, buffers and stacks (RssAnon).</param>
/// <param name="Peak">The most bytes so far (VmHWM).</param>
internal sealed record ProcessMemory(long Resident, long Anonymous, long Peak)
{
    /// <exception cref="IOException">The process has ended.</exception>
    public static ProcessMemory Read(int processId)
    {
        string[] lines = File.ReadAllLines($"/proc/{processId}/status");
        return new ProcessMemory(Bytes(lines, "VmRSS:"), Bytes(lines, "RssAnon:"), Bytes(lines, "VmHWM:"));
    }

    private static long Bytes(string[] lines, string name)
    {
        string line = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))
            ?? throw new IOException($"the process has no {name.TrimEnd(':')}: it has ended");
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
