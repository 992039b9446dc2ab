namespace EchoServer.WebSockets.Compression;

/// <summary>Where the connections of a server get what compresses and decompresses: a few that are free are kept for the next message.</summary>
/// <remarks>
/// Safe on any thread, without a lock. Free streams are not counted in the memory budget.
/// </remarks>
internal sealed class ZlibPool : IDisposable
{
    private readonly int _level;
    private readonly Deflater?[] _deflaters;
    private readonly Inflater?[] _inflaters;
    private int _rented;
    private uint _replaced;

    /// <param name="level">How hard to compress: 1, the fastest, to 9, the smallest.</param>
    /// <param name="keptOfEachKind">How many of each kind are kept, 1 or more: each I/O thread needs one of each at a time.</param>
    internal ZlibPool(int level, int keptOfEachKind)
    {
        Zlib.Prepare();
        _level = level;
        _deflaters = new Deflater?[keptOfEachKind];
        _inflaters = new Inflater?[keptOfEachKind];
    }

    /// <summary>How many streams are rented now.</summary>
    internal int Rented => Volatile.Read(ref _rented);

    /// <summary>Rents what compresses.</summary>
    /// <param name="windowBits">Its window, as a logarithm: 9 to 15.</param>
    /// <returns>One that refers back to nothing; null when there is no memory for it.</returns>
    internal Deflater? RentDeflater(int windowBits)
    {
        foreach (ref Deflater? place in _deflaters.AsSpan())
        {
            Deflater? free = Volatile.Read(ref place);
            if (free?.WindowBits == windowBits && Interlocked.CompareExchange(ref place, null, free) == free)
            {
                return Rent(free);
            }
        }

        return Rent(Deflater.Create(_level, windowBits));
    }

    /// <summary>Rents what decompresses.</summary>
    /// <returns>One at the start of a message; null when there is no memory for it.</returns>
    internal Inflater? RentInflater()
    {
        foreach (ref Inflater? place in _inflaters.AsSpan())
        {
            if (Interlocked.Exchange(ref place, null) is Inflater free)
            {
                return Rent(free);
            }
        }

        return Rent(Inflater.Create());
    }

    /// <summary>Takes a deflater back. The caller must not use it any more.</summary>
    /// <param name="deflater">A rented deflater.</param>
    /// <param name="isFresh">Whether its context is reset already.</param>
    internal void Return(Deflater deflater, bool isFresh)
    {
        if (!isFresh)
        {
            deflater.Forget();
        }

        Interlocked.Decrement(ref _rented);
        if (!TryKeep(_deflaters, deflater))
        {
            Replace(deflater);
        }
    }

    /// <summary>Gives back what decompresses, wherever it stands. It must not be used any more.</summary>
    internal void Return(Inflater inflater)
    {
        inflater.Forget();
        Interlocked.Decrement(ref _rented);
        if (!TryKeep(_inflaters, inflater))
        {
            inflater.Dispose();
        }
    }

    /// <summary>Frees the kept streams. Streams returned later are left to the garbage collector.</summary>
    public void Dispose()
    {
        Free(_deflaters);
        Free(_inflaters);

        // One at a time out of its place first: a connection that is slow to end may still ask.
        static void Free<T>(T?[] places)
            where T : class, IDisposable
        {
            foreach (ref T? place in places.AsSpan())
            {
                Interlocked.Exchange(ref place, null)?.Dispose();
            }
        }
    }

    private T? Rent<T>(T? one)
        where T : class
    {
        if (one is not null)
        {
            Interlocked.Increment(ref _rented);
        }

        return one;
    }

    private static bool TryKeep<T>(T?[] places, T one)
        where T : class
    {
        foreach (ref T? place in places.AsSpan())
        {
            if (Interlocked.CompareExchange(ref place, one, null) is null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Keeps it in place of one with another window, in rotation. Otherwise the first few windows in use would keep their places
    /// for good, and a connection with another window would create a deflater for each message.
    /// </summary>
    private void Replace(Deflater deflater)
    {
        uint first = Interlocked.Increment(ref _replaced);
        for (uint i = 0; i < _deflaters.Length; i++)
        {
            ref Deflater? place = ref _deflaters[(first + i) % (uint)_deflaters.Length];
            Deflater? other = Volatile.Read(ref place);
            if (other?.WindowBits != deflater.WindowBits && Interlocked.CompareExchange(ref place, deflater, other) == other)
            {
                other?.Dispose();
                return;
            }
        }

        deflater.Dispose();
    }
}
