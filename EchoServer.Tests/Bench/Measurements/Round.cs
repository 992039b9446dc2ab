namespace EchoServer.Bench.Measurements;

/// <summary>One round of one server.</summary>
internal sealed record Round(long Count, long Errors, TimeSpan Elapsed, TimeSpan Cpu)
{
    public double CpuEach => Cpu.TotalMicroseconds / Count;

    public double Rate => Count / Elapsed.TotalSeconds;
}
