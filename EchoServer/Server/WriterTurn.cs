using EchoServer.Metrics;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <summary>Whose turn it is to write to a connection's socket, the loop's or that of one other thread, and the queue of the other side.</summary>
/// <remarks>
/// Also the lock of both: members are called under <c>lock</c> on this object, except where they say otherwise. It is an object of
/// <see cref="Outbound"/> alone, and locked itself because an idle connection pays for each object.
/// </remarks>
internal sealed class WriterTurn
{
    // While the turn is free the queue is empty.
    private OutputBuffer _queued;
    private MessageCounts _enqueued;
    private long _pingsEnqueued;
    private volatile bool _isClosed;
    private TaskCompletionSource? _free;

    // Zero outside a step: tells a callback's own sends from those of other threads.
    private int _loopThread;

    /// <summary>Whether the calling thread is in a step of the loop. Any thread, no lock.</summary>
    internal bool IsOnLoop => _loopThread == Environment.CurrentManagedThreadId;

    /// <summary>Whether the last frame or answer was accepted, or the connection is gone. Any thread, no lock.</summary>
    internal bool IsClosed => _isClosed;

    /// <summary>Whether the loop has the turn. Loop only, no lock.</summary>
    internal bool IsLoops { get; private set; }

    /// <summary>Whether the turn is taken.</summary>
    internal bool IsTaken { get; private set; }

    /// <summary>Begins a step of the loop on the calling thread. No lock.</summary>
    internal void EnterStep() => _loopThread = Environment.CurrentManagedThreadId;

    /// <summary>Ends the step. No lock.</summary>
    internal void LeaveStep() => _loopThread = 0;

    /// <summary>Takes the turn for the loop, if it is free.</summary>
    /// <returns>Whether the loop has it.</returns>
    internal bool TakeForLoop()
    {
        if (!IsTaken)
        {
            IsTaken = IsLoops = true;
        }

        return IsLoops;
    }

    /// <summary>Queues a frame of a thread that is not the loop. Locks.</summary>
    /// <param name="opcode">What the frame is.</param>
    /// <param name="first">The first part of its payload; may be empty.</param>
    /// <param name="second">The second part.</param>
    /// <param name="server">Has the limits.</param>
    /// <param name="isToSend">Whether the turn was free: the caller has it now, and sends the queue.</param>
    /// <returns>What became of it.</returns>
    internal EnqueueResult Enqueue(
        Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ServerContext server, out bool isToSend)
    {
        isToSend = false;
        lock (this)
        {
            if (_isClosed)
            {
                return EnqueueResult.Closed;
            }

            // A Close frame is small and the last one: it always fits.
            bool fits = opcode == Opcode.Close || first.Length + (long)second.Length + _queued.Length <= server.Options.MaxQueuedBytes;
            if (!fits)
            {
                return EnqueueResult.NoRoom;
            }

            // Pings and Closes come one at a time and are small. By themselves they are not counted: a budget that others have used
            // up must not end a connection that is merely idle, nor keep a peer from the reason of its end. A queue that is counted
            // before them stays counted when they move it to a larger array.
            bool isData = opcode < Opcode.Close;
            bool isToBeCounted = isData || _queued.IsCounted;
            _queued.AppendFrame(opcode, first, second);
            if (isToBeCounted && !_queued.TryCount(server.Budget) && isData)
            {
                Close();
                return EnqueueResult.NoRoom;
            }

            _enqueued.Count(opcode, first.Length + second.Length);
            _pingsEnqueued += opcode == Opcode.Ping ? 1 : 0;
            _isClosed = opcode == Opcode.Close;
            isToSend = !IsTaken;
            IsTaken = true;
            return EnqueueResult.Accepted;
        }
    }

    /// <summary>Queues the last answer and takes the turn for it. Locks.</summary>
    /// <returns>False when the turn is taken, or something else was the last.</returns>
    internal bool TryEnqueueLast(ReadOnlySpan<byte> answer)
    {
        lock (this)
        {
            if (_isClosed || IsTaken)
            {
                return false;
            }

            _isClosed = IsTaken = true;
            _queued.Append(answer);
            return true;
        }
    }

    /// <summary>Queues a frame of the loop's, which does not have the turn.</summary>
    /// <returns>How many bytes it takes.</returns>
    internal int EnqueueForLoop(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isCompressed)
    {
        int before = _queued.Length;
        _queued.AppendFrame(opcode, first, second, isCompressed);
        return _queued.Length - before;
    }

    /// <summary>Moves the queue into an empty buffer.</summary>
    /// <returns>False when nothing was queued.</returns>
    internal bool TryTakeQueued(ref OutputBuffer destination)
    {
        if (_queued.Length == 0)
        {
            return false;
        }

        destination = _queued;
        _queued = default;
        return true;
    }

    /// <summary>Appends a copy of the queue to a buffer, and empties the queue.</summary>
    internal void MoveQueuedTo(ref OutputBuffer destination)
    {
        destination.Append(_queued.Waiting);
        _queued.Clear();
    }

    /// <summary>Counts the queue against the memory budget.</summary>
    /// <returns>False when there is no room for it.</returns>
    internal bool TryCountQueued(ServerContext server) => _queued.TryCount(server.Budget);

    /// <summary>Accepts nothing more: the last frame or answer was accepted. No lock needed for the answer to a request.</summary>
    internal void AcceptLast() => _isClosed = true;

    /// <summary>Accepts nothing more, and drops the queue.</summary>
    internal void Close()
    {
        _isClosed = true;
        _queued.Clear();
    }

    /// <summary>Adds what other threads have sent. Any thread, no lock.</summary>
    internal void AddCountsTo(ServerTotals sum)
    {
        sum.Sent.Add(_enqueued);
        sum.PingsSent += _pingsEnqueued;
    }

    /// <summary>Gives the turn back.</summary>
    /// <returns>What waits for it, to be resumed outside the lock; null for nothing.</returns>
    internal TaskCompletionSource? GiveBack()
    {
        IsTaken = false;
        TaskCompletionSource? waiting = _free;
        _free = null;
        return waiting;
    }

    /// <summary>Notes that the loop has given back its turn. Loop only, no lock.</summary>
    internal void LeaveLoop() => IsLoops = false;

    /// <summary>A task that is complete when the turn is free.</summary>
    internal Task WhenFree() =>
        IsTaken ? (_free ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
}

/// <summary>What became of a frame that another thread wanted to send.</summary>
internal enum EnqueueResult
{
    /// <summary>It is sent, or queued.</summary>
    Accepted,

    /// <summary>The connection is closing or gone: nothing more can be sent.</summary>
    Closed,

    /// <summary>Too much waits for this client, or for all of them: the connection cannot go on.</summary>
    NoRoom,
}
