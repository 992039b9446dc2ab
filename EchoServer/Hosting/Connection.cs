using System.Buffers;
using System.Net.Sockets;
using System.Text;
using EchoServer.WebSockets;

namespace EchoServer.Hosting;

/// <summary>One client, from accept to end: request head, then frames, then the closing handshake.</summary>
/// <remarks>
/// <para>
/// <see cref="RunAsync"/> is the connection's loop: one wait, then one synchronous step that receives, processes and sends. All
/// state belongs to the loop, except what the last paragraph names. Between steps an idle connection holds no buffer: it waits
/// with a receive of zero bytes, and rents a buffer only when there is something to put into it.
/// </para>
/// <para>
/// Here alone is decided what a violation costs: a rejection becomes an HTTP answer and a close, a violation becomes a Close
/// frame, an exception out of a callback becomes 1011, a peer that vanished costs nothing.
/// </para>
/// <para>
/// Any thread may call <c>Send</c>, <c>Close</c>, <see cref="CheckDeadline"/>, <see cref="GoAway"/> and <see cref="Abort"/>.
/// </para>
/// </remarks>
internal sealed partial class Connection : IWebSocketConnection
{
    private const long NoDeadline = long.MaxValue;

    // How often a connection whose data never runs dry may receive in one go. Then it goes to the back of the thread pool's
    // queue, so that one flood cannot keep an I/O thread from the thread's other connections.
    private const int MaxReceivesInOneGo = 16;

    private readonly WebSocketServer _server;
    private readonly Socket _socket;
    private readonly Outbound _outbound;
    private readonly long _id;
    private readonly int _slot;
    private readonly long _startedAt = Heartbeat.Now;

    private Phase _phase;
    private MessageReader? _reader;
    private ConnectionInfo? _info;

    // Input that is not used up: less than a head, a header or a control frame, or what must wait until output is sent.
    private byte[]? _leftOver;
    private int _leftOverBytes;

    // How many receives in a row found data without a wait. While that goes on, the wait, a system call, is left out.
    private int _receivesInOneGo;
    private bool _isHalfClosed;

    // Zero outside a step: tells a callback's own sends from those of other threads.
    private int _loopThread;

    // Written by any thread.
    private long _deadline = NoDeadline;

    // How it ended, for the log.
    private CloseCode _closeCode = CloseCode.AbnormalClosure;
    private string _cause = "the client is gone";
    private long _messagesReceived;
    private long _bytesReceived;

    internal Connection(WebSocketServer server, Socket socket, long id)
    {
        _server = server;
        _socket = socket;
        _id = id;
        _outbound = new Outbound(socket, server.Options.MaxQueuedBytes);
        _slot = server.Connections.Add(this);
    }

    private enum Phase : byte
    {
        /// <summary>Reading the request head.</summary>
        Head,

        /// <summary>Reading messages.</summary>
        Open,

        /// <summary>Our Close is sent; only the peer's is waited for.</summary>
        Closing,

        /// <summary>All is said: our side is shut down, and input is dropped until the peer shuts down its side.</summary>
        Lingering,

        /// <summary>To be cleaned up.</summary>
        Ended,
    }

    /// <inheritdoc/>
    public ConnectionInfo Info => _info ?? throw new InvalidOperationException("the handshake is not done");

    /// <inheritdoc/>
    public Action? OnOpen { get; set; }

    /// <inheritdoc/>
    public Action<Message>? OnMessage { get; set; }

    /// <inheritdoc/>
    public Action? OnClose { get; set; }

    /// <inheritdoc/>
    public Action<Exception>? OnError { get; set; }

    private bool IsOnLoop => _loopThread == Environment.CurrentManagedThreadId;

