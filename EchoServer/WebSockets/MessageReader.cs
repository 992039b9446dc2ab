using System.Runtime.CompilerServices;
using EchoServer.Buffers;
using EchoServer.WebSockets.Compression;

namespace EchoServer.WebSockets;

/// <summary>Turns received bytes into messages and control frames (RFC 6455 §5 and §6.2), however the bytes are chopped.</summary>
/// <remarks>
/// <para>
/// A message that lies whole in one unfragmented frame is unmasked where it is and handed out from there: nothing is copied or
/// allocated. A <see cref="MessageAssembler"/> puts together anything else. Control frames between fragments are handed out at once
/// and do not touch the message.
/// </para>
/// <para>No I/O and no clock. Belongs to one connection's loop: not safe for use by two threads at a time.</para>
/// </remarks>
internal sealed class MessageReader
{
    private readonly Role _role;
    private State _state;

    // The data frame whose payload is arriving.
    private bool _frameIsFinal;
    private ulong _frameBytesDue;
    private uint _maskingKey;

    private MessageAssembler _assembler;

    /// <summary>Makes a reader at the start of a stream of frames.</summary>
    /// <param name="role">Which end reads.</param>
    /// <param name="maxMessageBytes">The largest message that is put together, 0 or more; a larger one is a violation (1009).</param>
    /// <param name="maxFragments">How many fragments a message may have, empty ones included, 1 or more; more are a violation (1008).</param>
    /// <param name="budget">Where the memory for a message that does not arrive whole is asked for; without it there is no bound but the size.</param>
    /// <param name="deflate">Compression, where it was agreed on. Given back by its maker.</param>
    public MessageReader(
        Role role, int maxMessageBytes, int maxFragments = int.MaxValue, IByteBudget? budget = null, PerMessageDeflate? deflate = null)
    {
        _role = role;
        _assembler = new MessageAssembler(maxMessageBytes, maxFragments, budget) { Deflate = deflate };
    }

    private enum State : byte
    {
        Header,
        Payload,
        Discard,
        Failed,
    }

    /// <summary>Compression, where it was agreed on.</summary>
    internal PerMessageDeflate? Deflate => _assembler.Deflate;

    /// <summary>Whether the message that was handed out, or is being put together, is text.</summary>
    public bool IsText { get; private set; }

    /// <summary>The rule broken, once <see cref="Read"/> has returned <see cref="ReadResult.Violation"/>, or noted by the protocol above.</summary>
    public ProtocolViolation? Violation { get; internal set; }

    /// <summary>Whether a message has begun and not ended.</summary>
    public bool IsInMessage => _assembler.IsInMessage;

    /// <summary>Bytes of memory held for a message that is not complete.</summary>
    public int HeldBytes => _assembler.HeldBytes;

