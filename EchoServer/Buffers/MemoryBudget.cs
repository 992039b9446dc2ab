namespace EchoServer.Buffers;

/// <summary>The bound on the bytes that all connections together make the server keep: partial heads, partial messages, unsent output, compression.</summary>
/// <remarks>
/// Safe on any thread. Only what outlives a step of a connection's loop is counted: the buffers that a step rents and gives back
/// are bounded by the number of threads, and an echo that fits one receive never comes here.
/// </remarks>
internal sealed class MemoryBudget(long limit) : IByteBudget
{
    private long _used;
    private long _peak;
    private SpareHalf? _spare;

    /// <summary>The limit where none is set, in bytes: a quarter of the memory that the runtime sees, a container's limit included.</summary>
    internal static long DefaultLimit => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>The most that may be kept, in bytes.</summary>
    internal long Limit { get; } = limit;

    /// <summary>The bytes kept now.</summary>
    internal long Used => Volatile.Read(ref _used);

    /// <summary>The most that was ever kept at one time, in bytes.</summary>
    internal long Peak => Volatile.Read(ref _peak);

    public bool TryTake(int bytes) => TryTake(bytes, Limit);

    /// <summary>Asks for memory that would make a connection cheaper, and is not needed: only while half of the budget is free after it.</summary>
    /// <param name="bytes">How much, 0 or more.</param>
    /// <returns>False when there is not so much to spare; nothing is taken then.</returns>
    internal bool TryTakeSpare(int bytes) => TryTake(bytes, Limit / 2);

    /// <summary>The half of it that may be kept for longer than the server's deadlines allow: the other half stays for what they end.</summary>
    internal IByteBudget Spare => _spare ??= new SpareHalf(this);

    public void GiveBack(int bytes) => Interlocked.Add(ref _used, -bytes);

    // Never over the limit, not even for a moment: a smaller request of another thread would be refused in that moment.
    private bool TryTake(int bytes, long limit)
    {
        long used = Volatile.Read(ref _used);
        while (bytes > 0)
        {
            if (used + bytes > limit)
            {
                return false;
            }

            long seen = Interlocked.CompareExchange(ref _used, used + bytes, used);
            if (seen == used)
            {
                NotePeak(used + bytes);
                break;
            }

            used = seen;
        }

        return true;
    }

    private void NotePeak(long used)
    {
        long peak = Volatile.Read(ref _peak);
        while (used > peak && Interlocked.CompareExchange(ref _peak, used, peak) is long seen && seen != peak)
        {
            peak = seen;
        }
    }

    private sealed class SpareHalf(MemoryBudget whole) : IByteBudget
    {
        public bool TryTake(int bytes) => whole.TryTakeSpare(bytes);

        public void GiveBack(int bytes) => whole.GiveBack(bytes);
    }
}
