namespace EchoServer.Tests.Soak;

/// <summary>How the server is doing at one moment, as the kernel and its own metrics tell it.</summary>
/// <param name="Seconds">Since the load began.</param>
/// <param name="Resident">Resident memory in bytes.</param>
/// <param name="Heap">Managed heap in bytes, garbage that was not collected yet included.</param>
/// <param name="BudgetUsed">Bytes of the memory budget in use.</param>
/// <param name="BudgetPeak">The most that ever was in use.</param>
/// <param name="Connections">Connections, those in their handshake or their close included.</param>
/// <param name="OpenFiles">Open file descriptors.</param>
/// <param name="Threads">Threads.</param>
internal sealed record Sample(
    double Seconds, long Resident, long Heap, long BudgetUsed, long BudgetPeak, int Connections, int OpenFiles, int Threads)
{
    public const string CsvHeader =
        "seconds,resident_bytes,heap_bytes,budget_used_bytes,budget_peak_bytes,connections,open_files,threads";

    public string ToCsv() => $"{Seconds:0.0},{Resident},{Heap},{BudgetUsed},{BudgetPeak},{Connections},{OpenFiles},{Threads}";
}
