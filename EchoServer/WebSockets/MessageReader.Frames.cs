using System.Numerics;
using System.Text.Unicode;

namespace EchoServer.WebSockets;

/// <content>Frame by frame: headers, control frames, payload.</content>
internal sealed partial class MessageReader
{
    /// <summary>Reads a header, and the frame when it is a control frame or a whole message; null when its payload comes next.</summary>
    private ReadResult? ReadFrame(Span<byte> input, ref int consumed, ref ReadOnlySpan<byte> payload)
    {
        ParseStatus status = Frame.Read(input, _role, Deflate is not null, out Frame frame, out ProtocolViolation? violation);
        if (status == ParseStatus.NeedMore)
        {
            return ReadResult.NeedMore;
        }

        if (status == ParseStatus.Bad)
        {
            // Not consumed: when discarding it is read again, by its layout alone, and may be the peer's Close.
            return Fail(violation!, bytesDue: 0);
        }

        if (frame.IsControl)
        {
            return ReadControl(frame, input, ref consumed, ref payload);
        }

        consumed = frame.HeaderSize;
        bool isCompressed = frame.IsCompressed || (_inMessage && _isCompressed);
        violation = CheckSequence(frame) ?? CheckFragments(frame) ?? (isCompressed ? CheckCompressed(frame) : CheckSize(frame));
        if (violation is not null)
        {
            return Fail(violation, frame.PayloadLength);
        }

        Span<byte> rest = input[frame.HeaderSize..];
        if (frame.IsFinal && !_inMessage && !isCompressed && frame.PayloadLength <= (ulong)rest.Length)
        {
            return ReadWholeMessage(frame, rest[..(int)frame.PayloadLength], ref consumed, ref payload);
        }

        BeginPayload(frame);
        return null;
    }

    private void BeginPayload(Frame frame)
    {
        if (!_inMessage)
        {
            _inMessage = true;
            _isCompressed = frame.IsCompressed;
            IsText = frame.Opcode == Opcode.Text;
            _utf8 = default;
        }

        _state = State.Payload;
        _frameBytesDue = frame.PayloadLength;
        _frameIsFinal = frame.IsFinal;
        _maskingKey = frame.MaskingKey;
    }

    private static ReadResult ReadControl(Frame frame, Span<byte> input, ref int consumed, ref ReadOnlySpan<byte> payload)
    {
        int size = frame.HeaderSize + (int)frame.PayloadLength;
        if (input.Length < size)
        {
            return ReadResult.NeedMore;
        }

        Span<byte> body = input[frame.HeaderSize..size];
        Masking.Apply(body, frame.MaskingKey);
        consumed = size;
        payload = body;
        return frame.Opcode switch
        {
            Opcode.Ping => ReadResult.Ping,
            Opcode.Pong => ReadResult.Pong,
            _ => ReadResult.Close,
        };
    }

    private ReadResult ReadWholeMessage(Frame frame, Span<byte> body, ref int consumed, ref ReadOnlySpan<byte> payload)
    {
        consumed += body.Length;
        IsText = frame.Opcode == Opcode.Text;
        Masking.Apply(body, frame.MaskingKey);
        if (IsText && !Utf8.IsValid(body))
        {
            return Fail(NotUtf8(), bytesDue: 0);
        }

        payload = body;
        return ReadResult.Message;
    }

