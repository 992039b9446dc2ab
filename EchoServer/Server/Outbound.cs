using System.Net.Sockets;
using EchoServer.Metrics;
using EchoServer.Transport;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <summary>The only writer to a connection's socket.</summary>
/// <remarks>
/// <para>
/// Only the side that has the <see cref="WriterTurn"/> writes. The loop takes it before it processes input, gathers what that gives
/// rise to, sends it in one call and gives the turn back; another thread takes it for one send. While the turn is taken, the other
/// side's frames go to the queue, which is emptied before the turn is given back: so frames are never torn, those of each side keep their
/// order, and all that were accepted go before a Close. No lock is held while a callback runs or the socket is written to.
/// </para>
/// <para>After a Close frame nothing more is accepted (RFC 6455 §5.5.1): later frames are dropped.</para>
/// </remarks>
internal sealed class Outbound(NonBlockingSocket socket, ServerContext server)
{
    // To copy a payload of this size costs more than the larger system call that spares it.
    private const int MinDirectBytes = 16 * 1024;

    // Its lock is this object.
    private WriterTurn _turn;

    // Belongs to the side that has the turn: the bytes that go out next.
    private OutputBuffer _sending;
    private long _bytesSent;
    private long _waitingSince;

    // Guarded by the turn.
    private long _closeSentAt;

    // Only for the loop; others may read what it has counted.
    private MessageCounts _written;
    private int _queuedByLoop;

    /// <summary>Whether the last frame or answer was accepted, or the connection is gone: nothing more can be sent. Any thread.</summary>
    internal bool IsClosed => _turn.IsClosed;

    /// <summary>Whether the loop may answer the request: not while the heartbeat refuses it, or after that. In a step of the loop.</summary>
    internal bool MayAnswer => _turn.IsLoops && !_turn.IsClosed;

    /// <summary>Whether the calling thread is in a step of the loop. Any thread.</summary>
    internal bool IsOnLoop => _turn.IsOnLoop;

    /// <summary>When the last frame or answer was given to the socket, as <see cref="MonotonicClock.Now"/>; 0 before that. Any thread.</summary>
    internal long CloseSentAt => Volatile.Read(ref _closeSentAt);

    /// <summary>Since when the socket takes nothing, as <see cref="MonotonicClock.Now"/>; 0 when nothing waits. Any thread.</summary>
    internal long WaitingSince => Volatile.Read(ref _waitingSince);

    /// <summary>Bytes given to the socket so far. Any thread.</summary>
    internal long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>Bytes of the loop's that are not sent. Loop only.</summary>
    internal int PendingBytes => _turn.IsLoops ? _sending.Length : _queuedByLoop;

    /// <summary>Whether one side has the turn to write. Any thread.</summary>
    internal bool IsSending => _turn.IsTaken;

    /// <summary>Begins a step of the loop: takes the turn, if it is free. Loop only.</summary>
    internal void BeginStep()
    {
        BeginTurn();
        _turn.EnterStep();
    }

    /// <summary>Ends the step, before its last flush. Loop only.</summary>
    internal void EndStep() => _turn.LeaveStep();

    /// <summary>Writes the answer to the handshake. Loop only, before any other thread knows of the connection.</summary>
    internal void WriteAnswer(ReadOnlySpan<byte> answer) => _sending.Append(answer);

    /// <summary>Writes an answer behind which nothing comes: to a request that is refused, or that asks for a page. Loop only.</summary>
    internal void WriteLastAnswer(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        _turn.AcceptLast();
        _sending.Append(head);
        _sending.Append(body);
    }

    /// <summary>Sends or queues a frame from outside the loop. Any thread but the loop's.</summary>
    /// <returns>What became of it.</returns>
    internal EnqueueResult Enqueue(Fragment fragment, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        EnqueueResult result;
        bool isToSend;
        lock (this)
        {
            result = _turn.Enqueue(fragment, first, second, server, out isToSend);
        }

        if (isToSend)
        {
            _ = SendQueuedAsync();
        }

        return result;
    }

    /// <summary>Sends the answer to a request that never became whole, and then ends our side. Any thread but the loop's.</summary>
    /// <returns>False when something else is being sent, or was the last: try again later.</returns>
    internal bool EnqueueLastAnswer(ReadOnlySpan<byte> answer)
    {
        lock (this)
        {
            if (!_turn.TryEnqueueLast(answer))
            {
                return false;
            }
        }

        _ = SendLastAnswerAsync();
        return true;
    }

