using System.Net.Sockets;
using EchoServer.WebSockets;

namespace EchoServer.Hosting;

/// <summary>The only writer to a connection's socket.</summary>
/// <remarks>
/// <para>
/// What the connection's loop sends is gathered, and goes out in one call when the loop flushes. What other threads send is
/// queued behind it. Only the side that has the turn writes: the loop takes it before it processes input and keeps it until its
/// output is sent, so that its frames are never torn by another thread's; who finds the turn free writes at once; who finds it
/// taken leaves the bytes in the queue, which is emptied before the turn is given back. No lock is held while a callback runs or
/// the socket is written to.
/// </para>
/// <para>After a Close frame nothing more is accepted (RFC 6455 §5.5.1): what comes later is dropped.</para>
/// </remarks>
internal sealed class Outbound
{
    private readonly Socket _socket;
    private readonly int _maxQueuedBytes;
    private readonly Lock _gate = new();

    // Only for the loop.
    private OutputBuffer _gathered;
    private bool _loopHasTurn;

    // Guarded by the gate. While nobody has the turn the queue is empty.
    private OutputBuffer _queued;
    private bool _turnTaken;
    private TaskCompletionSource? _turnFree;
    private volatile bool _closed;

    // Whether it was another thread that closed: then what the loop has gathered may not go behind its Close frame.
    private bool _closedFromOutside;

    private long _bytesSent;

    internal Outbound(Socket socket, int maxQueuedBytes)
    {
        _socket = socket;
        _maxQueuedBytes = maxQueuedBytes;
    }

    /// <summary>Whether a Close frame was accepted, or the connection is gone: nothing more can be sent. Any thread.</summary>
    internal bool IsClosed => _closed;

    /// <summary>Bytes given to the socket so far. Any thread.</summary>
    internal long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>How many bytes the loop has gathered. Loop only.</summary>
    internal int GatheredBytes => _gathered.Length;

    /// <summary>Claims the turn, if it is free, so that what the loop is about to gather goes out before what others send. Loop only.</summary>
    internal void BeginTurn()
    {
        if (!_loopHasTurn)
        {
            lock (_gate)
            {
                TakeTurn();
            }
        }
    }

    /// <summary>Gathers bytes that are not a frame: the answer to the handshake. Loop only.</summary>
    internal void Gather(ReadOnlySpan<byte> bytes) => _gathered.Append(bytes);

    /// <summary>Gathers a frame whose payload comes in two parts. Loop only.</summary>
    internal void GatherFrame(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (!_closed)
        {
            _gathered.AppendFrame(opcode, first, second);
        }
    }

    /// <summary>Gathers a Close frame. Loop only.</summary>
    /// <returns>False when one was sent before.</returns>
    internal bool GatherClose(ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            _closed = true;
            if (_loopHasTurn)
            {
                // What others sent meanwhile would go out behind the Close.
                _gathered.Append(_queued.Waiting.Span);
                _queued.Clear();
            }
        }

