using System.Runtime.CompilerServices;
using EchoServer.Buffers;
using EchoServer.Metrics;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Server;

/// <summary>An open WebSocket of the server: the application's side of a connection, on <see cref="WebSocketProtocol{TSink}"/>.</summary>
/// <remarks>
/// Any thread may call <c>Send</c> and <c>Close</c>. All else belongs to the connection's loop, and the callbacks are called there.
/// An exception out of a callback is logged, given to <see cref="OnError"/>, and becomes a Close 1011.
/// </remarks>
internal class WebSocketSession : IWebSocketConnection
{
    // Of the connection that this thread is opening: no session keeps it.
    [ThreadStatic]
    private static (WebSocketSession? Session, ConnectionInfo Info) _opening;

    private readonly Connection _connection;
    private WebSocketProtocol<OutboundSink> _protocol;

    /// <param name="connection">Moves the bytes.</param>
    /// <param name="reader">Reads what follows the request; owned by the session.</param>
    internal WebSocketSession(Connection connection, MessageReader reader)
    {
        _connection = connection;
        _protocol = new WebSocketProtocol<OutboundSink>(reader, new OutboundSink(connection.Outbound));
    }

    public long Id => _connection.Id;

    public ConnectionInfo Info => _opening.Session == this ? _opening.Info : throw new InvalidOperationException("the request is known only until the connection is open");

    public Action? OnOpen { get; set; }

    public Action<Message>? OnMessage { get; set; }

    public Action? OnClose { get; set; }

    public Action<Exception>? OnError { get; set; }

    public bool IsPinged { get; set; } = true;

    public IByteBudget Memory => Server.Budget.Spare;

    /// <summary>Whether messages are still read.</summary>
    internal bool IsOpen => _protocol.IsOpen;

    /// <summary>Whether a message has begun and not ended.</summary>
    internal virtual bool IsInMessage => _protocol.IsInMessage;

    /// <summary>Compression, where it was agreed on.</summary>
    internal PerMessageDeflate? Deflate => _protocol.Deflate;

    /// <summary>What compression has cost so far.</summary>
    internal long DeflateWork => _protocol.Deflate?.Work ?? 0;

    private protected ServerContext Server => _connection.Server;

    private protected Outbound Outbound => _connection.Outbound;

    public void Send(string text)
    {
        using var buffer = new StepBuffer(Encoding.UTF8.GetMaxByteCount(text.Length));
        int length = Encoding.UTF8.GetBytes(text, buffer.Span);
        Send(Opcode.Text, default, buffer.Span[..length]);
    }

    public void Send(ReadOnlySpan<byte> prefix, Message message)
    {
        Opcode opcode = message.IsText ? Opcode.Text : Opcode.Binary;
        if (message.Headroom == 0 || !Outbound.TrySendInPlace(opcode, prefix, message))
        {
            Send(opcode, prefix, message.Bytes);
        }
    }

    public void SendFragment(bool isText, ReadOnlySpan<byte> payload, bool isFirst, bool isLast)
    {
        var fragment = new Fragment(isText ? Opcode.Text : Opcode.Binary, isFirst, isLast);
        if (Outbound.IsOnLoop)
        {
            Outbound.Write(fragment, payload, default, payload.Length, isCompressed: false);
        }
        else
        {
            Enqueue(fragment, payload, default);
        }
    }

    public void Abort() => _connection.Reset();

    public void Close(CloseCode code = CloseCode.NormalClosure, string reason = "")
    {
        ClosePayload.ThrowIfNotAllowed(code);
        Close(code, reason, EndCause.Application);
    }

    /// <summary>Begins the closing handshake. Any thread.</summary>
    internal void Close(CloseCode code, string reason, EndCause cause)
    {
        if (!Outbound.IsClosed)
        {
            // Before the frame goes out: the peer's answer can end the loop, and be logged, at once.
            _connection.NoteEnd(code, cause, cause == EndCause.Application ? "closed by the application" : reason);
            _protocol.Close(code, reason);
        }
    }

    /// <summary>Sends a ping. Any thread but the loop's.</summary>
    internal void Ping() => Enqueue(new(Opcode.Ping), default, default);

    /// <summary>Lets the application set its callbacks, and calls the first.</summary>
    /// <param name="info">What the handshake told.</param>
    internal void Open(ConnectionInfo info)
    {
        _opening = (this, info);
        try
        {
            Server.Configure(this);
            Action? open = OnOpen;
            OnOpen = null;
            open?.Invoke();
        }
        catch (Exception exception)
        {
            CallbackFailed(exception);
        }

        _opening = default;
    }

