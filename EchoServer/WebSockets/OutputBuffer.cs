using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using EchoServer.Buffers;

namespace EchoServer.WebSockets;

/// <summary>Bytes on their way to a socket: frames are appended at one end, sent bytes are removed at the other.</summary>
/// <remarks>
/// Holds memory only while it holds bytes: that of a step, until it is counted because it will be held for longer. Empty it is one
/// reference, because an idle connection has two. A mutable value with one owner, which says what thread may touch it.
/// </remarks>
internal struct OutputBuffer
{
    private const int MinBytes = 4096;

    // One that is not in use.
    [ThreadStatic]
    private static Content? _spare;

    private Content? _content;

    /// <summary>How many bytes wait.</summary>
    internal readonly int Length => _content is null ? 0 : _content.End - _content.Start;

    /// <summary>The bytes that wait, in order.</summary>
    internal readonly ReadOnlySpan<byte> Waiting => _content is null ? default : _content.Memory.Span[_content.Start.._content.End];

    /// <summary>Appends one unmasked frame (RFC 6455 §5.2) whose payload comes in two parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AppendFrame(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isCompressed = false, bool isFinal = true)
    {
        int payload = checked(first.Length + second.Length);
        Content content = Reserve(checked(Frame.MaxHeaderSize + payload));
        content.End += Frame.Write(content.Memory.Span[content.End..], opcode, first, second, maskingKey: null, isCompressed, isFinal);
    }

    /// <summary>Appends a frame without the end of its payload, which comes next.</summary>
    /// <param name="opcode">What the frame is.</param>
    /// <param name="first">The payload's beginning; may be empty.</param>
    /// <param name="rest">How many bytes of payload come after it.</param>
    /// <param name="isCompressed">Whether the frame carries a compressed message.</param>
    internal void AppendFrameStart(Opcode opcode, ReadOnlySpan<byte> first, int rest, bool isCompressed)
    {
        Content content = Reserve(checked(Frame.MaxHeaderSize + first.Length));
        content.End += Frame.WriteHeader(content.Memory.Span[content.End..], opcode, checked(first.Length + rest), isCompressed: isCompressed);
        Append(first);
    }

    /// <summary>Appends bytes as they are.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            Content content = Reserve(bytes.Length);
            bytes.CopyTo(content.Memory.Span[content.End..]);
            content.End += bytes.Length;
        }
    }

    /// <summary>Whether the memory held is counted.</summary>
    internal readonly bool IsCounted => _content?.CountedIn is not null;

    /// <summary>Counts the memory held, because it will be held for a while: then it is not of the pool any more.</summary>
    /// <returns>False when the budget has no room for it; nothing is counted then.</returns>
    internal readonly bool TryCount(MemoryBudget budget)
    {
        if (_content is null || IsCounted)
        {
            return true;
        }

        if (!_content.Memory.TryKeep(_content.Start.._content.End, budget))
        {
            return false;
        }

        _content.MovedToStart();
        _content.CountedIn = budget;
        return true;
    }

    /// <summary>Takes sent bytes off; gives the memory back when nothing waits.</summary>
    internal void Consume(int count)
    {
        if (_content is not null && (_content.Start += count) == _content.End)
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
        if (_content is not null)
        {
            _content.Drop();
            _spare = _content;
            _content = null;
        }
    }

    /// <summary>The content, with room for at least so many bytes behind what waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Content Reserve(int count)
    {
        if (_content is null || _content.Memory.Length - _content.End < count)
        {
            MakeRoom(count);
        }

        return _content;
    }

    [MemberNotNull(nameof(_content))]
    private void MakeRoom(int count)
    {
        if (_content is null)
        {
            _content = _spare ?? new Content();
            _spare = null;
        }

        _content.MakeRoom(count);
    }

    /// <summary>What a buffer has while bytes wait.</summary>
    private sealed class Content
    {
        // A buffer is a mutable value.
        internal StepBuffer Memory;

        internal int Start { get; set; }

        internal int End { get; set; }

        /// <summary>Null while the bytes need not be counted, because they are about to be sent.</summary>
        internal MemoryBudget? CountedIn { get; set; }

        internal void MakeRoom(int count)
        {
            Uncount();
            Memory.Grow(Start..End, Math.Max(checked(End - Start + count), MinBytes));
            MovedToStart();
        }

        internal void MovedToStart()
        {
            End -= Start;
            Start = 0;
        }

        /// <summary>Gives back the memory, but for an array, which the thread's next step needs.</summary>
        internal void Drop()
        {
            Uncount();
            if (Memory.IsNative)
            {
                Memory.Dispose();
            }

            Start = End = 0;
        }

        private void Uncount()
        {
            CountedIn?.GiveBack(Memory.Length);
            CountedIn = null;
        }
    }
}
