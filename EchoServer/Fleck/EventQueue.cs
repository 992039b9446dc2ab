namespace EchoServer.Fleck;

/// <summary>The events of one connection, handled one at a time and in order, whatever threads they come from.</summary>
/// <remarks>
/// <para>Safe on any thread. The thread that adds an event while none is being handled handles it, and the events that arrive meanwhile.</para>
/// <para>
/// No lock is held while an event is handled: Fleck can raise an event from inside a call of ours, and a handler may send to
/// another connection whose handler is sending to this one.
/// </para>
/// </remarks>
internal sealed class EventQueue
{
    private readonly Queue<Action> _waiting = new();
    private bool _isRunning;

    /// <summary>Adds an event.</summary>
    /// <param name="handle">Must not throw.</param>
    internal void Add(Action handle)
    {
        lock (_waiting)
        {
            _waiting.Enqueue(handle);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        while (Next() is Action next)
        {
            next();
        }
    }

    private Action? Next()
    {
        lock (_waiting)
        {
            _isRunning = _waiting.TryDequeue(out Action? next);
            return next;
        }
    }
}
