using System.Numerics;
using System.Runtime.InteropServices;

namespace EchoServer.Buffers;

/// <summary>Bytes outside the garbage-collected heap, for what a connection keeps.</summary>
/// <remarks>
/// <para>
/// An array that is returned becomes garbage, and a large or old array is collected late: the process goes on holding memory that its
/// budget calls free. On Linux a buffer of a page or more consists of pages of its own, which go back to the system when it is freed,
/// but for the few that <see cref="PageBlocks"/> keeps. Smaller buffers, and all of them on other systems, are malloc's.
/// </para>
/// <para>
/// A mutable value with one owner. Only one copy may be grown or freed, and a span over it is invalid afterwards.
/// </para>
/// </remarks>
internal unsafe struct NativeBuffer
{
    private const int MinBytes = 16;

    // Sizes are multiples of 16, so that the lowest bit is free for this.
    private const int MappedFlag = 1;

    private byte* _start;
    private int _sizeAndFlag;

    /// <summary>How many bytes there are; 0 where there is no memory.</summary>
    internal readonly int Length => _sizeAndFlag & ~MappedFlag;

    /// <summary>The bytes.</summary>
    internal readonly Span<byte> Span => new(_start, Length);

    private static int PageBytes { get; } = Environment.SystemPageSize;

    private readonly bool IsMapped => (_sizeAndFlag & MappedFlag) != 0;

    /// <summary>How much memory a buffer takes, which is what a budget has to count.</summary>
    /// <param name="bytes">How many bytes are needed.</param>
    /// <returns>
    /// At least that, and less than a quarter or a page more. There are few sizes, so that freed memory fits the next buffer and a buffer
    /// that grows in small steps seldom moves. A power of two from 16 on is itself.
    /// </returns>
    /// <exception cref="OverflowException">It would be 2 GiB or more.</exception>
    internal static int SizeFor(int bytes)
    {
        if (bytes <= MinBytes)
        {
            return MinBytes;
        }

        int quarter = 1 << (BitOperations.Log2((uint)bytes - 1) - 2);
        int step = Math.Max(quarter, bytes > PageBytes ? PageBytes : MinBytes);
        return checked(bytes + (step - 1)) & -step;
    }

    /// <summary>Takes memory, its content unknown.</summary>
    /// <param name="bytes">How many bytes are needed; <see cref="SizeFor"/> says how many there will be.</param>
    /// <exception cref="OutOfMemoryException">The system has no memory left for it.</exception>
    internal static NativeBuffer Allocate(int bytes)
    {
        int size = SizeFor(bytes);
        byte* pages = OperatingSystem.IsLinux() && size >= PageBytes ? PageBlocks.Take(size) : null;
        return pages is not null
            ? new NativeBuffer { _start = pages, _sizeAndFlag = size | MappedFlag }
            : new NativeBuffer { _start = (byte*)NativeMemory.Alloc((nuint)size), _sizeAndFlag = size };
    }

    /// <summary>Takes more memory, or the first, and keeps the content.</summary>
    /// <param name="bytes">How many bytes are needed, not less than there are; <see cref="SizeFor"/> says how many there will be.</param>
    /// <exception cref="OutOfMemoryException">The system has no memory left for it; nothing has changed.</exception>
    internal void Grow(int bytes)
    {
        int size = SizeFor(bytes);
        if (IsMapped && size > PageBlocks.MaxKeptBlockBytes)
        {
            // The kernel moves pages in its tables, not their bytes.
            _start = LinuxMemory.Remap(_start, (nuint)Length, (nuint)size);
            _sizeAndFlag = size | MappedFlag;
            return;
        }

        NativeBuffer larger = Allocate(size);
        Span.CopyTo(larger.Span);
        Free(budget: null);
        this = larger;
    }

    /// <summary>As <see cref="Grow"/>, within a budget.</summary>
    /// <param name="bytes">How many bytes are needed.</param>
    /// <param name="budget">Where the added bytes are counted; null for nowhere.</param>
    /// <returns>False, with nothing changed, when the budget or the system has no memory left for it.</returns>
    internal bool TryGrow(int bytes, IByteBudget? budget)
    {
        int added = SizeFor(bytes) - Length;
        if (budget?.TryTake(added) == false)
        {
            return false;
        }

        try
        {
            Grow(bytes);
            return true;
        }
        catch (OutOfMemoryException)
        {
            budget?.GiveBack(added);
            return false;
        }
    }

    /// <summary>Gives the memory back. Without memory it does nothing.</summary>
    /// <param name="budget">Where it was counted; null for nowhere.</param>
    internal void Free(IByteBudget? budget)
    {
        int size = Length;
        if (size == 0)
        {
            return;
        }

        if (IsMapped)
        {
            PageBlocks.GiveBack(_start, size);
        }
        else
        {
            NativeMemory.Free(_start);
        }

        this = default;
        budget?.GiveBack(size);
    }
}
