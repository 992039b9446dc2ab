using System.Runtime.CompilerServices;
using EchoServer.Buffers;

namespace EchoServer.WebSockets;

/// <summary>Bytes on their way to a socket: frames are appended at one end, sent bytes are removed at the other.</summary>
/// <remarks>
/// Holds memory only while it holds bytes: that of a step, until it is counted because it will be held for longer. A mutable value
/// with one owner, which says what thread may touch it.
/// </remarks>
internal struct OutputBuffer
{
    private const int MinBytes = 4096;

    private StepBuffer _memory;
    private int _start;
    private int _end;

    // Null while the bytes need not be counted, because they are about to be sent.
    private MemoryBudget? _countedIn;

    /// <summary>How many bytes wait.</summary>
    internal readonly int Length => _end - _start;

    /// <summary>The bytes that wait, in order.</summary>
    internal readonly ReadOnlySpan<byte> Waiting => _memory.Span[_start.._end];

    /// <summary>Appends one unmasked frame (RFC 6455 §5.2) whose payload comes in two parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AppendFrame(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isCompressed = false, bool isFinal = true)
    {
        int payload = checked(first.Length + second.Length);
        Span<byte> destination = Reserve(checked(Frame.MaxHeaderSize + payload));
        _end += Frame.Write(destination, opcode, first, second, maskingKey: null, isCompressed, isFinal);
    }

    /// <summary>Appends a frame without the end of its payload, which comes next.</summary>
    /// <param name="opcode">What the frame is.</param>
    /// <param name="first">The payload's beginning; may be empty.</param>
    /// <param name="rest">How many bytes of payload come after it.</param>
    /// <param name="isCompressed">Whether the frame carries a compressed message.</param>
    internal void AppendFrameStart(Opcode opcode, ReadOnlySpan<byte> first, int rest, bool isCompressed)
    {
        Span<byte> destination = Reserve(checked(Frame.MaxHeaderSize + first.Length));
        _end += Frame.WriteHeader(destination, opcode, checked(first.Length + rest), isCompressed: isCompressed);
        Append(first);
    }

    /// <summary>Appends bytes as they are.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            bytes.CopyTo(Reserve(bytes.Length));
            _end += bytes.Length;
        }
    }

    /// <summary>Whether the memory held is counted.</summary>
    internal readonly bool IsCounted => _countedIn is not null;

    /// <summary>Counts the memory held, because it will be held for a while: then it is not of the pool any more.</summary>
    /// <returns>False when the budget has no room for it; nothing is counted then.</returns>
    internal bool TryCount(MemoryBudget budget)
    {
        if (Length == 0 || _countedIn is not null)
        {
            return true;
        }

        if (!_memory.TryKeep(_start.._end, budget))
        {
            return false;
        }

        _end = Length;
        _start = 0;
        _countedIn = budget;
        return true;
    }

    /// <summary>Takes sent bytes off; gives the memory back when nothing waits.</summary>
    internal void Consume(int count)
    {
        _start += count;
        if (_start == _end)
        {
            Clear();
        }
    }

    /// <summary>Takes sent bytes off; of bytes that were offered behind those that wait, appends the rest.</summary>
    internal void Consume(int count, ReadOnlySpan<byte> behind)
    {
        int waited = Math.Min(count, Length);
        Consume(waited);
        Append(behind[(count - waited)..]);
    }

    /// <summary>Drops what waits and gives the memory back.</summary>
    internal void Clear()
    {
        Uncount();
        _memory.Dispose();
        _start = _end = 0;
    }

    /// <summary>Room for at least so many bytes behind what waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(int count)
    {
        if (_memory.Length - _end < count)
        {
            MakeRoom(count);
        }

        return _memory.Span[_end..];
    }

    private void MakeRoom(int count)
    {
        Uncount();
        _memory.Grow(_start.._end, Math.Max(checked(Length + count), MinBytes));
        _end = Length;
        _start = 0;
    }

    private void Uncount()
    {
        _countedIn?.GiveBack(_memory.Length);
        _countedIn = null;
    }
}