        _gathered.AppendFrame(Opcode.Close, payload, default);
        return true;
    }

    /// <summary>Sends what was gathered, as far as the socket takes it without waiting. Loop only.</summary>
    /// <returns>False when some is left: await <see cref="FlushAsync"/>.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    internal bool TryFlush()
    {
        if (!_loopHasTurn && !TakeTurnOrQueue())
        {
            return false;
        }

        do
        {
            while (_gathered.Length > 0)
            {
                int sent = _socket.Send(_gathered.Waiting.Span, SocketFlags.None, out SocketError error);
                if (error == SocketError.WouldBlock)
                {
                    return false;
                }

                if (error != SocketError.Success)
                {
                    throw new SocketException((int)error);
                }

                _bytesSent += sent;
                _gathered.Consume(sent);
            }
        }
        while (TakeQueuedOrGiveBackTurn(ref _gathered));

        _loopHasTurn = false;
        return true;
    }

    /// <summary>Sends what is left; the loop awaits it before it receives again, which is all there is to back-pressure. Loop only.</summary>
    /// <returns>A task that is complete when everything gathered is sent.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    internal async ValueTask FlushAsync()
    {
        if (!_loopHasTurn)
        {
            Task? free;
            lock (_gate)
            {
                free = _turnTaken ? (_turnFree ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : null;
            }

            if (free is not null)
            {
                await free.ConfigureAwait(false);
            }

            return;
        }

        do
        {
            while (_gathered.Length > 0)
            {
                int sent = await _socket.SendAsync(_gathered.Waiting, SocketFlags.None).ConfigureAwait(false);
                _bytesSent += sent;
                _gathered.Consume(sent);
            }
        }
        while (TakeQueuedOrGiveBackTurn(ref _gathered));

        _loopHasTurn = false;
    }

    /// <summary>Sends or queues a frame from outside the loop. Any thread but the loop's.</summary>
    /// <returns>
    /// False when it was not accepted: the connection is closing or, with <see cref="IsClosed"/> still false, too much is queued.
    /// </returns>
    internal bool Post(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        lock (_gate)
        {
            bool fits = first.Length + (long)second.Length + _queued.Length <= _maxQueuedBytes;
            if (_closed || (!fits && opcode != Opcode.Close))
            {
                return false;
            }

            _queued.AppendFrame(opcode, first, second);
            _closed = _closedFromOutside = opcode == Opcode.Close;
            if (_turnTaken)
            {
                return true;
            }

            _turnTaken = true;
        }

        _ = WriteQueuedAsync();
        return true;
    }

    /// <summary>Drops everything and accepts nothing more. The socket must be closed already. Loop only.</summary>
    internal void End()
    {
        RefuseMore();
        _gathered.Clear();
    }

    /// <summary>Whether some output was not taken by the socket. Loop only.</summary>
    internal bool HasUnsent
    {
        get
        {
            lock (_gate)
            {
                return _turnTaken || _gathered.Length > 0;
            }
        }
    }

    private bool TakeTurn()
    {
        if (!_turnTaken)
        {
            _turnTaken = _loopHasTurn = true;
        }

        return _loopHasTurn;
    }

    /// <summary>When another thread is writing, what the loop has gathered goes behind it.</summary>
    private bool TakeTurnOrQueue()
    {
        lock (_gate)
        {
            if (TakeTurn())
            {
                return true;
            }

            if (!_closedFromOutside)
            {
                _queued.Append(_gathered.Waiting.Span);
            }
        }

        _gathered.Clear();
        return false;
    }

    /// <summary>At the end of a turn: true with the bytes that were queued meanwhile, or false when the turn is given back.</summary>
    private bool TakeQueuedOrGiveBackTurn(ref OutputBuffer buffer)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            if (_queued.Length > 0)
            {
                buffer = _queued;
                _queued = default;
                return true;
            }

            _turnTaken = false;
            waiting = _turnFree;
            _turnFree = null;
        }

        waiting?.SetResult();
        return false;
    }

    /// <summary>The turn of a thread that is not the loop.</summary>
    private async Task WriteQueuedAsync()
    {
        OutputBuffer batch = default;
        try
        {
            while (TakeQueuedOrGiveBackTurn(ref batch))
            {
                while (batch.Length > 0)
                {
                    int sent = await _socket.SendAsync(batch.Waiting, SocketFlags.None).ConfigureAwait(false);
                    _bytesSent += sent;
                    batch.Consume(sent);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is broken; its loop finds that out by itself. Nothing queued has anywhere to go.
            batch.Clear();
            RefuseMore();
            TakeQueuedOrGiveBackTurn(ref batch);
        }
    }

    private void RefuseMore()
    {
        lock (_gate)
        {
            _closed = _closedFromOutside = true;
            _queued.Clear();
        }
    }
}