    /// <summary>Reads up to the next thing worth telling.</summary>
    /// <param name="input">
    /// The rest of the last call's input, and all bytes that have arrived since. Its payload is unmasked in place.
    /// </param>
    /// <param name="consumed">How many bytes are used up. The rest with NeedMore is less than one header or control frame.</param>
    /// <param name="payload">
    /// The payload of the result. Lies in the input or in the reader's memory: valid until the next call.
    /// </param>
    /// <returns>The result.</returns>
    public ReadResult Read(Span<byte> input, out int consumed, out ReadOnlySpan<byte> payload)
    {
        consumed = 0;
        payload = default;
        _assembler.Release();
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

    /// <summary>Reads the most common frame in few steps: a plain message of at most 125 bytes that is all there.</summary>
    /// <param name="input">As for <see cref="Read"/>.</param>
    /// <param name="consumed">How many bytes are used up.</param>
    /// <param name="payload">The message, as <see cref="ReadResult.Message"/> has it.</param>
    /// <returns>False, with nothing changed, for all else: it is for <see cref="Read"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadShortMessage(Span<byte> input, out int consumed, out ReadOnlySpan<byte> payload)
    {
        if (_state == State.Header && !_assembler.HasMessage && Frame.TryReadShortMessage(input, _role, out Opcode opcode, out uint key, out int header, out consumed))
        {
            Span<byte> body = input[header..consumed];
            bool isText = opcode == Opcode.Text;
            if (body.Length <= _assembler.MaxMessageBytes && TryUnmask(body, key, isText))
            {
                IsText = isText;
                payload = body;
                return true;
            }
        }

        consumed = 0;
        payload = default;
        return false;
    }

    /// <summary>Unmasks the payload of a whole message.</summary>
    /// <returns>False, with the payload as it was, for a text that is not UTF-8.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryUnmask(Span<byte> body, uint key, bool isText) => Masking.Apply(body, key) || !isText || IsUtf8(body, key);

    /// <summary>Whether an unmasked payload is UTF-8; it is masked again if not.</summary>
    private static bool IsUtf8(Span<byte> body, uint key)
    {
        bool isValid = Utf8Validator.IsValid(body);
        if (!isValid)
        {
            Masking.Apply(body, key);
        }

        return isValid;
    }

    /// <summary>From now on every frame is stepped over unread, except a Close frame, which is handed out unchecked.</summary>
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
    public void ReleaseMessage() => _assembler.Release();

    /// <summary>Gives back all memory, a message that is still arriving included. Nothing can be read after it.</summary>
    public void Abandon()
    {
        _state = State.Failed;
        _assembler.Abandon();
    }

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
        Span<byte> rest = input[frame.HeaderSize..];
        bool isAlone = frame is { IsFinal: true, IsCompressed: false, Opcode: not Opcode.Continuation } && !IsInMessage;
        if (isAlone && frame.PayloadLength <= (ulong)Math.Min(rest.Length, _assembler.MaxMessageBytes))
        {
            Span<byte> body = rest[..(int)frame.PayloadLength];
            consumed += body.Length;
            return ReadWholeMessage(frame.Opcode, frame.MaskingKey, body, out payload);
        }

        violation = _assembler.Declare(frame);
        if (violation is not null)
        {
            return Fail(violation, frame.PayloadLength);
        }

        BeginPayload(frame);
        return null;
    }

    private static ReadResult ReadControl(in Frame frame, Span<byte> input, ref int consumed, ref ReadOnlySpan<byte> payload)
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

    private ReadResult ReadWholeMessage(Opcode opcode, uint maskingKey, Span<byte> body, out ReadOnlySpan<byte> payload)
    {
        IsText = opcode == Opcode.Text;
        if (!TryUnmask(body, maskingKey, IsText))
        {
            payload = default;
            return Fail(MessageAssembler.NotUtf8(), bytesDue: 0);
        }

        payload = body;
        return ReadResult.Message;
    }

    private void BeginPayload(in Frame frame)
    {
        if (!_assembler.IsInMessage)
        {
            IsText = frame.Opcode == Opcode.Text;
        }

        _assembler.Begin(frame);
        _state = State.Payload;
        _frameBytesDue = frame.PayloadLength;
        _frameIsFinal = frame.IsFinal;
        _maskingKey = frame.MaskingKey;
    }

    /// <summary>Takes what there is of a frame's payload; at the end of the last frame hands out the message.</summary>
    private ReadResult ReadPayload(Span<byte> input, ref int consumed, ref ReadOnlySpan<byte> payload)
    {
        Span<byte> rest = input[consumed..];
        int length = (int)Math.Min((ulong)rest.Length, _frameBytesDue);
        consumed += length;
        if (length > 0)
        {
            bool isWholeMessage = _frameIsFinal && (ulong)length == _frameBytesDue;
            ProtocolViolation? violation = _assembler.Append(rest[..length], _maskingKey, isWholeMessage);
            _maskingKey = Masking.Advance(_maskingKey, length);
            _frameBytesDue -= (ulong)length;
            if (violation is not null)
            {
                return Fail(violation, _frameBytesDue);
            }
        }

        if (_frameBytesDue > 0)
        {
            return ReadResult.NeedMore;
        }

        _state = State.Header;
        if (!_frameIsFinal)
        {
            return ReadResult.NeedMore;
        }

        return _assembler.End(out payload) is ProtocolViolation flaw ? Fail(flaw, bytesDue: 0) : ReadResult.Message;
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
}
