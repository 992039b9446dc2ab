namespace EchoServer.Transport;

/// <summary>One wait at a time, and the signal that ends it, whichever comes first.</summary>
/// <remarks>One thread waits; any thread may signal. Embedded as a field in the socket, and never copied.</remarks>
internal struct SocketSignal
{
    // Stands for a signal that came before the wait.
    private static readonly Action<object?> Signalled = static _ => { };

    private Action<object?>? _continuation;
    private object? _state;

    internal bool IsSignalled => ReferenceEquals(Volatile.Read(ref _continuation), Signalled);

    /// <summary>Uses up a signal that is there. Before the socket is looked at: a signal that comes later counts.</summary>
    internal bool TakeSignal() => IsSignalled && Interlocked.Exchange(ref _continuation, null) is not null;

    /// <summary>Begins a wait, which the signal ends by calling the continuation.</summary>
    internal void Wait(Action<object?> continuation, object? state)
    {
        if (!TryWait(continuation, state))
        {
            // Not from here: the caller is still on its way to the wait.
            ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: false);
        }
    }

    /// <summary>Begins a wait, unless the signal has come.</summary>
    /// <returns>False when it had come: it is used up, and the continuation will not be called.</returns>
    internal bool TryWait(Action<object?> continuation, object? state)
    {
        _state = state;
        if (Interlocked.CompareExchange(ref _continuation, continuation, null) is null)
        {
            return true;
        }

        _state = null;
        Volatile.Write(ref _continuation, null);
        return false;
    }

    internal void Signal()
    {
        Action<object?>? waiting = Volatile.Read(ref _continuation);
        while (!ReferenceEquals(waiting, Signalled))
        {
            // Two threads may signal at once: only one of them may take the continuation.
            Action<object?>? next = waiting is null ? Signalled : null;
            Action<object?>? found = Interlocked.CompareExchange(ref _continuation, next, waiting);
            if (ReferenceEquals(found, waiting))
            {
                if (waiting is not null)
                {
                    Resume(waiting);
                }

                return;
            }

            waiting = found;
        }
    }

    /// <summary>Only for the thread that has taken the continuation: until it runs, no other begins a wait or touches the state.</summary>
    private void Resume(Action<object?> continuation)
    {
        object? state = _state;
        _state = null;
        continuation(state);
    }
}
