using System.Numerics;
using EchoServer.Buffers;
using EchoServer.WebSockets.Compression;

namespace EchoServer.WebSockets;

/// <summary>Puts together a message that does not lie whole in one plain frame: fragments, pieces and compressed data.</summary>
/// <remarks>
/// The buffer grows with the bytes that really arrived, never with the declared length. A compressed message (RFC 7692 §6.2, §7.2.2)
/// is decompressed into it as it arrives. A mutable value: belongs to one <see cref="MessageReader"/>.
/// </remarks>
internal struct MessageAssembler(int maxMessageBytes, int maxFragments, IByteBudget? budget)
{
    // How much larger than its compressed form a message is taken for, before anything is known of it.
    private const int AssumedRatio = 4;
    private const int MinInflatedBytes = 512;

    private NativeBuffer _message;
    private int _messageBytes;
    private int _fragments;
    private Utf8Stream _utf8;
    private bool _isText;
    private bool _isCompressed;

    /// <summary>Compression, where it was agreed on.</summary>
    internal PerMessageDeflate? Deflate { get; init; }

    /// <summary>The largest message that is put together.</summary>
    internal readonly int MaxMessageBytes => maxMessageBytes;

    /// <summary>Whether a message has begun and not ended.</summary>
    internal bool IsInMessage { get; private set; }

    /// <summary>Whether it holds a message, which has begun, or has ended and is not released.</summary>
    internal readonly bool HasMessage => IsInMessage || _message.Length > 0;

    /// <summary>Bytes of memory held for the message.</summary>
    internal readonly int HeldBytes => _message.Length;

    /// <summary>Judges a data frame by its header, before a byte of it is kept.</summary>
    /// <returns>The rule that it breaks, or null.</returns>
    internal ProtocolViolation? Declare(in Frame frame) =>
        CheckSequence(frame) ?? CheckFragments(frame) ?? (IsCompressed(frame) ? CheckCompressed(frame) : CheckSize(frame));

    /// <summary>Whether a data frame is, or belongs to, a message that is compressed.</summary>
    internal readonly bool IsCompressed(in Frame frame) => frame.IsCompressed || (IsInMessage && _isCompressed);

    /// <summary>Begins the message that a data frame opens; a frame inside a message changes nothing.</summary>
    internal void Begin(in Frame frame)
    {
        if (!IsInMessage)
        {
            IsInMessage = true;
            _isCompressed = frame.IsCompressed;
            _isText = frame.Opcode == Opcode.Text;
            _utf8 = default;
        }
    }

    /// <summary>Takes a piece of a frame's payload.</summary>
    /// <param name="masked">The piece as it arrived; compressed data is unmasked in place.</param>
    /// <param name="key">The masking key at this place of the payload.</param>
    /// <param name="isWholeMessage">Whether there is no more of the message than this.</param>
    /// <returns>The rule that it breaks, or null.</returns>
    internal ProtocolViolation? Append(Span<byte> masked, uint key, bool isWholeMessage) =>
        _isCompressed ? AppendCompressed(masked, key, isWholeMessage) : AppendPlain(masked, key);

    /// <summary>Ends the message.</summary>
    /// <param name="message">The message; valid until <see cref="Release"/>.</param>
    /// <returns>The rule that it breaks, or null.</returns>
    internal ProtocolViolation? End(out ReadOnlySpan<byte> message)
    {
        message = default;
        ProtocolViolation? violation = _isCompressed ? EndCompressed() : null;
        violation ??= _isText && !_utf8.IsComplete ? NotUtf8() : null;
        if (violation is null)
        {
            if (_isCompressed)
            {
                Deflate!.CountReceived(_messageBytes);
            }

            message = _message.Span[.._messageBytes];
            IsInMessage = false;
        }

        return violation;
    }

    /// <summary>Gives back the memory of a message that has ended; one that is still arriving is left alone.</summary>
    internal void Release()
    {
        if (_message.Length > 0 && !IsInMessage)
        {
            Free();
        }
    }

    /// <summary>Gives back all memory, a message that is still arriving included.</summary>
    internal void Abandon()
    {
        IsInMessage = false;
        Release();
        Deflate?.LeaveMessage();
    }

    internal static ProtocolViolation NotUtf8() => new(CloseCode.InvalidPayloadData, "a text message is not UTF-8");

    private void Free()
    {
        _message.Free(budget);
        _messageBytes = 0;
    }

    private readonly ProtocolViolation? CheckSequence(in Frame frame)
    {
        // RFC 6455 §5.4: fragments are one opening frame, then continuations up to the one with FIN, with no other data between.
        if (frame.Opcode == Opcode.Continuation)
        {
            return IsInMessage ? null : new(CloseCode.ProtocolError, "a continuation frame with no message to continue");
        }

        return IsInMessage
            ? new(CloseCode.ProtocolError, $"a new {frame.Opcode} frame inside a fragmented message")
            : null;
    }

