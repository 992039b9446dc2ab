using System.Net.Sockets;
using EchoServer.Buffers;
using EchoServer.Metrics;
using EchoServer.Transport;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <summary>The only writer to a connection's socket.</summary>
/// <remarks>
/// <para>
/// Only the side that has the turn writes. The loop takes it before it processes input, gathers what that gives rise to, sends it
/// in one call and gives the turn back; another thread takes it for one send. Who finds the turn taken leaves its frames in the
/// queue, which is emptied before the turn is given back: so frames are never torn, and go out in the order in which they were
/// accepted. No lock is held while a callback runs or the socket is written to.
/// </para>
/// <para>After a Close frame nothing more is accepted (RFC 6455 §5.5.1): what comes later is dropped.</para>
/// </remarks>
internal sealed partial class Outbound
{
    private readonly NonBlockingSocket _socket;
    private readonly int _maxQueuedBytes;
    private readonly MemoryBudget _budget;
    private readonly Lock _gate = new();

    // Belongs to who has the turn: what goes out next.
    private OutputBuffer _sending;
    private long _bytesSent;
    private long _waitingSince;

    // Guarded by the gate. While nobody has the turn the queue is empty.
    private OutputBuffer _queued;
    private MessageCounts _posted;
    private long _pingsPosted;
    private bool _turnTaken;
    private TaskCompletionSource? _turnFree;
    private volatile bool _closed;
    private long _closeSentAt;

    // Only for the loop; others may read what it has counted.
    private MessageCounts _gathered;
    private bool _loopHasTurn;
    private int _queuedByLoop;

    internal Outbound(NonBlockingSocket socket, int maxQueuedBytes, MemoryBudget budget)
    {
        _socket = socket;
        _maxQueuedBytes = maxQueuedBytes;
        _budget = budget;
    }

    /// <summary>Whether the last frame or answer was accepted, or the connection is gone: nothing more can be sent. Any thread.</summary>
    internal bool IsClosed => _closed;

    /// <summary>When the last frame or answer was given to the socket, as <see cref="Heartbeat.Now"/>; 0 before that. Any thread.</summary>
    internal long CloseSentAt => Volatile.Read(ref _closeSentAt);

    /// <summary>Since when the socket takes nothing, as <see cref="Heartbeat.Now"/>; 0 when nothing waits. Any thread.</summary>
    internal long WaitingSince => Volatile.Read(ref _waitingSince);

    /// <summary>Bytes given to the socket so far. Any thread.</summary>
    internal long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>How many bytes the loop has gathered since its last flush. Loop only.</summary>
    internal int GatheredBytes => _loopHasTurn ? _sending.Length : _queuedByLoop;

    /// <summary>Whether some output was not taken by the socket. Any thread.</summary>
    internal bool HasUnsent
    {
        get
        {
            lock (_gate)
            {
                return _turnTaken;
            }
        }
    }

    /// <summary>Takes the turn, if it is free. Loop only.</summary>
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

    /// <summary>Gathers a frame whose payload comes in two parts. Loop only.</summary>
    internal void GatherFrame(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        Gather(opcode, first, second, first.Length + second.Length, isCompressed: false);

    /// <summary>Gathers a compressed message (RFC 7692 §6.1). Loop only.</summary>
    /// <param name="opcode">Text or binary.</param>
    /// <param name="payload">The message, compressed.</param>
    /// <param name="messageBytes">How long it is when it is not: what is counted.</param>
    /// <returns>False when it was dropped, because a Close frame was accepted before.</returns>
    internal bool GatherCompressed(Opcode opcode, ReadOnlySpan<byte> payload, int messageBytes) =>
        Gather(opcode, payload, default, messageBytes, isCompressed: true);

    /// <summary>Gathers the answer to the handshake. Loop only, before any other thread knows of the connection.</summary>
    internal void GatherAnswer(ReadOnlySpan<byte> answer) => _sending.Append(answer);

    /// <summary>Gathers an answer behind which nothing comes: to a request that is refused, or that asks for a page. Loop only.</summary>
    internal void GatherLastAnswer(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        _closed = true;
        _sending.Append(head);
        _sending.Append(body);
    }

    /// <summary>Gathers a Close frame. Loop only.</summary>
    /// <returns>False when one was accepted before.</returns>
    internal bool GatherClose(ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            _closed = true;
            if (TakeTurn())
            {
                // What others queued meanwhile was accepted before the Close.
                _sending.Append(_queued.Waiting);
                _queued.Clear();
                _sending.AppendFrame(Opcode.Close, payload, default);
            }
            else
            {
                _queued.AppendFrame(Opcode.Close, payload, default);
                _queuedByLoop += payload.Length;
            }

            return true;
        }
    }

    /// <summary>Sends what was gathered, as far as the socket takes it without waiting. Loop only.</summary>
    /// <returns>False when some is left: await <see cref="FlushAsync"/>.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    internal bool TryFlush()
    {
        if (!_loopHasTurn)
        {
            lock (_gate)
            {
                if (!TakeTurn())
                {
                    return _queuedByLoop == 0;
                }
            }
        }

        do
        {
            while (_sending.Length > 0)
            {
                if (!_socket.TrySend(_sending.Waiting, out int sent))
                {
                    return false;
                }

                _bytesSent += sent;
                _sending.Consume(sent);
            }
        }
        while (TakeQueuedOrGiveBackTurn());

        _loopHasTurn = false;
        return true;
    }

    /// <summary>Counts what <see cref="TryFlush"/> has left against the memory budget. Loop only.</summary>
    /// <returns>False when there is no room for it: the connection cannot go on.</returns>
    internal bool TryCountUnsent()
    {
        lock (_gate)
        {
            return _loopHasTurn ? _sending.TryCount(_budget) : _queued.TryCount(_budget);
        }
    }

    /// <summary>Waits until what was gathered is sent; the loop receives nothing meanwhile, which is all there is to back-pressure. Loop only.</summary>
    /// <returns>A task that is complete when everything gathered is sent.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    internal async ValueTask FlushAsync()
    {
        if (_loopHasTurn)
        {
            await SendAllAsync().ConfigureAwait(false);
            _loopHasTurn = false;
            return;
        }

        Task free;
        lock (_gate)
        {
            free = _turnTaken ? (_turnFree ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }

        await free.ConfigureAwait(false);
        _queuedByLoop = 0;
    }

    /// <summary>Drops everything and accepts nothing more. The socket must be closed already. Loop only.</summary>
    internal void End()
    {
        lock (_gate)
        {
            RefuseMore();
            if (_loopHasTurn || !_turnTaken)
            {
                _sending.Clear();
            }
        }
    }

    private bool Gather(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int messageBytes, bool isCompressed)
    {
        if (_loopHasTurn)
        {
            if (_closed)
            {
                return false;
            }

            _sending.AppendFrame(opcode, first, second, isCompressed);
            _gathered.Count(opcode, messageBytes);
            return true;
        }

        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            _gathered.Count(opcode, messageBytes);
            if (TakeTurn())
            {
                _sending.AppendFrame(opcode, first, second, isCompressed);
            }
            else
            {
                int before = _queued.Length;
                _queued.AppendFrame(opcode, first, second, isCompressed);
                _queuedByLoop += _queued.Length - before;
            }

            return true;
        }
    }
}
