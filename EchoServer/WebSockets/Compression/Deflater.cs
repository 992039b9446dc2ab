namespace EchoServer.WebSockets.Compression;

/// <summary>Compresses messages for permessage-deflate (RFC 7692 §7.2.1), one after the other.</summary>
/// <remarks>
/// Holds <see cref="BytesOf"/> its window of native memory until it is disposed of. Belongs to one thread at a time. Comes from
/// <see cref="ZlibPool"/>.
/// </remarks>
internal sealed unsafe class Deflater : IDisposable
{
    /// <summary>The smallest window that zlib makes, as a logarithm.</summary>
    internal const int MinWindowBits = 9;

    // The runtime's zlib: its hash table always takes 128 KiB, pending output at this memory level 64 KiB, the rest its state.
    private const int FixedBytes = 200 * 1024;

    // zlib's own default, which Node's ws and .NET's WebSocket use as well.
    private const int MemoryLevel = 8;

    // RFC 7692 §7.2.1: every message ends in an empty stored block, of which these four bytes are left out.
    private const int TailBytes = 4;

    private Zlib.ZStream _stream;

    private Deflater(int windowBits) => WindowBits = windowBits;

    /// <summary>For one that was never disposed of: its memory is not the garbage collector's.</summary>
    ~Deflater() => Free();

    /// <summary>How far back it may refer, as a logarithm: 9 to 15. What zlib makes with 9 refers back 250 bytes at most.</summary>
    internal int WindowBits { get; }

    /// <summary>How much memory one takes: the window twice, and as much again for chains through it.</summary>
    /// <param name="windowBits">9 to 15.</param>
    /// <returns>A little more than the runtime's zlib asks for: 202 to 328 KiB.</returns>
    internal static int BytesOf(int windowBits) => FixedBytes + (4 << windowBits);

    /// <summary>Makes one.</summary>
    /// <param name="level">1, the fastest, to 9, the smallest.</param>
    /// <param name="windowBits">9 to 15.</param>
    /// <returns>Null when there is no memory for it.</returns>
    internal static Deflater? Create(int level, int windowBits)
    {
        var deflater = new Deflater(windowBits);
        fixed (Zlib.ZStream* stream = &deflater._stream)
        {
            // A negative number of bits asks for raw deflate (zlib.h).
            if (Zlib.DeflateInit(stream, level, Zlib.Deflated, -windowBits, MemoryLevel, Zlib.DefaultStrategy) == Zlib.Ok)
            {
                return deflater;
            }
        }

        deflater.Dispose();
        return null;
    }

    /// <summary>Compresses one message that comes in two parts.</summary>
    /// <param name="first">The first part; may be empty.</param>
    /// <param name="second">The second part; both together are not empty.</param>
    /// <param name="destination">Where to; more than four bytes, in which the tail that is not sent must fit as well.</param>
    /// <param name="keepsContext">Whether the next message may refer back to this one (context takeover).</param>
    /// <returns>The bytes written, without the tail; 0 when there is no room: then the next message does not refer back to any before.</returns>
    internal int Compress(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination, bool keepsContext)
    {
        fixed (Zlib.ZStream* stream = &_stream)
        fixed (byte* firstIn = first)
        fixed (byte* secondIn = second)
        fixed (byte* output = destination)
        {
            stream->NextOut = output;
            stream->AvailableOut = (uint)destination.Length;
            bool fits = (first.IsEmpty || Take(stream, firstIn, first.Length, Zlib.NoFlush)) &&
                Take(stream, secondIn, second.Length, keepsContext ? Zlib.SyncFlush : Zlib.FullFlush);
            if (!fits)
            {
                Forget(stream);
                return 0;
            }

            int written = destination.Length - (int)stream->AvailableOut;
            Debug.Assert(destination[..written].EndsWith(Inflater.Tail), "a flush ends in an empty stored block");
            return written - TailBytes;
        }
    }

    /// <summary>Resets the context: later output does not refer to earlier messages.</summary>
    internal void Forget()
    {
        fixed (Zlib.ZStream* stream = &_stream)
        {
            Forget(stream);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static bool Take(Zlib.ZStream* stream, byte* input, int length, int flush)
    {
        stream->NextIn = input;
        stream->AvailableIn = (uint)length;
        Run(stream, flush);

        // zlib.h: when it returns with no room left there may be more output.
        return stream->AvailableOut > 0;
    }

    /// <summary>Drops pending output. A full flush makes zlib forget its window.</summary>
    private static void Forget(Zlib.ZStream* stream)
    {
        const int Size = 4096;
        byte* dropped = stackalloc byte[Size];
        stream->AvailableIn = 0;
        do
        {
            stream->NextOut = dropped;
            stream->AvailableOut = Size;
            Run(stream, Zlib.FullFlush);
        }
        while (stream->AvailableOut == 0);
    }

    private static void Run(Zlib.ZStream* stream, int flush)
    {
        int result = Zlib.Deflate(stream, flush);
        if (result is not (Zlib.Ok or Zlib.NoProgress))
        {
            throw new InvalidOperationException($"zlib's deflate returned {result}");
        }
    }

    private void Free()
    {
        fixed (Zlib.ZStream* stream = &_stream)
        {
            if (stream->State != null)
            {
                _ = Zlib.DeflateEnd(stream);
                stream->State = null;
            }
        }
    }
}
