using EchoServer.Buffers;

namespace EchoServer.WebSockets;

/// <summary>Turns received bytes into messages and control frames (RFC 6455 §5 and §6.2), however the bytes are chopped.</summary>
/// <remarks>
/// <para>
/// A message that lies whole in one unfragmented frame is unmasked where it is and handed out from there: nothing is copied or
/// allocated. Anything else is put together in a buffer that grows with the bytes that really arrived, never with what
/// was declared. Control frames between fragments are handed out at once and do not touch the message.
/// </para>
/// <para>No I/O and no clock. Belongs to one connection's loop: not safe for use by two threads at a time.</para>
/// </remarks>
internal sealed partial class MessageReader
{
    private readonly Role _role;
    private readonly int _maxMessageBytes;
    private readonly int _maxFragments;
    private readonly IByteBudget? _budget;

    private State _state;

    // The data frame whose payload is arriving.
    private ulong _frameBytesDue;
    private uint _maskingKey;
    private bool _frameIsFinal;

    // The message that is being put together.
    private bool _inMessage;
    private bool _isCompressed;
    private NativeBuffer _message;
    private int _messageBytes;
    private int _fragments;
    private Utf8Stream _utf8;

    /// <summary>Makes a reader at the start of a stream of frames.</summary>
    /// <param name="role">Which end reads.</param>
    /// <param name="maxMessageBytes">The largest message that is put together, 0 or more; a larger one is a violation (1009).</param>
    /// <param name="maxFragments">How many fragments a message may have, empty ones included, 1 or more; more are a violation (1008).</param>
    /// <param name="budget">Where the memory for a message that does not arrive whole is asked for; without it there is no bound but the size.</param>
    public MessageReader(Role role, int maxMessageBytes, int maxFragments = int.MaxValue, IByteBudget? budget = null)
    {
        _role = role;
        _maxMessageBytes = maxMessageBytes;
        _maxFragments = maxFragments;
        _budget = budget;
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

    /// <summary>Whether a message has begun and not ended.</summary>
    public bool IsInMessage => _inMessage;

    /// <summary>Bytes of memory held for a message that is not complete.</summary>
    public int HeldBytes => _message.Length;

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
        if (_message.Length > 0 && !_inMessage)
        {
            _message.Free(_budget);
            _messageBytes = 0;
        }
    }

    /// <summary>Gives back all memory, a message that is still arriving included. Nothing can be read after it.</summary>
    public void Abandon()
    {
        _inMessage = false;
        _state = State.Failed;
        ReleaseMessage();
        Deflate?.LeaveMessage();
    }
}
