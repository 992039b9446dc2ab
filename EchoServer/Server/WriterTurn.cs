using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <summary>Whose turn it is to write to a connection's socket, the loop's or that of one other thread, and the queue of the other side.</summary>
/// <remarks>
/// A mutable value, part of an <see cref="Outbound"/> because an idle connection pays for each object: members are called under
/// <c>lock</c> on that, except where they say otherwise.
/// </remarks>
internal struct WriterTurn
{
    // The side that gives back the turn looks at the queue afterwards: while the turn is free the queue is empty, or about to be sent.
    private OutputBuffer _queued;
    private volatile bool _hasQueued;

    // 1 while it is taken. Changed by interlocked operations: for the loop, which takes it for each step, a lock would cost more.
    private int _taken;
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

    /// <summary>Whether the turn is taken. Any thread, no lock.</summary>
    internal bool IsTaken => Volatile.Read(ref _taken) != 0;

    /// <summary>Begins a step of the loop on the calling thread. No lock.</summary>
    internal void EnterStep() => _loopThread = Environment.CurrentManagedThreadId;

    /// <summary>Ends the step. No lock.</summary>
    internal void LeaveStep() => _loopThread = 0;

    /// <summary>Takes the turn for the loop, if it is free. Loop only, no lock.</summary>
    /// <returns>Whether it was free.</returns>
    internal bool TryTakeForLoop()
    {
        bool wasFree = TryTake();
        IsLoops |= wasFree;
        return wasFree;
    }

    /// <summary>Gives back the loop's turn, unless there is more to do with it. Loop only, no lock.</summary>
    /// <returns>False when the loop has it still: something was queued, or the last frame or answer has been accepted.</returns>
    internal bool TryGiveBackLoops()
    {
        if (_hasQueued || _isClosed)
        {
            return false;
        }

        Interlocked.Exchange(ref _taken, 0);

        // Another thread queues first and then tries to take the turn: what it could not take is seen here.
        IsLoops = _hasQueued && TryTake();
        return !IsLoops;
    }

    /// <summary>Queues a frame of a thread that is not the loop.</summary>
    /// <param name="fragment">What the frame is.</param>
    /// <param name="first">The first part of its payload; may be empty.</param>
    /// <param name="second">The second part.</param>
    /// <param name="server">Has the limits.</param>
    /// <param name="isToSend">Whether the turn was free: the caller has it now, and sends the queue.</param>
    /// <returns>What became of it.</returns>
    internal EnqueueResult Enqueue(
        Fragment fragment, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ServerContext server, out bool isToSend)
    {
        isToSend = false;
        if (_isClosed)
        {
            return EnqueueResult.Closed;
        }

        // A Close frame is small and the last one: it always fits.
        bool fits = fragment.Kind == Opcode.Close || first.Length + (long)second.Length + _queued.Length <= server.Options.MaxQueuedBytes;
        if (!fits)
        {
            return EnqueueResult.NoRoom;
        }

        // Pings and Closes come one at a time and are small. By themselves they are not counted: a budget that others have used
        // up must not end a connection that is merely idle, nor keep a peer from the reason of its end. A queue that is counted
        // before them stays counted when they move it to a larger buffer.
        bool isData = fragment.Kind < Opcode.Close;
        bool isToBeCounted = isData || _queued.IsCounted;
        try
        {
            _queued.AppendFrame(fragment.Opcode, first, second, isCompressed: false, fragment.IsLast);
        }
        catch (OutOfMemoryException)
        {
            // The system's memory, not the budget's: on a timer's thread the exception would end the process.
            return EnqueueResult.NoRoom;
        }

        if (isToBeCounted && !_queued.TryCount(server.Budget) && isData)
        {
            Close();
            return EnqueueResult.NoRoom;
        }

        _isClosed = fragment.Kind == Opcode.Close;
        _hasQueued = true;
        isToSend = TryTake();
        return EnqueueResult.Accepted;
    }

    /// <summary>Queues the last answer and takes the turn for it.</summary>
    /// <returns>False when the turn is taken, or something else was the last.</returns>
    internal bool TryEnqueueLast(ReadOnlySpan<byte> answer)
    {
        if (_isClosed || !TryTake())
        {
            return false;
        }

        _isClosed = true;
        _queued.Append(answer);
        _hasQueued = true;
        return true;
    }

    /// <summary>Queues a frame of the loop's, which does not have the turn.</summary>
    /// <returns>How many bytes it takes.</returns>
    internal int EnqueueForLoop(Fragment fragment, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isCompressed)
    {
        int before = _queued.Length;
        _queued.AppendFrame(fragment.Opcode, first, second, isCompressed, fragment.IsLast);
        _hasQueued = true;
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
        _hasQueued = false;
        return true;
    }

    /// <summary>Appends a copy of the queue to a buffer, and empties the queue.</summary>
    internal void MoveQueuedTo(ref OutputBuffer destination)
    {
        destination.Append(_queued.Waiting);
        DropQueued();
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
        DropQueued();
    }

    /// <summary>Gives the turn back.</summary>
    /// <returns>What waits for it, to be resumed outside the lock; null for nothing.</returns>
    internal TaskCompletionSource? GiveBack()
    {
        Volatile.Write(ref _taken, 0);
        TaskCompletionSource? waiting = _free;
        _free = null;
        return waiting;
    }

    /// <summary>Notes that the loop has given back its turn. Loop only, no lock.</summary>
    internal void LeaveLoop() => IsLoops = false;

    /// <summary>A task that is complete when the turn is free.</summary>
    internal Task WhenFree() =>
        IsTaken ? (_free ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;

    private bool TryTake() => Interlocked.CompareExchange(ref _taken, 1, 0) == 0;

    private void DropQueued()
    {
        _queued.Clear();
        _hasQueued = false;
    }
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
