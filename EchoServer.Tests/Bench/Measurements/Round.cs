namespace EchoServer.Bench.Measurements;

/// <summary>What one server did in one round.</summary>
/// <param name="Count">Messages echoed, or connections made.</param>
/// <param name="Errors">What went wrong meanwhile: a round with errors measures something else.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Cpu">CPU time of the server's process meanwhile.</param>
internal sealed record Round(long Count, long Errors, TimeSpan Elapsed, TimeSpan Cpu)
{
    /// <summary>CPU microseconds for each message.</summary>
    public double CpuEach => Cpu.TotalMicroseconds / Count;

    /// <summary>Messages a second.</summary>
    public double Rate => Count / Elapsed.TotalSeconds;
}
