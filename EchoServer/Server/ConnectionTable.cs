namespace EchoServer.Server;

/// <summary>The connections of one server, so that the heartbeat and the shutdown can reach them.</summary>
/// <remarks>
/// Safe on any thread. Slots of one array, of which free ones are used again: eight bytes a connection, and going through them
/// takes no lock and no copy.
/// </remarks>
internal sealed class ConnectionTable
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private Connection?[] _slots = new Connection?[64];
    private int _used;
    private int _count;

    /// <summary>How many connections there are.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Enters a connection.</summary>
    /// <returns>Its slot, for <see cref="Remove"/>.</returns>
    internal int Add(Connection connection)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out int slot))
            {
                slot = _used++;
                if (slot == _slots.Length)
                {
                    var larger = new Connection?[_slots.Length * 2];
                    _slots.CopyTo(larger, 0);
                    Volatile.Write(ref _slots, larger);
                }
            }

            Volatile.Write(ref _slots[slot], connection);
            _count++;
            return slot;
        }
    }

    /// <summary>Takes a connection out.</summary>
    internal void Remove(int slot)
    {
        lock (_gate)
        {
            _slots[slot] = null;
            _free.Push(slot);
            _count--;
        }
    }

    /// <summary>Calls an action with every connection that is there throughout the call; others may be left out.</summary>
    /// <param name="action">What to do; static, so that a beat of the heartbeat allocates nothing.</param>
    /// <param name="argument">Handed to the action.</param>
    internal void ForEach<T>(Action<Connection, T> action, T argument)
    {
        Connection?[] slots = Volatile.Read(ref _slots);
        for (int slot = 0; slot < slots.Length; slot++)
        {
            if (Volatile.Read(ref slots[slot]) is Connection connection)
            {
                action(connection, argument);
            }
        }
    }
}
