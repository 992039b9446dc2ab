using EchoServer.Buffers;
using EchoServer.Transport;

namespace EchoServer.Server;

/// <summary>Effective limits: the options with those resolved that leave it to the server.</summary>
/// <param name="Options">The options.</param>
/// <param name="MaxConnections">The most WebSocket connections.</param>
/// <param name="MemoryBudgetBytes">The most bytes that all connections together may make the server keep.</param>
internal sealed record ServerLimits(ServerOptions Options, int MaxConnections, long MemoryBudgetBytes)
{
    /// <summary>How many connections above the limit are still read and answered: pages, and 503 to handshakes.</summary>
    internal const int SurplusConnections = 24;

    /// <summary>How many more may be about to end, because newer ones have taken their places. Further ones are closed unread.</summary>
    /// <remarks>Both together are half of the reserved files: the other half is for files that the runtime loads later.</remarks>
    internal const int EndingConnections = 8;

    // Beside the files that are open already: for the listener, connections that are refused, files that the runtime loads later,
    // and an operator's tools.
    private const int ReservedFiles = 64;

    // Of an I/O thread: those of the first are among the reserved ones.
    private const int FilesOfThread = 2;

    // One that compresses has work enough for a processor of its own, whose cache then holds the windows of fewer connections.
    private const int MaxIoThreadsToCompress = 16;

    /// <summary>Resolves the options for this process.</summary>
    /// <remarks>
    /// The memory budget is a quarter of the memory that the runtime sees, unless it is given. Without a limit of connections, memory
    /// sets it. In either case files do: a process whose files are used up cannot load the next piece of its own code, and the
    /// runtime ends it then.
    /// </remarks>
    internal static ServerLimits Of(ServerOptions options)
    {
        long memory = options.MemoryBudgetBytes ?? MemoryBudget.DefaultLimit;
        long connections = options.MaxConnections ?? (memory / options.ConnectionBytes);
        long files = OpenFiles.ReadLimit() - OpenFiles.Count() - ReservedFilesOf(options);
        return new(options, (int)Math.Clamp(Math.Min(files, connections), 1, int.MaxValue), memory);
    }

    /// <summary>How many files the server needs beside those that are open already, its connections' aside.</summary>
    internal static int ReservedFilesOf(ServerOptions options) => ReservedFiles + (FilesOfThread * (IoThreadsOf(options) - 1));

    /// <summary>How many I/O threads: as asked for, or as this machine has.</summary>
    internal static int IoThreadsOf(ServerOptions options) => options.IoThreads ??
        (options.Compression ? Math.Min(Environment.ProcessorCount, MaxIoThreadsToCompress) : Transport.IoThreads.DefaultCount);
}