    /// <summary>Takes input up to the next event, and handles it. What follows a violation is looked through for a Close.</summary>
    /// <param name="input">As for <see cref="WebSocketProtocol{TSink}.Receive"/>.</param>
    /// <param name="consumed">How many bytes are used up.</param>
    /// <param name="payloadBytes">The payload's length.</param>
    internal virtual ProtocolEvent Receive(Span<byte> input, out int consumed, out int payloadBytes)
    {
        ProtocolEvent found = _protocol.Receive(input, out consumed, out ReadOnlySpan<byte> payload);
        payloadBytes = payload.Length;
        if (found is ProtocolEvent.Text or ProtocolEvent.Binary)
        {
            // Where the message is the last of the input, and no other memory holds it, its header is free to be written over.
            bool isInInput = _protocol.Deflate is null && !payload.IsEmpty && consumed == input.Length && Unsafe.AreSame(in payload[^1], in input[^1]);
            Deliver(found == ProtocolEvent.Text, payload, isInInput ? consumed - payload.Length : 0);
            _protocol.ReleaseMessage();
        }
        else if (found is ProtocolEvent.Closed or ProtocolEvent.Failed)
        {
            NoteEnd(payload);
        }

        if (found == ProtocolEvent.Failed)
        {
            // The peer's Close may stand behind what broke the rule.
            found = _protocol.Receive(input[consumed..], out int closeBytes, out _);
            consumed += closeBytes;
        }

        return found;
    }

    /// <summary>Fails the WebSocket for a reason of this end's.</summary>
    internal void Fail(ProtocolViolation violation)
    {
        NoteViolation(violation);
        _protocol.Fail(violation);
    }

    /// <summary>Gives back everything that the protocol holds.</summary>
    internal virtual void Release() => _protocol.Release();

    /// <summary>Tells the application that the connection has ended, and logs how.</summary>
    internal void Closed(in ConnectionEnd end, in ConnectionTotals totals)
    {
        try
        {
            OnClose?.Invoke();
        }
        catch (Exception exception)
        {
            Server.Log.CallbackFailed(exception, Id);
        }

        Server.Log.ConnectionClosed(Id, end, totals);
    }

    private void NoteViolation(ProtocolViolation violation) =>
        _connection.NoteEnd(violation.Code, EndCauses.Of(violation), violation.Reason);

    /// <summary>Notes how the protocol has ended, unless that was noted before.</summary>
    private void NoteEnd(ReadOnlySpan<byte> reason)
    {
        if (_protocol.Violation is ProtocolViolation violation)
        {
            NoteViolation(violation);
        }
        else if (_protocol.PeerCode is CloseCode code)
        {
            string words = reason.IsEmpty ? "closed by the client" : $"closed by the client: {Encoding.UTF8.GetString(reason)}";
            _connection.NoteEnd(code, EndCause.Peer, words);
        }
    }

    /// <summary>Hands a message to the application.</summary>
    private protected void Deliver(bool isText, ReadOnlySpan<byte> payload, int headroom)
    {
        try
        {
            OnMessage?.Invoke(new Message(isText, payload, headroom));
        }
        catch (Exception exception)
        {
            CallbackFailed(exception);
        }
    }

    /// <summary>Logs an exception of a callback, and gives it to <see cref="OnError"/>, whose own exception is logged as well.</summary>
    private void CallbackFailed(Exception exception)
    {
        Server.Log.CallbackFailed(exception, Id);
        try
        {
            OnError?.Invoke(exception);
        }
        catch (Exception second)
        {
            Server.Log.CallbackFailed(second, Id);
        }

        Close(CloseCode.InternalError, "internal error", EndCause.Fault);
    }

    /// <summary>Sends a frame. Any thread.</summary>
    private protected virtual void Send(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (Outbound.IsOnLoop)
        {
            _protocol.Send(opcode, first, second);
        }
        else
        {
            // Other threads send uncompressed: what compresses belongs to the loop, and each message may be either.
            Enqueue(new(opcode), first, second);
        }
    }

    private void Enqueue(Fragment fragment, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        switch (Outbound.Enqueue(fragment, first, second))
        {
            case EnqueueResult.Accepted:
                Server.Counters.Enqueued(fragment, first.Length + second.Length);
                break;
            case EnqueueResult.NoRoom:
                _connection.Abort(EndCause.Budget, "more waits for the client to read it than there is room for");
                break;
        }
    }
}
