using System.Buffers;
using System.Text.Unicode;

namespace EchoServer.WebSockets;

/// <summary>What <see cref="MessageReader.Read"/> found.</summary>
public enum ReadResult
{
    /// <summary>Nothing whole yet: call again with what was not consumed and more bytes behind it.</summary>
    NeedMore,

    /// <summary>A whole text or binary message.</summary>
    Message,

    /// <summary>A ping; its payload is due back in a pong.</summary>
    Ping,

    /// <summary>A pong.</summary>
    Pong,

    /// <summary>A Close frame; <see cref="ClosePayload.Read"/> reads its payload.</summary>
    Close,

    /// <summary>The peer broke a rule: <see cref="MessageReader.Violation"/>. Only <see cref="MessageReader.DiscardUntilClose"/> helps.</summary>
    Violation,
}

/// <summary>Turns received bytes into messages and control frames (RFC 6455 §5 and §6.2), however the bytes are chopped.</summary>
/// <remarks>
/// <para>
/// A message that lies whole in one unfragmented frame is unmasked where it is and handed out from there: nothing is copied or
/// allocated. Anything else is put together in a rented buffer that grows with the bytes that really arrived, never with what
/// was declared. Control frames between fragments are handed out at once and do not touch the message.
/// </para>
/// <para>No I/O and no clock. Belongs to one connection's loop: not safe for use by two threads at a time.</para>
/// </remarks>
public sealed class MessageReader
{
    private readonly Role _role;
    private readonly int _maxMessageBytes;

    private State _state;

    // The data frame whose payload is arriving.
    private ulong _frameBytesDue;
    private uint _maskingKey;
    private bool _frameIsFinal;

    // The message that is being put together.
    private bool _inMessage;
    private byte[]? _message;
    private int _messageBytes;
    private Utf8Stream _utf8;

    /// <summary>Makes a reader at the start of a stream of frames.</summary>
    /// <param name="role">Which end reads.</param>
    /// <param name="maxMessageBytes">The largest message that is put together, 0 or more; a larger one is a violation (1009).</param>
    public MessageReader(Role role, int maxMessageBytes)
    {
        _role = role;
        _maxMessageBytes = maxMessageBytes;
    }

    private enum State : byte
    {
        Header,
        Payload,
        Discard,
        Failed,
    }

    /// <summary>Whether the message that was handed out, or is being put together, is text.</summary>
    public bool IsText { get; private set; }

    /// <summary>The rule broken, once <see cref="Read"/> has returned <see cref="ReadResult.Violation"/>.</summary>
    public ProtocolViolation? Violation { get; private set; }

    /// <summary>Bytes of memory held for a message that is not complete.</summary>
    public int HeldBytes => _message?.Length ?? 0;

    /// <summary>Reads up to the next thing worth telling.</summary>
    /// <param name="input">
    /// What was left of the last call's input, and what has arrived since. Its payload is unmasked in place.
    /// </param>
    /// <param name="consumed">How many bytes are used up. What is left with NeedMore is less than one header or control frame.</param>
    /// <param name="payload">
    /// The payload of what was found. Lies in the input or in the reader's memory: valid until the next call.
    /// </param>
    /// <returns>What was found.</returns>
    public ReadResult Read(Span<byte> input, out int consumed, out ReadOnlySpan<byte> payload)
    {
        consumed = 0;
        payload = default;
        ReleaseMessage();
        switch (_state)
        {
            case State.Header:
                ReadResult? result = ReadFrame(input, ref consumed, ref payload);
                return result ?? ReadPayload(input, ref consumed, ref payload);
            case State.Payload:
                return ReadPayload(input, ref consumed, ref payload);
            case State.Discard:
                return Discard(input, ref consumed, ref payload);
            default:
                consumed = input.Length;
                return ReadResult.Violation;
        }
    }

    /// <summary>From here on every frame is stepped over unread, except a Close frame, which is handed out unchecked.</summary>
    /// <remarks>
    /// For after our own Close: "endpoint MUST NOT continue to attempt to process data" (RFC 6455 §7.1.7), and still it should
    /// see the peer's Close, because ending the TCP connection while the peer is sending can cost it ours.
    /// </remarks>
    public void DiscardUntilClose()
    {
        Abandon();
        _state = State.Discard;
    }

    /// <summary>Gives back the memory of the message that was handed out; a message that is still arriving is left alone.</summary>
    public void ReleaseMessage()
    {
        if (_message is not null && !_inMessage)
        {
            ArrayPool<byte>.Shared.Return(_message);
            _message = null;
            _messageBytes = 0;
        }
    }

    /// <summary>Gives back all memory, a message that is still arriving included. Nothing can be read after it.</summary>
    public void Abandon()
    {
        _inMessage = false;
        _state = State.Failed;
        ReleaseMessage();
    }

    /// <summary>Reads a header, and the frame when it is a control frame or a whole message; null when its payload comes next.</summary>
    private ReadResult? ReadFrame(Span<byte> input, ref int consumed, ref ReadOnlySpan<byte> payload)
    {
        ParseStatus status = Frame.Read(input, _role, out Frame frame, out ProtocolViolation? violation);
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
        violation = CheckSequence(frame) ?? CheckSize(frame);
        if (violation is not null)
        {
            return Fail(violation, frame.PayloadLength);
        }

        Span<byte> rest = input[frame.HeaderSize..];
        if (frame.IsFinal && !_inMessage && frame.PayloadLength <= (ulong)rest.Length)
        {
            return ReadWholeMessage(frame, rest[..(int)frame.PayloadLength], ref consumed, ref payload);
        }

        if (!_inMessage)
        {
            _inMessage = true;
            IsText = frame.Opcode == Opcode.Text;
            _utf8 = default;
        }

        _state = State.Payload;
        _frameBytesDue = frame.PayloadLength;
        _frameIsFinal = frame.IsFinal;
        _maskingKey = frame.MaskingKey;
        return null;
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
        if (length > 0 && !Append(rest[..length]))
        {
            consumed += length;
            return Fail(NotUtf8(), _frameBytesDue - (ulong)length);
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

        if (IsText && !_utf8.IsComplete)
        {
            return Fail(NotUtf8(), bytesDue: 0);
        }

        payload = _message.AsSpan(0, _messageBytes);
        _inMessage = false;
        return ReadResult.Message;
    }

    private bool Append(ReadOnlySpan<byte> masked)
    {
        int needed = _messageBytes + masked.Length;
        if (needed > HeldBytes)
        {
            // The pool rounds up to a power of two, so many small pieces cost few copies.
            byte[] larger = ArrayPool<byte>.Shared.Rent(needed);
            _message.AsSpan(0, _messageBytes).CopyTo(larger);
            if (_message is not null)
            {
                ArrayPool<byte>.Shared.Return(_message);
            }

            _message = larger;
        }

        Span<byte> added = _message.AsSpan(_messageBytes, masked.Length);
        Masking.Apply(masked, added, _maskingKey);
        _maskingKey = Masking.Advance(_maskingKey, masked.Length);
        _messageBytes = needed;

        // RFC 6455 §8.1, and at once: a stream that cannot become valid any more need not be waited for.
        return !IsText || _utf8.Append(added);
    }

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
