using System.Text;
using EchoServer.Buffers;
using EchoServer.Server;
using EchoServer.WebSockets;
using IFleckConnection = global::Fleck.IWebSocketConnection;

namespace EchoServer.Fleck;

/// <summary>One of Fleck's connections, as the application knows connections.</summary>
/// <remarks>Fleck's events come one at a time, the opening first: <see cref="FleckSocket"/> sees to that.</remarks>
internal sealed class FleckConnection : IWebSocketConnection
{
    private readonly FleckServer _server;
    private readonly FleckSocket _socket;
    private readonly IFleckConnection _fleck;
    private ConnectionInfo? _info;
    private long _messagesReceived;

    /// <summary>Subscribes to a connection whose handshake Fleck is about to answer.</summary>
    internal FleckConnection(FleckServer server, FleckSocket socket, IFleckConnection fleck)
    {
        _server = server;
        _socket = socket;
        _fleck = fleck;
        _info = socket.Info;
        fleck.OnOpen = Open;
        fleck.OnMessage = Receive;
        fleck.OnBinary = bytes => Receive(new Message(isText: false, bytes));
        // Fleck's own handler leaves the exception of a pong that comes too late unobserved.
        fleck.OnPing = payload => Issue(() => fleck.SendPong(payload));
        socket.Connection = this;
    }

    public long Id => _socket.Id;
    public ConnectionInfo Info => _info ?? throw new InvalidOperationException("the request is known only until the connection is open");
    public Action? OnOpen { get; set; }
    public Action<Message>? OnMessage { get; set; }
    public Action? OnClose { get; set; }
    public Action<Exception>? OnError { get; set; }

    public void Send(string text) => Issue(() => _fleck.Send(text));

    public void Send(ReadOnlySpan<byte> prefix, Message message)
    {
        byte[] bytes = [.. prefix, .. message.Bytes];
        bool isText = message.IsText;
        Issue(() => isText ? _fleck.Send(Encoding.UTF8.GetString(bytes)) : _fleck.Send(bytes));
    }

    /// <inheritdoc/>
    /// <remarks>Past Fleck, which has no fragments.</remarks>
    public void SendFragment(bool isText, ReadOnlySpan<byte> payload, bool isFirst, bool isLast)
    {
        var fragment = new Fragment(isText ? Opcode.Text : Opcode.Binary, isFirst, isLast);
        byte[] frame = new byte[Frame.SizeOfHeader(payload.Length, masked: false) + payload.Length];
        Frame.Write(frame, fragment.Opcode, payload, default, isFinal: isLast);
        Issue(() => _socket.Send(frame, static () => { }, static _ => { }));
    }

    public bool IsPinged { get; set; }
    public IByteBudget Memory => _server.Budget;

    public void Abort() => _socket.Reset();

    /// <inheritdoc/>
    /// <remarks>Fleck sends the code without the reason.</remarks>
    public void Close(CloseCode code = CloseCode.NormalClosure, string reason = "")
    {
        if (!ClosePayload.IsCodeAllowed((int)code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), (int)code, "a Close frame carries 1000-1003, 1007-1014 or 3000-4999");
        }

        _socket.Post(() => _fleck.Close((int)code));
    }

    /// <summary>The last event.</summary>
    internal void End(CloseCode code)
    {
        _server.Log.ConnectionClosed(Id, code, _messagesReceived);
        try
        {
            OnClose?.Invoke();
        }
        catch (Exception exception)
        {
            _server.Log.CallbackFailed(exception, Id);
        }
    }

    private void Open()
    {
        if (_server.IsStopping)
        {
            Close(CloseCode.GoingAway);
            return;
        }

        try
        {
            _server.Configure(this);
            OnOpen?.Invoke();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        _info = null;
    }

    private void Receive(string text)
    {
        using var buffer = new StepBuffer(Encoding.UTF8.GetByteCount(text));
        Receive(new Message(isText: true, buffer.Span[..Encoding.UTF8.GetBytes(text, buffer.Span)]));
    }

    private void Receive(Message message)
    {
        // Fleck also raises messages that stand behind a Close.
        if (!_fleck.IsAvailable)
        {
            return;
        }

        _messagesReceived++;
        try
        {
            OnMessage?.Invoke(message);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private void Fail(Exception exception)
    {
        IWebSocketConnection.ReportFailure(this, exception, _server.Log);
        Close(CloseCode.InternalError);
    }

    private void Issue(Func<Task> send)
    {
        if (_fleck.IsAvailable)
        {
            // Of a connection that another thread has closed meanwhile: it must not stay unobserved.
            _ = send().Exception;
        }
    }
}
