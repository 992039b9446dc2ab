namespace EchoServer.Buffers;

/// <summary>
/// Input that is not used up: less than a head, a header or a control frame, or what must wait until output is sent. Kept in memory
/// of its own size, so that a connection in the middle of something does not hold a whole receive buffer.
/// </summary>
/// <remarks>A mutable value: belongs to one connection's loop, which gives the same budget each time.</remarks>
internal struct PendingInput
{
    private NativeBuffer _memory;

    /// <summary>How many bytes are kept.</summary>
    internal int Length { get; private set; }

    /// <summary>Keeps a copy. Nothing may be kept already.</summary>
    /// <returns>False, with nothing kept, when the budget has no room for it.</returns>
    internal bool TryKeep(ReadOnlySpan<byte> input, IByteBudget budget)
    {
        if (input.IsEmpty)
        {
            return true;
        }

        if (!_memory.TryGrow(input.Length, budget))
        {
            return false;
        }

        Length = input.Length;
        input.CopyTo(_memory.Span);
        return true;
    }

    /// <summary>Moves the bytes to the start of a buffer that is long enough.</summary>
    internal void MoveTo(Span<byte> buffer, IByteBudget budget)
    {
        _memory.Span[..Length].CopyTo(buffer);
        Drop(budget);
    }

    /// <summary>Gives back the memory.</summary>
    internal void Drop(IByteBudget budget)
    {
        if (Length > 0)
        {
            _memory.Free(budget);
            Length = 0;
        }
    }
}
