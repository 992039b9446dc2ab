using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EchoServer.Buffers;
using EchoServer.Metrics;
using EchoServer.Server;
using EchoServer.WebSockets;
using Fleck.Handlers;
using FleckConnection = global::Fleck.WebSocketConnection;
using ISocket = global::Fleck.ISocket;
using WebSocketException = global::Fleck.WebSocketException;

namespace EchoServer.Fleck;

/// <summary>An open WebSocket of Fleck's, whose socket this is: Fleck puts messages together, and makes the frames of those that go out.</summary>
/// <remarks>
/// <para>
/// Fleck's own socket ends a connection with a read pending, keeps one that was reset, and queues output without limit; its expression
/// for request heads takes exponential time. So <see cref="Connection"/> moves the bytes and <see cref="Upgrade"/> judges heads.
/// </para>
/// <para>
/// Fleck takes a control frame between fragments for one of them, and lacks limits. So input goes to it frame by frame, without control
/// frames, frames that break a rule, and what stands behind a Close: those are for the built-in protocol.
/// </para>
/// </remarks>
internal sealed class FleckSession : WebSocketSession, ISocket
{
    // Fleck keeps a frame, and then a message, in lists that double when they are full.
    private const int FleckBytesPerByte = 2;

    private readonly FleckConnection _fleck;

    // Where Fleck wants the next bytes, and what it wants to be told.
    private (byte[] Buffer, Action<int> Received, Action<Exception> Failed) _read;
    private (ProtocolEvent Kind, int PayloadBytes) _found;
    private long _frameBytesLeft;
    private int _messageBytes;
    private int _fragments;
    private int _heldBytes;
    private bool _isInParts;

    /// <param name="connection">Moves the bytes.</param>
    /// <param name="reader">For the built-in engine: reads nothing here.</param>
    internal FleckSession(Connection connection, MessageReader reader)
        : base(connection, reader)
    {
        _fleck = new FleckConnection(this, initialize: null, parseRequest: null, handlerFactory: null, negotiateSubProtocol: null)
        {
            Handler = Hybi13Handler.Create(
                request: null,
                onMessage: TakeText,
                onClose: static () => { },
                onBinary: payload => Take(isText: false, payload),
                onPing: static _ => { },
                onPong: static _ => { }),
            OnError = TakeError,
        };
        _fleck.StartReceiving();
    }

    internal override bool IsInMessage => _frameBytesLeft > 0 || _fragments > 0;

    bool ISocket.Connected => !Outbound.IsClosed;

    internal override ProtocolEvent Receive(Span<byte> input, out int consumed, out int payloadBytes)
    {
        (consumed, payloadBytes) = (0, 0);
        if (_frameBytesLeft == 0)
        {
            ParseStatus status = Frame.Read(input, Role.Server, out Frame frame, out _);
            if (status == ParseStatus.Bad || frame.IsControl || Outbound.IsClosed)
            {
                return base.Receive(input, out consumed, out payloadBytes);
            }

            if (status == ParseStatus.NeedMore)
            {
                return ProtocolEvent.None;
            }

            Begin(frame, input.Length);
        }

        consumed = (int)Math.Min(Math.Min(_frameBytesLeft, input.Length), _read.Buffer.Length);
        _frameBytesLeft -= consumed;
        _found = default;
        if (!Outbound.IsClosed && TryTakeMemory(consumed))
        {
            Feed(input[..consumed]);
        }

        payloadBytes = _found.PayloadBytes;
        return _found.Kind;
    }

    internal override void Release()
    {
        GiveBack();
        base.Release();
    }

    Task<int> ISocket.Receive(byte[] buffer, Action<int> callback, Action<Exception> error, int offset)
    {
        _read = (buffer, callback, error);
        return Task.FromResult(0);
    }

    /// <summary>Takes a frame that Fleck has made.</summary>
    Task ISocket.Send(byte[] buffer, Action callback, Action<Exception> error)
    {
        Frame.TryReadLayout(buffer, out Frame frame);
        base.Send(frame.Opcode, default, buffer.AsSpan(frame.HeaderSize));
        return Task.CompletedTask;
    }

    private protected override void Send(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        byte[] payload = [.. first, .. second];
        Observe(opcode == Opcode.Text ? _fleck.Send(Encoding.UTF8.GetString(payload)) : _fleck.Send(payload));
    }

