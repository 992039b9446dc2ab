using System.Buffers;
using System.Runtime.InteropServices;

namespace EchoServer.WebSockets;

/// <summary>Checks UTF-8 that arrives in pieces, and says at once when no further byte can make it valid.</summary>
/// <remarks>
/// RFC 6455 §8.1. The state between two pieces is at most one unfinished code point. A mutable value: belongs to one connection's loop.
/// </remarks>
internal struct Utf8Stream
{
    // The first bytes of the code point that is not complete.
    private uint _unfinished;
    private int _count;

    /// <summary>Whether the bytes so far end at a code point's boundary.</summary>
    public readonly bool IsComplete => _count == 0;

    /// <summary>Takes the next piece.</summary>
    /// <param name="piece">Bytes that follow the last piece; may be empty.</param>
    /// <returns>False as soon as the bytes so far cannot be the start of valid UTF-8; the state is then of no more use.</returns>
    public bool Append(ReadOnlySpan<byte> piece)
    {
        while (_count > 0 && !piece.IsEmpty)
        {
            if (!Take(piece[0]))
            {
                return false;
            }

            piece = piece[1..];
        }

        // The bulk goes a vector at a time; only an unfinished end goes byte by byte.
        int end = piece.Length - Utf8Validator.UnfinishedBytesAtEnd(piece);
        bool isValid = Utf8Validator.IsValid(piece[..end]);
        for (int i = end; isValid && i < piece.Length; i++)
        {
            isValid = Take(piece[i]);
        }

        return isValid;
    }

    private bool Take(byte next)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<uint>(ref _unfinished));
        bytes[_count++] = next;
        OperationStatus status = Rune.DecodeFromUtf8(bytes[.._count], out _, out _);
        _count = status == OperationStatus.NeedMoreData ? _count : 0;
        return status is OperationStatus.NeedMoreData or OperationStatus.Done;
    }
}
