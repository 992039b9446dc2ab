using System.Runtime.CompilerServices;
using EchoServer.WebSockets.Compression;

namespace EchoServer.WebSockets;

/// <summary>One end of an open WebSocket (RFC 6455 §5 to §7), of either role: bytes in, messages and frames out.</summary>
/// <typeparam name="TSink">Where frames go.</typeparam>
/// <remarks>
/// <para>
/// The protocol answers pings, decides what a violation costs, and alone decides about Close: its code, its
/// answer, and the input after it. Its owner moves the bytes, and ends the TCP connection.
/// </para>
/// <para>
/// No I/O and no clock. A mutable value, never copied: belongs to one connection's loop; only <see cref="Close"/> may be called by any
/// thread that the sink takes a Close from.
/// </para>
/// </remarks>
internal struct WebSocketProtocol<TSink>
    where TSink : struct, IFrameSink
{
    private readonly MessageReader _reader;
    private readonly TSink _sink;
    private State _state;
    private ushort _peerCode;

    /// <summary>Makes one end of a WebSocket whose handshake is done.</summary>
    /// <param name="reader">Reads for this end: knows its role and limits. Owned by the protocol.</param>
    /// <param name="sink">Where frames go.</param>
    public WebSocketProtocol(MessageReader reader, TSink sink)
    {
        _reader = reader;
        _sink = sink;
    }

    private enum State : byte
    {
        /// <summary>Messages are read.</summary>
        Open,

        /// <summary>Our Close is on its way; only the peer's is looked for.</summary>
        Closing,

        /// <summary>The peer's Close has come.</summary>
        Closed,
    }

    /// <summary>Whether messages are still handed out between our own Close and the peer's. A violation ends that.</summary>
    public bool ReadsAfterClose { get; init; }

    /// <summary>The code of the peer's Close, 1005 when it had none; null unless that Close was read, intact, while messages were.</summary>
    public readonly CloseCode? PeerCode => _peerCode == 0 ? null : (CloseCode)_peerCode;

    /// <summary>The rule that the peer broke; null while it broke none.</summary>
    public readonly ProtocolViolation? Violation => _reader.Violation;

    /// <summary>Whether messages are still read: neither Close frame was seen by the last <see cref="Receive"/>.</summary>
    public readonly bool IsOpen => _state == State.Open;

    /// <summary>Whether a message has begun and not ended.</summary>
    public readonly bool IsInMessage => _reader.IsInMessage;

    /// <summary>Compression, where it was agreed on.</summary>
    public readonly PerMessageDeflate? Deflate => _reader.Deflate;

    private readonly bool ReadsMessages => _state == State.Open && (!_sink.IsClosed || ReadsAfterClose);

    /// <summary>Takes input up to the next thing worth telling, and answers it if the protocol asks for an answer.</summary>
    /// <param name="input">The rest of the last call's input, and all bytes that have arrived since. Its payload is unmasked in place.</param>
    /// <param name="consumed">How many bytes are used up.</param>
    /// <param name="payload">
    /// The payload of a message, ping or pong; the reason of a Close, as UTF-8. Lies in the input or in memory of the protocol: valid
    /// until the next call, or <see cref="ReleaseMessage"/>.
    /// </param>
    /// <returns>The event.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ProtocolEvent Receive(Span<byte> input, out int consumed, out ReadOnlySpan<byte> payload)
    {
        return ReadsMessages && _reader.TryReadShortMessage(input, out consumed, out payload)
            ? (_reader.IsText ? ProtocolEvent.Text : ProtocolEvent.Binary)
            : ReceiveAny(input, out consumed, out payload);
    }

    /// <summary>As <see cref="Receive"/>, which has a way of its own for short messages.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ProtocolEvent ReceiveAny(Span<byte> input, out int consumed, out ReadOnlySpan<byte> payload)
    {
        if (!ReadsMessages)
        {
            payload = default;
            return AwaitClose(input, out consumed);
        }

        switch (_reader.Read(input, out consumed, out payload))
        {
            case ReadResult.Message:
                return _reader.IsText ? ProtocolEvent.Text : ProtocolEvent.Binary;
            case ReadResult.Ping:
                // RFC 6455 §5.5.3: a pong "must have identical Application data" to the ping that it answers.
                _sink.Write(Opcode.Pong, payload, default);
                return ProtocolEvent.Ping;
            case ReadResult.Pong:
                return ProtocolEvent.Pong;
            case ReadResult.Close:
                return AnswerClose(ref payload);
            case ReadResult.Violation:
                Fail(_reader.Violation!);
                return ProtocolEvent.Failed;
            default:
                return ProtocolEvent.None;
        }
    }

    /// <summary>Sends a message, compressed where that was agreed on and makes it smaller. Dropped after a Close.</summary>
    /// <param name="opcode">Text or binary.</param>
    /// <param name="first">The first part of the message; may be empty.</param>
    /// <param name="second">The second part.</param>
    public readonly void Send(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (_reader.Deflate is PerMessageDeflate deflate && !_sink.IsClosed)
        {
            deflate.Send(_sink, opcode, first, second);
        }
        else
        {
            _sink.Write(opcode, first, second);
        }
    }

    /// <summary>Begins the closing handshake (RFC 6455 §7.1.2). Only the first Close counts.</summary>
    /// <param name="code">A code that may be on the wire.</param>
    /// <param name="reason">The reason; cut at 123 bytes of UTF-8.</param>
    /// <returns>False when a Close was sent before, or nothing can be sent any more.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The code may not be on the wire.</exception>
    public readonly bool Close(CloseCode code, ReadOnlySpan<char> reason)
    {
        Span<byte> payload = stackalloc byte[ClosePayload.MaxBytes];
        return _sink.WriteClose(payload[..ClosePayload.Write(payload, code, reason)]);
    }

    /// <summary>RFC 6455 §7.1.7, Fail the WebSocket Connection: a Close frame that says why, and no more of the peer's data.</summary>
    /// <param name="violation">The rule broken, or the resource that this end lacks.</param>
    /// <remarks>
    /// The peer's own Close is still waited for: through Cloud Foundry's router the first end of either side tears down both, and
    /// a peer that is still sending would then see a reset in place of our reason.
    /// </remarks>
    public void Fail(ProtocolViolation violation)
    {
        _reader.Violation = violation;
        Close(violation.Code, violation.Reason);
        BeginClosing();
    }

    /// <summary>Gives back the memory of the message that was handed out; a message that is still arriving is left alone.</summary>
    public readonly void ReleaseMessage() => _reader.ReleaseMessage();

    /// <summary>Gives back everything. To be called once, at the end; nothing can be received or sent afterwards.</summary>
    public readonly void Release()
    {
        _reader.Abandon();
        _reader.Deflate?.Release();
    }

    /// <summary>RFC 6455 §5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a Close frame in response."</summary>
    private ProtocolEvent AnswerClose(ref ReadOnlySpan<byte> payload)
    {
        ProtocolViolation? violation = ClosePayload.Read(payload, out CloseCode code, out ReadOnlySpan<byte> reason);
        if (violation is not null)
        {
            payload = default;
            Fail(violation);
            _state = State.Closed;
            return ProtocolEvent.Failed;
        }

        // "the endpoint typically echos the status code it received"; one without a code is answered with 1000.
        _peerCode = (ushort)code;
        payload = reason;
        _state = State.Closed;
        Close(code == CloseCode.NoStatusReceived ? CloseCode.NormalClosure : code, default);
        return ProtocolEvent.Closed;
    }

    private ProtocolEvent AwaitClose(Span<byte> input, out int consumed)
    {
        if (_state == State.Open)
        {
            BeginClosing();
        }

        if (_state == State.Closing && _reader.Read(input, out consumed, out _) != ReadResult.Close)
        {
            return ProtocolEvent.None;
        }

        consumed = input.Length;
        _state = State.Closed;
        return ProtocolEvent.Closed;
    }

    private void BeginClosing()
    {
        _state = State.Closing;
        _reader.DiscardUntilClose();
    }
}
