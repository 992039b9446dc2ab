namespace EchoServer.WebSockets.Compression;

/// <summary>Decompresses messages of permessage-deflate (RFC 7692 §7.2.2), piece by piece.</summary>
/// <remarks>
/// Always has the largest window, 32 KiB, and so reads data compressed with any. Holds <see cref="Bytes"/> of native memory
/// until it is disposed of. Belongs to one thread at a time. Comes from <see cref="ZlibPool"/>.
/// </remarks>
internal sealed unsafe class Inflater : IDisposable
{
    /// <summary>What it takes in the runtime's zlib: the window and the code tables.</summary>
    internal const int Bytes = 44 * 1024;

    // A negative number of bits asks for raw deflate (zlib.h).
    private const int RawWindowBits = -15;

    private Zlib.ZStream _stream;

    private Inflater()
    {
    }

    /// <summary>For one that was never disposed of: its memory is not the garbage collector's.</summary>
    ~Inflater() => Free();

    /// <summary>What the sender leaves out at the end of a message: length and complement of an empty stored block (RFC 7692 §7.2.1).</summary>
    internal static ReadOnlySpan<byte> Tail => [0x00, 0x00, 0xFF, 0xFF];

    // What the tail is the end of, whole.
    private static ReadOnlySpan<byte> EmptyBlock => [0x00, 0x00, 0x00, 0xFF, 0xFF];

    /// <summary>Makes one.</summary>
    /// <returns>Null when there is no memory for it.</returns>
    internal static Inflater? Create()
    {
        var inflater = new Inflater();
        fixed (Zlib.ZStream* stream = &inflater._stream)
        {
            if (Zlib.InflateInit(stream, RawWindowBits) == Zlib.Ok)
            {
                return inflater;
            }
        }

        inflater.Dispose();
        return null;
    }

    /// <summary>Decompresses as much as there is input and room for.</summary>
    /// <param name="input">The next bytes; may be empty, when there was not room enough before.</param>
    /// <param name="output">Where to; at least one byte.</param>
    /// <param name="consumed">How many bytes of the input are used up: all of them, unless the output is full.</param>
    /// <param name="written">How many bytes came out. When the output is full there may be more.</param>
    /// <returns>False when the input is not deflate data.</returns>
    internal bool Inflate(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int written) =>
        Run(input, output, Zlib.SyncFlush, out consumed, out written);

    /// <summary>Ends a message: puts back what the sender has left out, and sees whether the message ended there.</summary>
    /// <param name="hasTail">Whether the message brought its tail along.</param>
    /// <returns>False when it was cut off.</returns>
    /// <remarks>
    /// Told to stop at the end of a block, zlib leaves the byte behind it alone where the message ended as it should. In the middle
    /// of anything else it stops before, or goes on.
    /// </remarks>
    internal bool EndMessage(bool hasTail)
    {
        ReadOnlySpan<byte> missing = hasTail ? EmptyBlock : Tail;
        Span<byte> input = stackalloc byte[missing.Length + 1];
        missing.CopyTo(input);
        input[^1] = 0;
        Span<byte> none = stackalloc byte[1];
        return Run(input, none, Zlib.ToEndOfBlock, out int consumed, out int written) && written == 0 && consumed == missing.Length;
    }

    /// <summary>Resets the context: later input cannot refer to earlier messages.</summary>
    internal void Forget()
    {
        fixed (Zlib.ZStream* stream = &_stream)
        {
            _ = Zlib.InflateReset(stream, RawWindowBits);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private bool Run(ReadOnlySpan<byte> input, Span<byte> output, int flush, out int consumed, out int written)
    {
        fixed (Zlib.ZStream* stream = &_stream)
        fixed (byte* inputStart = input)
        fixed (byte* outputStart = output)
        {
            stream->NextIn = inputStart;
            stream->AvailableIn = (uint)input.Length;
            stream->NextOut = outputStart;
            stream->AvailableOut = (uint)output.Length;
            int result;
            do
            {
                result = Zlib.Inflate(stream, flush);
                if (result == Zlib.AtEnd)
                {
                    // RFC 7692 §7.2.3.4: a message may have blocks with BFINAL set. What follows such a block begins anew.
                    _ = Zlib.InflateReset(stream, RawWindowBits);
                }
            }
            while (result == Zlib.AtEnd && stream->AvailableIn > 0 && stream->AvailableOut > 0);

            consumed = input.Length - (int)stream->AvailableIn;
            written = output.Length - (int)stream->AvailableOut;
            return result is Zlib.Ok or Zlib.AtEnd or Zlib.NoProgress;
        }
    }

    private void Free()
    {
        fixed (Zlib.ZStream* stream = &_stream)
        {
            if (stream->State != null)
            {
                _ = Zlib.InflateEnd(stream);
                stream->State = null;
            }
        }
    }
}
