using System.Net;
using System.Text;
using EchoServer.Buffers;
using EchoServer.Server;
using EchoServer.Transport;
using EchoServer.WebSockets;
using IFleckConnection = global::Fleck.IWebSocketConnection;
using IFleckConnectionInfo = global::Fleck.IWebSocketConnectionInfo;

namespace EchoServer.Fleck;

/// <summary>One connection of Fleck's, as the application knows connections.</summary>
/// <remarks>
/// Fleck raises its events on any thread, the opening after the first message if it so happens, the end twice or not at all. Here
/// they become what <see cref="IWebSocketConnection"/> promises, on an <see cref="EventQueue"/>.
/// </remarks>
internal sealed class FleckConnection : IWebSocketConnection
{
    // A stopping server lets a client be whose last message is younger than this many milliseconds: more are on their way.
    private const long QuietMilliseconds = 250;

    private const int NotClosing = 0;

    private readonly FleckServer _server;
    private readonly IFleckConnection _socket;
    private readonly EventQueue _events = new();
    private readonly string? _forwardedFor;
    private readonly long _since = MonotonicClock.Now;
    private long _lastMessage = MonotonicClock.Now;
    private long _messagesReceived;

    // The code of our own Close, once there is one.
    private int _closeCode = NotClosing;

    // Only looked at and changed by events.
    private bool _isOpen;
    private bool _isEnded;

    /// <summary>Subscribes to a connection that Fleck has just accepted; its handshake is not answered yet.</summary>
    internal FleckConnection(FleckServer server, IFleckConnection socket, long id)
    {
        _server = server;
        _socket = socket;
        Info = Describe(id, socket.ConnectionInfo);
        _forwardedFor = socket.ConnectionInfo.Headers?.TryGetValue("X-Forwarded-For", out string? hops) == true ? hops : null;
        socket.OnOpen = () => _events.Add(Open);
        socket.OnMessage = text => _events.Add(() => Receive(text));
        socket.OnBinary = bytes => _events.Add(() => Receive(new Message(isText: false, bytes)));
        // As Fleck does it, but a failed answer must not become an unobserved exception.
        socket.OnPing = payload => Issue(() => socket.SendPong(payload));
        socket.OnError = Fail;
        socket.OnClose = () => _events.Add(End);
    }

    /// <inheritdoc/>
    public long Id => Info.Id;

    /// <inheritdoc/>
    public ConnectionInfo Info { get; }

    /// <inheritdoc/>
    public Action? OnOpen { get; set; }

    /// <inheritdoc/>
    public Action<Message>? OnMessage { get; set; }

    /// <inheritdoc/>
    public Action? OnClose { get; set; }

    /// <inheritdoc/>
    public Action<Exception>? OnError { get; set; }

    private bool IsClosing => Volatile.Read(ref _closeCode) != NotClosing;