    /// <summary>Notes where a frame ends, and judges it by its header, before a byte of it is kept.</summary>
    private void Begin(in Frame frame, int inputBytes)
    {
        // Half of the range: what it is added to must not overflow.
        long length = (long)Math.Min(frame.PayloadLength, long.MaxValue / 2);
        ServerOptions options = Server.Options;
        _frameBytesLeft = frame.HeaderSize + length;
        _isInParts = !frame.IsFinal || _fragments > 0 || _frameBytesLeft > inputBytes;
        if (frame.Opcode != Opcode.Continuation && _fragments > 0)
        {
            // RFC 6455 §5.4: fragments of a message "MUST NOT be interleaved" with those of another.
            Fail(new(CloseCode.ProtocolError, $"a new {frame.Opcode} frame inside a fragmented message"));
        }
        else if (++_fragments > options.MaxFragments)
        {
            Fail(new(CloseCode.PolicyViolation, $"a message of more than {options.MaxFragments} fragments"));
        }
        else if (length > options.MaxMessageBytes - _messageBytes)
        {
            Fail(new(CloseCode.MessageTooBig, $"a message of {_messageBytes + length} bytes or more is over {options.MaxMessageBytes}"));
        }
        else
        {
            _messageBytes += (int)length;
        }
    }

    /// <summary>Takes memory for what Fleck keeps beyond this step: a message that has arrived whole needs none, as with the built-in engine.</summary>
    private bool TryTakeMemory(int bytes)
    {
        if (!_isInParts)
        {
            return true;
        }

        if (!Server.Budget.TryTake(bytes * FleckBytesPerByte))
        {
            Fail(new(CloseCode.TryAgainLater, "no memory left for a message that arrives in parts or has to wait"));
            return false;
        }

        _heldBytes += bytes;
        return true;
    }

    private void Feed(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_read.Buffer);
        try
        {
            _read.Received(bytes.Length);
        }
        catch (Exception exception)
        {
            _read.Failed(exception);
        }
    }

    private void TakeText(string text)
    {
        using var buffer = new StepBuffer(Encoding.UTF8.GetByteCount(text));
        Take(isText: true, buffer.Span[..Encoding.UTF8.GetBytes(text, buffer.Span)]);
    }

    private void Take(bool isText, ReadOnlySpan<byte> payload)
    {
        _found = (isText ? ProtocolEvent.Text : ProtocolEvent.Binary, payload.Length);
        (_messageBytes, _fragments) = (0, 0);
        GiveBack();
        Deliver(isText, payload, headroom: 0);
    }

    /// <summary>Closes for what Fleck's reader has found wrong.</summary>
    private void TakeError(Exception exception)
    {
        if (exception is WebSocketException violation)
        {
            Fail(new((CloseCode)violation.StatusCode, "Fleck takes it for a violation of the protocol"));
        }
        else
        {
            Close(CloseCode.InternalError, "Fleck failed", EndCause.Fault);
        }
    }

    private void GiveBack()
    {
        // Not in one call: twice the largest message is more than an int.
        for (int i = 0; i < FleckBytesPerByte; i++)
        {
            Server.Budget.GiveBack(_heldBytes);
        }

        _heldBytes = 0;
    }

    /// <summary>Looks at the exception of a send on a connection that is closed: it must not stay unobserved.</summary>
    private static void Observe(Task send) => _ = send.Exception;

    // For Fleck's own sockets.
    string ISocket.RemoteIpAddress => throw new NotSupportedException();
    int ISocket.RemotePort => throw new NotSupportedException();
    Stream ISocket.Stream => throw new NotSupportedException();
    EndPoint ISocket.LocalEndPoint => throw new NotSupportedException();
    bool ISocket.NoDelay { get => true; set { } }
    Task<ISocket> ISocket.Accept(Action<ISocket> callback, Action<Exception> error) => throw new NotSupportedException();
    Task ISocket.Authenticate(X509Certificate2 certificate, SslProtocols protocols, Action callback, Action<Exception> error) =>
        throw new NotSupportedException();
    void ISocket.Bind(EndPoint ipLocal) => throw new NotSupportedException();
    void ISocket.Listen(int backlog) => throw new NotSupportedException();
    void ISocket.Close() { }
    void ISocket.Dispose() { }
}