    /// <summary>Takes what there is of a frame's payload; at the end of the last frame hands out the message.</summary>
    private ReadResult ReadPayload(Span<byte> input, ref int consumed, ref ReadOnlySpan<byte> payload)
    {
        Span<byte> rest = input[consumed..];
        int length = (int)Math.Min((ulong)rest.Length, _frameBytesDue);
        ProtocolViolation? violation = length == 0 ? null : _isCompressed ? Inflate(rest[..length]) : Append(rest[..length]);
        if (violation is not null)
        {
            consumed += length;
            return Fail(violation, _frameBytesDue - (ulong)length);
        }

        consumed += length;
        _frameBytesDue -= (ulong)length;
        if (_frameBytesDue > 0)
        {
            return ReadResult.NeedMore;
        }

        _state = State.Header;
        if (!_frameIsFinal)
        {
            return ReadResult.NeedMore;
        }

        violation = _isCompressed ? EndCompressed() : null;
        violation ??= IsText && !_utf8.IsComplete ? NotUtf8() : null;
        if (violation is not null)
        {
            return Fail(violation, bytesDue: 0);
        }

        if (_isCompressed)
        {
            Deflate!.CountReceived(_messageBytes);
        }

        payload = _message.Span[.._messageBytes];
        _inMessage = false;
        return ReadResult.Message;
    }

    private ProtocolViolation? Append(ReadOnlySpan<byte> masked)
    {
        int needed = _messageBytes + masked.Length;
        if (needed > HeldBytes && !TryGrow(needed))
        {
            return NoMemoryFor(needed);
        }

        Span<byte> added = _message.Span.Slice(_messageBytes, masked.Length);
        Masking.Apply(masked, added, _maskingKey);
        _maskingKey = Masking.Advance(_maskingKey, masked.Length);
        _messageBytes = needed;

        // RFC 6455 §8.1, and at once: a stream that cannot become valid any more need not be waited for.
        return IsText && !_utf8.Append(added) ? NotUtf8() : null;
    }

    // At least twice as much each time, so that many small pieces cost few copies.
    private bool TryGrow(int needed) => _message.TryGrow((int)BitOperations.RoundUpToPowerOf2((uint)needed), _budget);

    private ProtocolViolation? CheckSequence(Frame frame)
    {
        // RFC 6455 §5.4: fragments are one opening frame, then continuations up to the one with FIN, with no other data between.
        if (frame.Opcode == Opcode.Continuation)
        {
            return _inMessage ? null : new(CloseCode.ProtocolError, "a continuation frame with no message to continue");
        }

        return _inMessage
            ? new(CloseCode.ProtocolError, $"a new {frame.Opcode} frame inside a fragmented message")
            : null;
    }

    private ProtocolViolation? CheckFragments(Frame frame)
    {
        _fragments = frame.Opcode == Opcode.Continuation ? _fragments + 1 : 1;
        return _fragments <= _maxFragments
            ? null
            : new(CloseCode.PolicyViolation, $"a message of more than {_maxFragments} fragments");
    }

    private ProtocolViolation? CheckSize(Frame frame)
    {
        // Judged by the declared length, before a byte of it is kept.
        ulong allowed = (ulong)(_maxMessageBytes - _messageBytes);
        return frame.PayloadLength <= allowed
            ? null
            : new(CloseCode.MessageTooBig, $"a message of {(ulong)_messageBytes + frame.PayloadLength} bytes or more is over {_maxMessageBytes}");
    }

    private ReadResult Discard(ReadOnlySpan<byte> input, ref int consumed, ref ReadOnlySpan<byte> payload)
    {
        while (true)
        {
            int length = (int)Math.Min((ulong)(input.Length - consumed), _frameBytesDue);
            consumed += length;
            _frameBytesDue -= (ulong)length;
            if (_frameBytesDue > 0 || !Frame.TryReadLayout(input[consumed..], out Frame frame))
            {
                return ReadResult.NeedMore;
            }

            if (frame.Opcode == Opcode.Close)
            {
                consumed = input.Length;
                payload = default;
                return ReadResult.Close;
            }

            consumed += frame.HeaderSize;
            _frameBytesDue = frame.PayloadLength;
        }
    }

    private ReadResult Fail(ProtocolViolation violation, ulong bytesDue)
    {
        Abandon();
        _frameBytesDue = bytesDue;
        Violation = violation;
        return ReadResult.Violation;
    }

    private static ProtocolViolation NotUtf8() => new(CloseCode.InvalidPayloadData, "a text message is not UTF-8");
}
