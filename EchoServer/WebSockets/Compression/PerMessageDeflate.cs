using System.Buffers.Binary;
using EchoServer.Buffers;

namespace EchoServer.WebSockets.Compression;

/// <summary>Compression of one connection's messages, both ways (RFC 7692). Exists only where it was agreed on.</summary>
/// <remarks>
/// <para>
/// Where a direction keeps its context, what compresses or decompresses is the connection's own from the first message on, and its
/// memory is counted in the budget from the handshake on. Where it does not, both are rented for a message: an inflater counts
/// from the beginning of each compressed message to its end, a deflater never.
/// </para>
/// <para>Belongs to one connection's loop, which calls <see cref="Release"/> at its end: no other thread touches native memory in use.</para>
/// </remarks>
internal sealed class PerMessageDeflate
{
    /// <summary>The least budget with which there is any point in it: an inflater and a small message, in bytes.</summary>
    internal const int MinBudget = Inflater.Bytes + (4 * 1024);

    // Shorter messages hardly ever get smaller; without context they have to be longer for it.
    private const int MinBytesWithContext = 64;
    private const int MinBytesWithoutContext = 256;

    // A short message that is the first of a context may grow, by less than this: those behind it refer back to it, and get smaller.
    private const int GrowthRoom = 16;

    // If they do not, so many go out plain before it is tried again; then twice as many, and so on.
    private const int MinPause = 8;
    private const int MaxPause = 256;

    // Up to this size the copy of a message is compressed in memory of the step, which is not counted in the budget.
    private const int MaxUncountedBytes = 128 * 1024;

    // What a message costs besides its bytes, in bytes: to begin, to end, to forget. Roughly; zlib does some 300 bytes in a microsecond.
    private const int WorkOfAMessage = 256;

    private readonly DeflateParameters _parameters;
    private readonly ZlibPool _pool;
    private readonly IByteBudget _budget;
    private Deflater? _deflater;
    private Inflater? _inflater;

    // Whether the next message has something to refer back to; else how many are to go out plain before one may grow.
    private bool _hasContext;
    private bool _hasGrownInVain;
    private int _pause;
    private int _nextPause = MinPause;

    // The message that is arriving: what of it came, as compressed, and the last four bytes of that.
    private ulong _compressedBytes;
    private uint _lastFour;

    private CompressedCounts _received;
    private CompressedCounts _sent;

    /// <param name="parameters">The negotiated parameters.</param>
    /// <param name="pool">The source of deflaters and inflaters.</param>
    /// <param name="budget">In which <see cref="DeflaterBytes"/> and <see cref="InflaterBytes"/> are taken already; given back in <see cref="Release"/>.</param>
    internal PerMessageDeflate(DeflateParameters parameters, ZlibPool pool, IByteBudget budget)
    {
        _parameters = parameters;
        _pool = pool;
        _budget = budget;
    }

    /// <summary>The size of the last message that was decompressed: the next is often as large.</summary>
    internal int LastMessageBytes { get; set; }

    /// <summary>What both directions have cost so far: bytes that went into compressing and came out of decompressing, and something for each message.</summary>
    internal long Work { get; private set; }

    /// <summary>Adds the compressed messages that came in whole, and those that went out. Any thread.</summary>
    internal void AddCountsTo(ref CompressedCounts received, ref CompressedCounts sent)
    {
        received.Add(_received);
        sent.Add(_sent);
    }

    /// <summary>What a connection's own deflater takes; 0 where the server keeps no context.</summary>
    internal static int DeflaterBytes(DeflateParameters parameters) =>
        parameters.ServerNoContextTakeover ? 0 : Deflater.BytesOf(parameters.DeflateWindowBits);

    /// <summary>What a connection's own inflater takes; 0 where the client keeps no context.</summary>
    internal static int InflaterBytes(DeflateParameters parameters) => parameters.ClientNoContextTakeover ? 0 : Inflater.Bytes;