    /// <summary>The connection's loop. Never throws; complete when the connection is gone and everything is given back.</summary>
    internal async Task RunAsync()
    {
        try
        {
            _socket.NoDelay = true;
            _socket.Blocking = false;
            while (_phase != Phase.Ended)
            {
                if (_receivesInOneGo == 0)
                {
                    ValueTask<int> readable = _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                    _receivesInOneGo = readable.IsCompleted ? 1 : 0;
                    await readable.ConfigureAwait(false);
                }
                else if (++_receivesInOneGo > MaxReceivesInOneGo)
                {
                    _receivesInOneGo = 1;
                    await Task.Yield();
                }

                bool flushed = ReceiveAndProcess();
                while (!flushed)
                {
                    await _outbound.FlushAsync().ConfigureAwait(false);
                    flushed = ProcessLeftOver();
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer reset the connection, or a deadline ended it: everyday things, told at debug level by End.
        }
        catch (Exception exception)
        {
            _server.Log.ConnectionFailed(exception, _id);
        }

        End();
    }

    /// <inheritdoc/>
    public void Send(string text)
    {
        int maxBytes = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(maxBytes);
        int length = Encoding.UTF8.GetBytes(text, bytes);
        Send(Opcode.Text, default, bytes.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> prefix, Message message) =>
        Send(message.IsText ? Opcode.Text : Opcode.Binary, prefix, message.Bytes);

    /// <inheritdoc/>
    public void Close(CloseCode code = CloseCode.NormalClosure, string reason = "")
    {
        Span<byte> payload = stackalloc byte[ClosePayload.MaxBytes];
        payload = payload[..ClosePayload.Write(payload, code, reason)];
        Close(code, payload, "closed by the application");
    }

    /// <summary>For the shutdown: says 1001 to a client, ends a connection that has not become one. Any thread.</summary>
    internal void GoAway()
    {
        if (Volatile.Read(ref _info) is null)
        {
            Abort();
        }
        else if (!_outbound.IsClosed)
        {
            Close(CloseCode.GoingAway, "server is shutting down");
        }
    }

    /// <summary>For the heartbeat: ends the connection when its deadline has passed. Any thread.</summary>
    /// <param name="now">The time, as <see cref="Heartbeat.Now"/> gives it.</param>
    internal void CheckDeadline(long now)
    {
        if (now >= Volatile.Read(ref _deadline))
        {
            Abort();
        }
    }

    /// <summary>Ends the connection at once, without a word to the peer. Any thread.</summary>
    /// <remarks>Only wakes the loop, which then cleans up: no other thread closes the socket under its hands.</remarks>
    internal void Abort()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    private void Send(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (IsOnLoop)
        {
            _outbound.GatherFrame(opcode, first, second);
        }
        else if (!_outbound.Post(opcode, first, second) && !_outbound.IsClosed)
        {
            // More is queued for this peer than it may make us hold.
            Abort();
        }
    }

    private void Close(CloseCode code, ReadOnlySpan<byte> payload, string cause)
    {
        bool isFirst = IsOnLoop ? _outbound.GatherClose(payload) : _outbound.Post(Opcode.Close, payload, default);
        if (isFirst)
        {
            _closeCode = code;
            _cause = cause;
            SetCloseDeadline();
        }
    }

    private void SetCloseDeadline() =>
        Volatile.Write(ref _deadline, Heartbeat.Now + (long)_server.Options.CloseTimeout.TotalMilliseconds);

    private bool ReceiveAndProcess()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ServerOptions.ReceiveBytes);
        try
        {
            int held = _leftOverBytes;
            int received = _socket.Receive(buffer.AsSpan(held), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                _receivesInOneGo = 0;
                return true;
            }

            if (error != SocketError.Success || received == 0)
            {
                _phase = Phase.Ended;
                return true;
            }

            _bytesReceived += received;
            _leftOver.AsSpan(0, held).CopyTo(buffer);
            ReturnLeftOver();
            return Process(buffer.AsSpan(0, held + received), held);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Goes on with input that had to wait until output was sent.</summary>
    private bool ProcessLeftOver()
    {
        byte[]? input = _leftOver;
        int length = _leftOverBytes;
        _leftOver = null;
        _leftOverBytes = 0;
        try
        {
            return Process(input.AsSpan(0, length), seenBefore: length);
        }
        finally
        {
            if (input is not null)
            {
                ArrayPool<byte>.Shared.Return(input);
            }
        }
    }

    /// <summary>Uses up as much input as it can, keeps the rest, and sends what that gave rise to.</summary>
    /// <returns>False when output is left to be sent before anything else.</returns>
    private bool Process(Span<byte> input, int seenBefore)
    {
        _outbound.BeginTurn();
        _loopThread = Environment.CurrentManagedThreadId;
        try
        {
            while (!input.IsEmpty)
            {
                int consumed = _phase switch
                {
                    Phase.Head => ReadHead(input, seenBefore),
                    Phase.Open => ReadFrame(input),
                    Phase.Closing => AwaitClose(input),
                    _ => input.Length,
                };
                input = input[consumed..];
                if (consumed == 0 || (_outbound.GatheredBytes >= ServerOptions.GatherBytes && !_outbound.TryFlush()))
                {
                    break;
                }
            }

            KeepLeftOver(input);
        }
        finally
        {
            _loopThread = 0;
        }

        return _outbound.TryFlush() && HalfCloseWhenDone();
    }

    /// <summary>After the last byte is sent: tells the peer that no more comes, and waits for it to say the same.</summary>
    /// <remarks>Closing a socket while input is unread resets the connection, and a reset can overtake our last words.</remarks>
    private bool HalfCloseWhenDone()
    {
        if (_phase == Phase.Lingering && !_isHalfClosed)
        {
            _isHalfClosed = true;
            _socket.Shutdown(SocketShutdown.Send);
        }

        return true;
    }

    private void KeepLeftOver(ReadOnlySpan<byte> input)
    {
        if (!input.IsEmpty)
        {
            _leftOver = ArrayPool<byte>.Shared.Rent(input.Length);
            _leftOverBytes = input.Length;
            input.CopyTo(_leftOver);
        }
    }

    private void ReturnLeftOver()
    {
        if (_leftOver is not null)
        {
            ArrayPool<byte>.Shared.Return(_leftOver);
            _leftOver = null;
            _leftOverBytes = 0;
        }
    }

    private void End()
    {
        _phase = Phase.Ended;
        // Where output is left nobody waits for it any more: 0 lets the kernel drop it now instead of keeping it for minutes.
        _socket.Close(_outbound.HasUnsent ? 0 : -1);
        _outbound.End();
        _reader?.Abandon();
        ReturnLeftOver();
        _server.Connections.Remove(_slot);
        if (_info is not null)
        {
            Closed();
            var duration = TimeSpan.FromMilliseconds(Heartbeat.Now - _startedAt);
            var totals = new ConnectionTotals(_messagesReceived, _bytesReceived, _outbound.BytesSent, duration);
            _server.Log.ConnectionClosed(_id, _closeCode, _cause, totals);
        }
    }
}
