using System.Runtime.InteropServices;

namespace EchoServer.Buffers;

/// <summary>Pages of memory from Linux; see mmap(2) and mremap(2).</summary>
/// <remarks>Safe on any thread.</remarks>
internal static unsafe partial class LinuxMemory
{
    // Same numbers on every architecture that .NET runs on with Linux.
    private const int ReadWrite = 0x1 | 0x2;
    private const int PrivateAnonymous = 0x02 | 0x20;
    private const int NoFile = -1;
    private const int MayMove = 1;

    /// <summary>Takes pages; each costs memory only once it is written to.</summary>
    /// <exception cref="InsufficientMemoryException">The kernel refuses.</exception>
    internal static byte* Map(nuint bytes) => Check(MemoryMap(null, bytes, ReadWrite, PrivateAnonymous, NoFile, 0));

    /// <summary>Makes a mapping larger, here or elsewhere.</summary>
    /// <exception cref="InsufficientMemoryException">The kernel refuses; the mapping is as it was.</exception>
    internal static byte* Remap(byte* start, nuint bytes, nuint newBytes) => Check(MemoryRemap(start, bytes, newBytes, MayMove));

    /// <summary>Gives pages back.</summary>
    internal static void Unmap(byte* start, nuint bytes) => _ = MemoryUnmap(start, bytes);

    private static byte* Check(byte* start) => start != (byte*)-1 ? start : throw new InsufficientMemoryException();

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* MemoryMap(byte* hint, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mremap")]
    private static partial byte* MemoryRemap(byte* start, nuint bytes, nuint newBytes, int flags);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int MemoryUnmap(byte* start, nuint bytes);
}