    /// <summary>Sends a message, compressed where that is worth the attempt and there is memory for it.</summary>
    internal void Send<TSink>(TSink sink, Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
        where TSink : struct, IFrameSink
    {
        int room = RoomFor(first.Length, second.Length);

        // Beside the message and the output this is one copy more: where that is large, only while there is memory to spare for it.
        int counted = room <= MaxUncountedBytes ? 0 : NativeBuffer.SizeFor(room);
        if (room == 0 || !_budget.TryTake(counted))
        {
            sink.Write(opcode, first, second);
            return;
        }

        try
        {
            using var buffer = new StepBuffer(room);
            int messageBytes = first.Length + second.Length;
            int compressed = Compress(first, second, buffer.Span[..room]);
            if (compressed == 0)
            {
                sink.Write(opcode, first, second);
            }
            else if (sink.WriteCompressed(opcode, buffer.Span[..compressed], messageBytes))
            {
                _sent.Count(compressed, messageBytes);
            }
        }
        finally
        {
            _budget.GiveBack(counted);
        }
    }

    /// <summary>How many bytes to have ready for <see cref="Compress"/>; 0 when a message of such parts is not worth the attempt.</summary>
    internal int RoomFor(int first, int second)
    {
        long length = (long)first + second;
        int least = _parameters.ServerNoContextTakeover ? MinBytesWithoutContext : MinBytesWithContext;
        if (length < least || length > Array.MaxLength - Inflater.Tail.Length)
        {
            return 0;
        }

        return (int)length + Inflater.Tail.Length + (MayBeginContext((int)length) ? GrowthRoom : 0);
    }

    /// <summary>Compresses a message that comes in two parts.</summary>
    /// <param name="first">The first part; may be empty.</param>
    /// <param name="second">The second part.</param>
    /// <param name="room">As long as <see cref="RoomFor"/> says.</param>
    /// <returns>
    /// How many bytes it became; 0 when it would not get smaller, and is to be sent as it is. A short one may have grown a little
    /// where that gives the next ones something to refer back to.
    /// </returns>
    internal int Compress(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> room)
    {
        bool keeps = !_parameters.ServerNoContextTakeover;
        Work += (long)first.Length + second.Length + WorkOfAMessage;
        Deflater? deflater = _deflater ?? _pool.RentDeflater(_parameters.DeflateWindowBits);
        if (deflater is null)
        {
            return 0;
        }

        // The room ends where the message would have grown. Then the deflater forgets what the other end does not get to see.
        _deflater = keeps ? deflater : null;
        int written = deflater.Compress(first, second, room, keeps);
        if (!keeps)
        {
            _pool.Return(deflater, isFresh: true);
            return written;
        }

        NoteContext(first.Length + second.Length, written);
        return written;
    }

    private void NoteContext(int length, int written)
    {
        if (written > 0 && written < length)
        {
            _hasGrownInVain = false;
            _nextPause = MinPause;
        }
        else if (written > 0)
        {
            _hasGrownInVain = true;
        }
        else if (_hasGrownInVain)
        {
            _hasGrownInVain = false;
            _pause = _nextPause;
            _nextPause = Math.Min(2 * _nextPause, MaxPause);
        }
        else if (_pause > 0)
        {
            _pause--;
        }

        _hasContext = written > 0;
    }

    /// <summary>
    /// Whether this message is let grow. Else a client of many short messages, none of which gets smaller by itself, would never have
    /// a context.
    /// </summary>
    private bool MayBeginContext(int length) =>
        length < MinBytesWithoutContext && !_hasContext && _pause == 0 && !_parameters.ServerNoContextTakeover;

    /// <summary>Counts a message that <see cref="Compress"/> has made smaller, and that is sent so.</summary>
    internal void CountSent(int compressedBytes, int messageBytes) => _sent.Count(compressedBytes, messageBytes);

    /// <summary>Counts the message that has just ended, once nothing was found wrong with it.</summary>
    internal void CountReceived(int messageBytes) => _received.Count((long)_compressedBytes, messageBytes);

    /// <summary>Begins a compressed message.</summary>
    /// <returns>False when there is no memory for it.</returns>
    internal bool TryBeginMessage()
    {
        Work += WorkOfAMessage;
        _compressedBytes = 0;
        _lastFour = 0;
        if (_inflater is not null)
        {
            return true;
        }

        int bytes = _parameters.ClientNoContextTakeover ? Inflater.Bytes : 0;
        if (!_budget.TryTake(bytes))
        {
            return false;
        }

        _inflater = _pool.RentInflater();
        if (_inflater is null)
        {
            _budget.GiveBack(bytes);
        }

        return _inflater is not null;
    }

    /// <summary>Whether a frame of the message may still come.</summary>
    /// <param name="length">How long it says that it is.</param>
    /// <param name="most">How many bytes the message may have decompressed.</param>
    /// <remarks>
    /// Deflate data need not decompress to anything. But more than twice the message, and what many flushes need, is nothing that
    /// a message is made of.
    /// </remarks>
    internal bool TryDeclare(ulong length, int most)
    {
        const int Slack = 64 * 1024;
        ulong allowed = (2 * (ulong)most) + Slack - _compressedBytes;
        bool isAllowed = length <= allowed;
        _compressedBytes += isAllowed ? length : 0;
        return isAllowed;
    }

    /// <summary>Notes a piece of the message that is about to be decompressed.</summary>
    internal void Note(ReadOnlySpan<byte> compressed)
    {
        if (compressed.Length >= sizeof(uint))
        {
            _lastFour = BinaryPrimitives.ReadUInt32BigEndian(compressed[^sizeof(uint)..]);
            return;
        }

        foreach (byte b in compressed)
        {
            _lastFour = (_lastFour << 8) | b;
        }
    }

    /// <summary>Decompresses: see <see cref="Inflater.Inflate"/>.</summary>
    internal bool Inflate(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int written)
    {
        bool isDeflate = _inflater!.Inflate(input, output, out consumed, out written);
        Work += written;
        return isDeflate;
    }

    /// <summary>Ends the message that is arriving.</summary>
    /// <returns>False when it was cut off.</returns>
    /// <remarks>
    /// A sender whose last fragment is empty cannot remove the tail of the fragment before. A sender that marks an empty message
    /// as compressed may send no byte at all.
    /// </remarks>
    internal bool TryEndMessage()
    {
        bool hasTail = _compressedBytes == 0 || _lastFour == BinaryPrimitives.ReadUInt32BigEndian(Inflater.Tail);
        bool isWhole = _inflater!.EndMessage(hasTail);
        LeaveMessage();
        return isWhole;
    }

    /// <summary>After the message, or in the middle of one that is given up: keeps nothing that need not be kept.</summary>
    internal void LeaveMessage()
    {
        if (_inflater is not null && _parameters.ClientNoContextTakeover)
        {
            _pool.Return(_inflater);
            _inflater = null;
            _budget.GiveBack(Inflater.Bytes);
        }
    }

    /// <summary>At the end of the connection: gives everything back.</summary>
    internal void Release()
    {
        LeaveMessage();
        if (_inflater is not null)
        {
            _pool.Return(_inflater);
            _inflater = null;
        }

        if (_deflater is not null)
        {
            _pool.Return(_deflater, isFresh: false);
            _deflater = null;
        }

        _budget.GiveBack(DeflaterBytes(_parameters) + InflaterBytes(_parameters));
    }
}
