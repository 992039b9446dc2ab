using EchoServer.Transport;

namespace EchoServer.Server;

/// <summary>What this process can carry, where the options leave it open.</summary>
internal static class Capacity
{
    /// <summary>How many connections above the limit are still read and answered: pages, and 503 to handshakes.</summary>
    internal const int SurplusConnections = 24;

    /// <summary>How many more may be about to end, because newer ones have taken their places. What comes beyond is closed unread.</summary>
    /// <remarks>Both together are half of what is reserved: the other half is for what the runtime has yet to load.</remarks>
    internal const int EndingConnections = 8;

    // Beside what is open already: for the listener, what is being refused, what the runtime has yet to load, and what an operator
    // needs to look inside.
    private const int ReservedFiles = 64;

    // What an open connection costs outside the budget is about this much of managed memory.
    private const int ConnectionBytes = 2 * 1024;

    // One that compresses has work enough for a processor of its own, whose cache then holds the windows of fewer connections.
    private const int MostIoThreadsToCompress = 16;

    /// <summary>The memory budget: as asked for, or a quarter of the memory that the runtime sees.</summary>
    internal static long MemoryBudgetBytes(ServerOptions options) =>
        options.MemoryBudgetBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>The most connections: as asked for, or what memory allows; in either case no more than files allow.</summary>
    /// <remarks>A process whose files are used up cannot load the next piece of its own code: the runtime ends it then.</remarks>
    internal static int MaxConnections(ServerOptions options) => (int)Math.Clamp(
        Math.Min(OpenFiles.ReadLimit() - OpenFiles.Count() - ReservedFiles, options.MaxConnections ?? (MemoryBudgetBytes(options) / ConnectionBytes)),
        1,
        int.MaxValue);

    /// <summary>How many I/O threads: as asked for, or as this machine has.</summary>
    internal static int IoThreads(ServerOptions options) => options.IoThreads ??
        (options.Compression ? Math.Min(Environment.ProcessorCount, MostIoThreadsToCompress) : Transport.IoThreads.DefaultCount);
}
