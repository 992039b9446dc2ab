using System.Buffers;
using EchoServer.WebSockets;

namespace EchoServer.Hosting;

/// <summary>Bytes on their way to a socket: frames are appended at one end, what was sent is taken off the other.</summary>
/// <remarks>
/// Holds memory only while it holds bytes. A mutable value with an owner: <see cref="Outbound"/> says which thread may touch it.
/// </remarks>
internal struct OutputBuffer
{
    private const int LeastBytes = 4096;

    private byte[]? _bytes;
    private int _start;
    private int _end;

    // Null while the bytes need not be counted, because they are about to be sent.
    private MemoryBudget? _countedIn;

    /// <summary>How many bytes wait.</summary>
    internal readonly int Length => _end - _start;

    /// <summary>The bytes that wait, in order.</summary>
    internal readonly ReadOnlyMemory<byte> Waiting => new(_bytes, _start, Length);

    /// <summary>Appends one unfragmented, unmasked frame (RFC 6455 §5.2) whose payload comes in two parts.</summary>
    internal void AppendFrame(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isCompressed = false)
    {
        int payload = checked(first.Length + second.Length);
        int header = Frame.SizeOfHeader(payload, masked: false);
        Span<byte> destination = Reserve(checked(header + payload));
        Frame.WriteHeader(destination, opcode, payload, isCompressed: isCompressed);
        first.CopyTo(destination[header..]);
        second.CopyTo(destination[(header + first.Length)..]);
        _end += header + payload;
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

    /// <summary>Counts the memory held, because it will be held for a while.</summary>
    /// <returns>False when the budget has no room for it; nothing is counted then.</returns>
    internal bool TryCount(MemoryBudget budget)
    {
        if (_bytes is null || _countedIn is not null)
        {
            return true;
        }

        bool hasRoom = budget.TryTake(_bytes.Length);
        _countedIn = hasRoom ? budget : null;
        return hasRoom;
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

    /// <summary>Drops what waits and gives the memory back.</summary>
    internal void Clear()
    {
        _start = _end = 0;
        ReturnArray();
    }

    /// <summary>Room for at least so many bytes behind what waits.</summary>
    private Span<byte> Reserve(int count)
    {
        if (_bytes is null || _bytes.Length - _end < count)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + count), LeastBytes));
            _bytes.AsSpan(_start, Length).CopyTo(larger);
            _end = Length;
            _start = 0;
            ReturnArray();
            _bytes = larger;
        }

        return _bytes.AsSpan(_end);
    }

    private void ReturnArray()
    {
        if (_bytes is not null)
        {
            _countedIn?.GiveBack(_bytes.Length);
            _countedIn = null;
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = null;
        }
    }
}