    private ProtocolViolation? CheckFragments(in Frame frame)
    {
        _fragments = frame.Opcode == Opcode.Continuation ? _fragments + 1 : 1;
        return _fragments <= maxFragments
            ? null
            : new(CloseCode.PolicyViolation, $"a message of more than {maxFragments} fragments");
    }

    private readonly ProtocolViolation? CheckSize(in Frame frame)
    {
        ulong allowed = (ulong)(maxMessageBytes - _messageBytes);
        return frame.PayloadLength <= allowed
            ? null
            : new(CloseCode.MessageTooBig, $"a message of {(ulong)_messageBytes + frame.PayloadLength} bytes or more is over {maxMessageBytes}");
    }

    private readonly ProtocolViolation? CheckCompressed(in Frame frame)
    {
        if (!IsInMessage && !Deflate!.TryBeginMessage())
        {
            return new(CloseCode.TryAgainLater, "no memory left to decompress a message");
        }

        return Deflate!.TryDeclare(frame.PayloadLength, maxMessageBytes)
            ? null
            : new(CloseCode.MessageTooBig, $"a frame of {frame.PayloadLength} bytes makes a compressed message too long for one of {maxMessageBytes}");
    }

    private ProtocolViolation? AppendPlain(ReadOnlySpan<byte> masked, uint key)
    {
        int needed = _messageBytes + masked.Length;
        if (needed > HeldBytes && !TryGrow(needed))
        {
            return NoMemoryFor(needed);
        }

        Span<byte> added = _message.Span.Slice(_messageBytes, masked.Length);
        bool isAscii = Masking.Apply(masked, added, key);
        _messageBytes = needed;

        // RFC 6455 §8.1, and at once: a stream that cannot become valid any more need not be waited for.
        return _isText && !(isAscii && _utf8.IsComplete) && !_utf8.Append(added) ? NotUtf8() : null;
    }

    /// <summary>Unmasks and decompresses a piece. Only the decompressed bytes are kept.</summary>
    private ProtocolViolation? AppendCompressed(Span<byte> masked, uint key, bool isWholeMessage)
    {
        Masking.Apply(masked, key);
        Deflate!.Note(masked);
        if (_message.Length == 0 && !TryBegin(FirstGuess(masked.Length, isWholeMessage)))
        {
            return NoMemoryFor(1);
        }

        ReadOnlySpan<byte> rest = masked;
        Span<byte> oneMore = stackalloc byte[1];
        while (true)
        {
            // No more comes out than a message may have, and one byte, which tells that there is more.
            scoped Span<byte> room = _message.Span[_messageBytes..Math.Min(HeldBytes, maxMessageBytes)];
            bool isFull = room.IsEmpty;
            room = isFull ? oneMore : room;
            if (!Deflate.Inflate(rest, room, out int consumed, out int written))
            {
                return new(CloseCode.InvalidPayloadData, "a compressed message is not deflate data");
            }

            if (isFull && written > 0 && MakeRoom() is ProtocolViolation violation)
            {
                return violation;
            }

            if (isFull && written > 0)
            {
                _message.Span[_messageBytes] = oneMore[0];
            }

            Span<byte> added = _message.Span.Slice(_messageBytes, written);
            _messageBytes += written;
            if (_isText && !_utf8.Append(added))
            {
                return NotUtf8();
            }

            rest = rest[consumed..];
            if (rest.IsEmpty && written < room.Length)
            {
                return null;
            }
        }
    }

    private readonly ProtocolViolation? EndCompressed()
    {
        bool isWhole = Deflate!.TryEndMessage();
        Deflate.LastMessageBytes = _messageBytes;
        return isWhole ? null : new(CloseCode.InvalidPayloadData, "a compressed message is cut off");
    }

    /// <summary>A guess may be far too much: where there is no room for it the message begins small, and grows if it must.</summary>
    private bool TryBegin(int guess) => TryGrow(guess) || (guess > MinInflatedBytes && TryGrow(MinInflatedBytes));

    /// <summary>How large a message to make room for. Of one that is not all there, nothing may be taken for what it might become.</summary>
    private readonly int FirstGuess(int compressed, bool isWholeMessage)
    {
        long guess = Math.Max((long)compressed * AssumedRatio, MinInflatedBytes);
        return (int)Math.Min(isWholeMessage ? Math.Max(guess, Deflate!.LastMessageBytes) : guess, maxMessageBytes);
    }

    private ProtocolViolation? MakeRoom()
    {
        if (_messageBytes == maxMessageBytes)
        {
            return new(CloseCode.MessageTooBig, $"a compressed message decompresses to more than {maxMessageBytes} bytes");
        }

        return TryGrow(_messageBytes + 1) ? null : NoMemoryFor(_messageBytes + 1);
    }

    // At least twice as much each time, so that many small pieces cost few copies.
    private bool TryGrow(int needed) => _message.TryGrow((int)BitOperations.RoundUpToPowerOf2((uint)needed), budget);

    private static ProtocolViolation NoMemoryFor(int bytes) =>
        new(CloseCode.TryAgainLater, $"no memory left for a message of {bytes} bytes or more");
}
