using System.Buffers;

namespace EchoServer.Buffers;

/// <summary>Bytes for the time of one step: to compress into, to encode into.</summary>
/// <remarks>
/// Up to 64 KiB an array of the shared pool, which costs next to nothing; beyond that native memory, because the pool would keep large
/// arrays, and what it cannot keep would be garbage. Same rules as <see cref="NativeBuffer"/>.
/// </remarks>
internal struct StepBuffer : IDisposable
{
    /// <summary>The largest array of the shared pool that is rented, in bytes.</summary>
    internal const int MaxArrayBytes = 64 * 1024;

    private byte[]? _array;
    private NativeBuffer _native;

    /// <summary>Takes memory, its content unknown.</summary>
    /// <param name="bytes">How many bytes are needed, 0 or more.</param>
    internal StepBuffer(int bytes)
    {
        if (bytes <= MaxArrayBytes)
        {
            _array = ArrayPool<byte>.Shared.Rent(bytes);
        }
        else
        {
            _native = NativeBuffer.Allocate(bytes);
        }
    }

    /// <summary>How many bytes there are, at least as many as were asked for.</summary>
    internal readonly int Length => _array?.Length ?? _native.Length;

    /// <summary>The bytes.</summary>
    internal readonly Span<byte> Span => _array is null ? _native.Span : _array;

    /// <summary>Whether it is native memory.</summary>
    internal readonly bool IsNative => _native.Length > 0;

    /// <summary>Moves the used bytes to the start, and makes room behind them.</summary>
    /// <param name="used">The bytes to keep.</param>
    /// <param name="bytes">How many bytes are needed in all.</param>
    internal void Grow(Range used, int bytes)
    {
        if (IsNative)
        {
            Span[used].CopyTo(Span);
            if (bytes > Length)
            {
                _native.Grow(bytes);
            }
        }
        else
        {
            var larger = new StepBuffer(bytes);
            Span[used].CopyTo(larger.Span);
            Dispose();
            this = larger;
        }
    }

    /// <summary>Counts the memory, because it will outlive the step; an array of the pool is exchanged for native memory before.</summary>
    /// <param name="used">The used bytes; they lie at the start afterwards.</param>
    /// <param name="budget">Where it is counted; to be given back with <see cref="Length"/>.</param>
    /// <returns>False, with nothing changed, when the budget has no room for it.</returns>
    internal bool TryKeep(Range used, IByteBudget budget)
    {
        Span<byte> content = Span[used];
        if (IsNative)
        {
            bool hasRoom = budget.TryTake(Length);
            if (hasRoom)
            {
                content.CopyTo(Span);
            }

            return hasRoom;
        }

        NativeBuffer kept = default;
        if (!kept.TryGrow(content.Length, budget))
        {
            return false;
        }

        content.CopyTo(kept.Span);
        Dispose();
        _native = kept;
        return true;
    }

    /// <summary>Gives the memory back. Without memory it does nothing.</summary>
    public void Dispose()
    {
        if (_array is not null)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _native.Free(budget: null);
        this = default;
    }
}