    /// <summary>Sends the written bytes, as far as the socket takes it without waiting. Loop only.</summary>
    /// <returns>False when some is left: await <see cref="FlushAsync"/>.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    internal bool TryFlush()
    {
        if (!BeginTurn())
        {
            return _queuedByLoop == 0;
        }

        do
        {
            while (_sending.Length > 0)
            {
                if (!socket.TrySend(_sending.Waiting, out int sent))
                {
                    return false;
                }

                _bytesSent += sent;
                _sending.Consume(sent);
            }
        }
        while (!TryGiveBackLoopsTurn());

        return true;
    }

    /// <summary>Sends the written bytes in the middle of a step, once there are enough for a call. Loop only.</summary>
    /// <returns>False when some of it is left: no more input may be processed before it is sent.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    internal bool TryFlushIfMuch()
    {
        return PendingBytes < ServerOptions.GatherBytes || FlushAndGoOn();

        bool FlushAndGoOn()
        {
            bool flushed = TryFlush();
            BeginTurn();
            return flushed;
        }
    }

    /// <summary>Counts what <see cref="TryFlush"/> has left against the memory budget. Loop only.</summary>
    /// <returns>False when there is no room for it: the connection cannot go on.</returns>
    internal bool TryCountUnsent()
    {
        lock (this)
        {
            return _turn.IsLoops ? _sending.TryCount(server.Budget) : _turn.TryCountQueued(server);
        }
    }

    /// <summary>Waits until the written bytes are sent; the loop receives nothing meanwhile, and that is the back-pressure. Loop only.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    internal async ValueTask FlushAsync()
    {
        if (_turn.IsLoops)
        {
            await SendAllAsync().ConfigureAwait(false);
            _turn.LeaveLoop();
            return;
        }

        Task free;
        lock (this)
        {
            free = _turn.WhenFree();
        }

        await free.ConfigureAwait(false);
        _queuedByLoop = 0;
    }

    /// <summary>Drops everything and accepts nothing more. The socket must be closed already. Loop only.</summary>
    internal void End()
    {
        lock (this)
        {
            _turn.Close();
            if (_turn.IsLoops || !_turn.IsTaken)
            {
                _sending.Clear();
            }
        }
    }

    /// <summary>Adds the counts of output so far. Any thread.</summary>
    internal void AddCountsTo(ServerTotals sum)
    {
        sum.Sent.Add(_written);
        sum.NetworkBytesSent += _bytesSent;
    }

    /// <summary>Takes the turn for the loop, if it is free. Loop only.</summary>
    /// <returns>Whether the loop has it.</returns>
    private bool BeginTurn()
    {
        if (!_turn.IsLoops && _turn.TryTakeForLoop())
        {
            // Free: what the loop had queued is sent.
            _queuedByLoop = 0;
        }

        return _turn.IsLoops;
    }

    /// <summary>Writes a frame of the loop's. Loop only.</summary>
    internal bool Write(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int messageBytes, bool isCompressed)
    {
        if (!_turn.IsLoops || _turn.IsClosed)
        {
            return Write(new Fragment(opcode), first, second, messageBytes, isCompressed);
        }

        _written.Count(opcode, messageBytes);
        if (second.Length < MinDirectBytes)
        {
            _sending.AppendFrame(opcode, first, second, isCompressed);
        }
        else
        {
            SendDirectly(opcode, first, second, isCompressed);
        }

        return true;
    }

    /// <summary>Writes a frame of the loop's, under the lock. Loop only.</summary>
    internal bool Write(Fragment fragment, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int messageBytes, bool isCompressed)
    {
        lock (this)
        {
            if (_turn.IsClosed)
            {
                return false;
            }

            _written.Count(fragment, messageBytes);
            WriteFrame(fragment, first, second, isCompressed);
            return true;
        }
    }

    /// <summary>Sends a message at once from where it lies, if there is room for a header before it and nothing is gathered. Any thread.</summary>
    /// <returns>False when the frame is to be written as any other.</returns>
    internal bool TrySendInPlace(Opcode opcode, ReadOnlySpan<byte> first, Message message)
    {
        if (!IsOnLoop || !_turn.IsLoops || _turn.IsClosed || _sending.Length > 0
            || message.ToFrame(opcode, first) is not { IsEmpty: false } frame)
        {
            return false;
        }

        _written.Count(opcode, first.Length + message.Bytes.Length);
        int sent = socket.SendNow(frame);
        _bytesSent += sent;
        _sending.Consume(sent, frame);
        return true;
    }

