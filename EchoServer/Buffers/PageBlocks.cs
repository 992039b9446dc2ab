namespace EchoServer.Buffers;

/// <summary>Whole pages from the system, the few that were used last kept for the next use.</summary>
/// <remarks>
/// Safe on any thread. A mapping and its first touch cost several microseconds, which would be a third of the echo of a 64 KiB message.
/// With the blocks kept here, the steady traffic of a few connections maps no pages.
/// </remarks>
internal static unsafe class PageBlocks
{
    private const int MaxKeptBlocks = 64;

    // How much a process keeps beyond its budget: a 64th of its memory, from a small instance's 1 MiB to what a few clients that echo
    // messages of a mebibyte use in turn.
    private const long MemoryPerKeptByte = 64;
    private const int KeptBytesOfSmallMachine = 1024 * 1024;
    private const int KeptBytesOfLargeMachine = 8 * 1024 * 1024;

    // Half of vm.max_map_count's default. The other half is for the runtime, which ends the process when a mapping is refused.
    private const int MaxMappings = 32 * 1024;

    private static readonly int MaxKeptBytes =
        (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryPerKeptByte, KeptBytesOfSmallMachine, KeptBytesOfLargeMachine);

    private static readonly Lock Gate = new();
    private static readonly (nint Start, int Size)[] Kept = new (nint, int)[MaxKeptBlocks];
    private static int _keptBlocks;
    private static int _keptBytes;
    private static int _mappings;

    /// <summary>The largest block that is kept, in bytes: one alone does not displace all others.</summary>
    internal static int MaxKeptBlockBytes => MaxKeptBytes / 4;

    /// <summary>Takes a block, its content unknown.</summary>
    /// <param name="size">A multiple of the page size.</param>
    /// <returns>Null when the process has as many mappings as it should.</returns>
    /// <exception cref="InsufficientMemoryException">The kernel refuses.</exception>
    internal static byte* Take(int size)
    {
        lock (Gate)
        {
            // From the end: the block that was used last is still in the processor's cache.
            for (int i = _keptBlocks - 1; i >= 0; i--)
            {
                if (Kept[i].Size == size)
                {
                    return (byte*)RemoveKept(i).Start;
                }
            }
        }

        return Map(size);
    }

    /// <summary>Gives a block back.</summary>
    internal static void GiveBack(byte* start, int size)
    {
        if (size > MaxKeptBlockBytes)
        {
            Unmap(start, size);
            return;
        }

        lock (Gate)
        {
            while (_keptBlocks == MaxKeptBlocks || _keptBytes + size > MaxKeptBytes)
            {
                (nint oldest, int oldestSize) = RemoveKept(0);
                Unmap((byte*)oldest, oldestSize);
            }

            Kept[_keptBlocks++] = ((nint)start, size);
            _keptBytes += size;
        }
    }

    private static (nint Start, int Size) RemoveKept(int index)
    {
        (nint Start, int Size) block = Kept[index];
        _keptBlocks--;
        _keptBytes -= block.Size;
        Array.Copy(Kept, index + 1, Kept, index, _keptBlocks - index);
        return block;
    }

    private static byte* Map(int size)
    {
        if (Interlocked.Increment(ref _mappings) > MaxMappings)
        {
            Interlocked.Decrement(ref _mappings);
            return null;
        }

        try
        {
            return LinuxMemory.Map((nuint)size);
        }
        catch (InsufficientMemoryException)
        {
            Interlocked.Decrement(ref _mappings);
            throw;
        }
    }

    private static void Unmap(byte* start, int size)
    {
        LinuxMemory.Unmap(start, (nuint)size);
        Interlocked.Decrement(ref _mappings);
    }
}