    /// <inheritdoc/>
    public void Send(string text) => Issue(() => _socket.Send(text));

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> prefix, Message message)
    {
        if (message.IsText)
        {
            Send(string.Concat(Encoding.UTF8.GetString(prefix), message.ToString()));
        }
        else
        {
            byte[] bytes = [.. prefix, .. message.Bytes];
            Issue(() => _socket.Send(bytes));
        }
    }

    /// <inheritdoc/>
    /// <remarks>Fleck sends the code without the reason, and ends the TCP connection right after it.</remarks>
    public void Close(CloseCode code = CloseCode.NormalClosure, string reason = "")
    {
        if (!ClosePayload.IsCodeAllowed((int)code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), (int)code, "a Close frame carries 1000-1003, 1007-1014 or 3000-4999");
        }

        if (Interlocked.CompareExchange(ref _closeCode, (int)code, NotClosing) == NotClosing)
        {
            Try(() => _socket.Close((int)code));
        }
    }

    /// <summary>For the shutdown: says 1001. May be called again and again, on any thread.</summary>
    /// <param name="isPatient">Whether to let a client be whose messages keep coming.</param>
    internal void GoAway(bool isPatient)
    {
        bool isQuiet = MonotonicClock.Now - Volatile.Read(ref _lastMessage) >= QuietMilliseconds;
        if (!IsClosing && (isQuiet || !isPatient))
        {
            // Behind the messages that are here already. Before the handshake is answered a Close would come in its place: Open
            // sees to it then.
            _events.Add(() =>
            {
                if (_isOpen)
                {
                    Close(CloseCode.GoingAway);
                }
            });
        }
    }

    /// <summary>
    /// The first event of all: Fleck's own, or the first message where that overtakes it. Fleck sends the handshake's answer before
    /// it reads on, so that output of this event follows it in either case.
    /// </summary>
    private void Open()
    {
        if (_isOpen || _isEnded)
        {
            return;
        }

        _isOpen = true;
        _server.Log.ConnectionOpened(Info, _forwardedFor);
        if (_server.Refusal(Info) is CloseCode refusal)
        {
            Close(refusal);
            return;
        }

        Call(() =>
        {
            _server.Configure(this);
            OnOpen?.Invoke();
        });
    }

    private void Receive(string text) => Call(() =>
    {
        using var buffer = new StepBuffer(Encoding.UTF8.GetByteCount(text));
        int length = Encoding.UTF8.GetBytes(text, buffer.Span);
        Receive(new Message(isText: true, buffer.Span[..length]));
    });

    private void Receive(Message message)
    {
        Open();
        Volatile.Write(ref _lastMessage, MonotonicClock.Now);
        if (_isEnded || IsClosing)
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
            CallbackFailed(exception);
        }
    }

    /// <summary>What Fleck calls an error: a client that breaks the protocol or is gone, and a fault of Fleck's own.</summary>
    private void Fail(Exception exception)
    {
        _server.Log.ConnectionError(Info.Id, exception);
        if (!_socket.IsAvailable)
        {
            // After a reset Fleck raises no end: it only closes a connected socket.
            _events.Add(End);
        }
    }

    private void End()
    {
        if (_isEnded)
        {
            return;
        }

        _isEnded = true;
        _server.Remove(this);
        if (!_isOpen)
        {
            return;
        }

        CloseCode? code = IsClosing ? (CloseCode)_closeCode : null;
        _server.Log.ConnectionClosed(Info.Id, code, _messagesReceived, TimeSpan.FromMilliseconds(MonotonicClock.Now - _since));
        try
        {
            OnClose?.Invoke();
        }
        catch (Exception exception)
        {
            _server.Log.CallbackFailed(exception, Info.Id);
        }
    }

    private void Call(Action callback)
    {
        try
        {
            callback();
        }
        catch (Exception exception)
        {
            CallbackFailed(exception);
        }
    }

    private void CallbackFailed(Exception exception)
    {
        IWebSocketConnection.ReportFailure(this, exception, _server.Log);
        Close(CloseCode.InternalError);
    }

    /// <summary>Sends, unless the connection is closing or gone: of that Fleck would make an exception and a warning.</summary>
    private void Issue(Func<Task?> send)
    {
        if (!IsClosing && _socket.IsAvailable)
        {
            // A send that fails ends the connection, of which Fleck tells by other means; its task has to be looked at nevertheless.
            Try(() => send()?.ContinueWith(
                static sent => _ = sent.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default));
        }
    }

    /// <summary>An exception of Fleck ends this connection; the sender does not see it.</summary>
    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private static ConnectionInfo Describe(long id, IFleckConnectionInfo info)
    {
        _ = IPAddress.TryParse(info.ClientIpAddress, out IPAddress? address);
        address = address?.IsIPv4MappedToIPv6 == true ? address.MapToIPv4() : address ?? IPAddress.None;
        // Fleck keeps the query with the path.
        string path = (info.Path ?? "/").Split('?', 2)[0];
        return new ConnectionInfo(
            id,
            new IPEndPoint(address, Math.Clamp(info.ClientPort, IPEndPoint.MinPort, IPEndPoint.MaxPort)),
            path,
            info.Host ?? "",
            info.Origin,
            string.IsNullOrEmpty(info.NegotiatedSubProtocol) ? null : info.NegotiatedSubProtocol);
    }
}
