using EchoServer.WebSockets.Compression;

namespace EchoServer.WebSockets;

/// <content>Compressed messages (RFC 7692 §6.2, §7.2.2): decompressed as they arrive, into the memory of the message.</content>
internal sealed partial class MessageReader
{
    // How much larger than its compressed form a message is taken for, before anything is known of it.
    private const int AssumedRatio = 4;
    private const int LeastInflatedBytes = 512;

    /// <summary>Compression, where it was agreed on. Given back by who made it.</summary>
    internal PerMessageDeflate? Deflate { get; init; }

    private ProtocolViolation? CheckCompressed(Frame frame)
    {
        if (!_inMessage && !Deflate!.TryBeginMessage())
        {
            return new(CloseCode.TryAgainLater, "no memory left to decompress a message");
        }

        return Deflate!.TryDeclare(frame.PayloadLength, _maxMessageBytes)
            ? null
            : new(CloseCode.MessageTooBig, $"a frame of {frame.PayloadLength} bytes makes a compressed message too long for one of {_maxMessageBytes}");
    }

    /// <summary>Unmasks and decompresses what arrived of a frame. What came out so far is all there is of it afterwards.</summary>
    private ProtocolViolation? Inflate(Span<byte> masked)
    {
        Masking.Apply(masked, _maskingKey);
        _maskingKey = Masking.Advance(_maskingKey, masked.Length);
        Deflate!.Note(masked);
        if (_message.Length == 0 && !TryBegin(FirstGuess(masked.Length, isAll: _frameIsFinal && (ulong)masked.Length == _frameBytesDue)))
        {
            return NoMemoryFor(1);
        }

        ReadOnlySpan<byte> rest = masked;
        Span<byte> oneMore = stackalloc byte[1];
        while (true)
        {
            // No more comes out than a message may have, and one byte, which tells that there is more.
            scoped Span<byte> room = _message.Span[_messageBytes..Math.Min(HeldBytes, _maxMessageBytes)];
            bool isFull = room.IsEmpty;
            room = isFull ? oneMore : room;
            if (!Deflate.Inflate(rest, room, out int consumed, out int written))
            {
                return NotDeflate();
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
            if (IsText && !_utf8.Append(added))
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

    /// <summary>A guess may be far too much: where there is no room for it the message begins small, and grows if it must.</summary>
    private bool TryBegin(int guess) => TryGrow(guess) || (guess > LeastInflatedBytes && TryGrow(LeastInflatedBytes));

    private ProtocolViolation? MakeRoom()
    {
        if (_messageBytes == _maxMessageBytes)
        {
            return new(CloseCode.MessageTooBig, $"a compressed message decompresses to more than {_maxMessageBytes} bytes");
        }

        return TryGrow(_messageBytes + 1) ? null : NoMemoryFor(_messageBytes + 1);
    }

    private ProtocolViolation? EndCompressed()
    {
        bool isWhole = Deflate!.TryEndMessage();
        Deflate.LastMessageBytes = _messageBytes;
        return isWhole ? null : new(CloseCode.InvalidPayloadData, "a compressed message is cut off");
    }

    /// <summary>How large a message to make room for. Of one that is not all there, nothing may be taken for what it might become.</summary>
    private int FirstGuess(int compressed, bool isAll)
    {
        long guess = Math.Max((long)compressed * AssumedRatio, LeastInflatedBytes);
        return (int)Math.Min(isAll ? Math.Max(guess, Deflate!.LastMessageBytes) : guess, _maxMessageBytes);
    }

    private static ProtocolViolation NotDeflate() => new(CloseCode.InvalidPayloadData, "a compressed message is not deflate data");

    private static ProtocolViolation NoMemoryFor(int bytes) =>
        new(CloseCode.TryAgainLater, $"no memory left for a message of {bytes} bytes or more");
}