    /// <summary>Sends the gathered bytes and a large frame in one call: of its payload only what the socket does not take is copied.</summary>
    private void SendDirectly(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isCompressed)
    {
        _sending.AppendFrameStart(opcode, first, second.Length, isCompressed);
        int sent = socket.SendNow(_sending.Waiting, second);
        _bytesSent += sent;
        _sending.Consume(sent, second);
    }

    /// <summary>Writes the last frame. Any thread.</summary>
    internal bool WriteClose(ReadOnlySpan<byte> payload)
    {
        if (!IsOnLoop)
        {
            return Enqueue(new(Opcode.Close), payload, default) == EnqueueResult.Accepted;
        }

        lock (this)
        {
            if (_turn.IsClosed)
            {
                return false;
            }

            _turn.AcceptLast();
            if (BeginTurn())
            {
                // What others queued meanwhile was accepted before the Close.
                _turn.MoveQueuedTo(ref _sending);
            }

            WriteFrame(new(Opcode.Close), payload, default, isCompressed: false);
            return true;
        }
    }

    /// <summary>Writes a frame of the loop's to where it goes out, under the lock.</summary>
    private void WriteFrame(Fragment fragment, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isCompressed)
    {
        if (BeginTurn())
        {
            _sending.AppendFrame(fragment.Opcode, first, second, isCompressed, fragment.IsLast);
        }
        else
        {
            _queuedByLoop += _turn.EnqueueForLoop(fragment, first, second, isCompressed);
        }
    }

    /// <summary>Gives back the loop's turn, once everything is sent.</summary>
    /// <returns>False when there is more to send.</returns>
    private bool TryGiveBackLoopsTurn()
    {
        if (!_turn.TryGiveBackLoops())
        {
            if (TakeQueuedOrGiveBackTurn())
            {
                return false;
            }

            _turn.LeaveLoop();
        }

        return true;
    }

    /// <summary>At the end of a turn: true with the bytes that were queued meanwhile, or false when the turn is given back.</summary>
    private bool TakeQueuedOrGiveBackTurn()
    {
        TaskCompletionSource? waiting;
        lock (this)
        {
            if (_turn.TryTakeQueued(ref _sending))
            {
                return true;
            }

            Volatile.Write(ref _waitingSince, 0);
            if (_turn.IsClosed && _closeSentAt == 0)
            {
                Volatile.Write(ref _closeSentAt, MonotonicClock.Now);
            }

            waiting = _turn.GiveBack();
        }

        waiting?.SetResult();
        return false;
    }

    /// <summary>Sends everything, and gives back the turn. Only for the side that has it.</summary>
    private async ValueTask SendAllAsync()
    {
        do
        {
            while (_sending.Length > 0)
            {
                int sent;
                while (!socket.TrySend(_sending.Waiting, out sent))
                {
                    Volatile.Write(ref _waitingSince, _waitingSince == 0 ? MonotonicClock.Now : _waitingSince);
                    await socket.WritableAsync().ConfigureAwait(false);
                }

                Volatile.Write(ref _waitingSince, 0);
                _bytesSent += sent;
                _sending.Consume(sent);
            }
        }
        while (TakeQueuedOrGiveBackTurn());
    }

    /// <summary>The turn of a thread that is not the loop.</summary>
    private async Task SendQueuedAsync()
    {
        try
        {
            await SendAllAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is broken; its loop finds that out by itself. Nothing queued has anywhere to go.
            lock (this)
            {
                _turn.Close();
                _sending.Clear();
            }

            TakeQueuedOrGiveBackTurn();
        }
    }

    private async Task SendLastAnswerAsync()
    {
        await SendQueuedAsync().ConfigureAwait(false);
        socket.Shutdown(SocketShutdown.Send);
    }
}

/// <summary>Where a connection's <see cref="WebSocketProtocol{TSink}"/> writes to. Loop only, but for the Close.</summary>
internal readonly struct OutboundSink(Outbound outbound) : IFrameSink
{
    public bool IsClosed => outbound.IsClosed;

    public bool Write(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        outbound.Write(opcode, first, second, first.Length + second.Length, isCompressed: false);

    public bool WriteCompressed(Opcode opcode, ReadOnlySpan<byte> payload, int messageBytes) =>
        outbound.Write(opcode, payload, default, messageBytes, isCompressed: true);

    public bool WriteClose(ReadOnlySpan<byte> payload) => outbound.WriteClose(payload);
}
