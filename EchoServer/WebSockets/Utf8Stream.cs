namespace EchoServer.WebSockets;

/// <summary>Checks UTF-8 that arrives in pieces, and says at once when no further byte can make it valid.</summary>
/// <remarks>
/// RFC 6455 §8.1 with the well-formed byte sequences of RFC 3629 §4 (the Unicode standard's table 3-7). The state between two
/// pieces is at most one unfinished code point: how many continuation bytes are due, and the range allowed for the next one.
/// A mutable value: belongs to one connection's loop.
/// </remarks>
internal struct Utf8Stream
{
    private const byte ContinuationLow = 0x80;
    private const byte ContinuationHigh = 0xBF;

    private byte _due;
    private byte _low;
    private byte _high;

    /// <summary>Whether the bytes so far end at a code point's boundary.</summary>
    public readonly bool IsComplete => _due == 0;

    /// <summary>Takes the next piece.</summary>
    /// <param name="piece">Bytes that follow the last piece; may be empty.</param>
    /// <returns>False as soon as the bytes so far cannot be the start of valid UTF-8; the state is then of no more use.</returns>
    public bool Append(ReadOnlySpan<byte> piece)
    {
        while (_due > 0 && !piece.IsEmpty)
        {
            if (!Take(piece[0]))
            {
                return false;
            }

            piece = piece[1..];
        }

        // The bulk goes a vector at a time; only an unfinished end goes byte by byte.
        int unfinished = Utf8Validator.UnfinishedBytesAtEnd(piece);
        if (!Utf8Validator.IsValid(piece[..^unfinished]))
        {
            return false;
        }

        foreach (byte b in piece[^unfinished..])
        {
            if (!Take(b))
            {
                return false;
            }
        }

        return true;
    }

    private bool Take(byte b)
    {
        if (_due > 0)
        {
            if (b < _low || b > _high)
            {
                return false;
            }

            _due--;
            _low = ContinuationLow;
            _high = ContinuationHigh;
            return true;
        }

        // RFC 3629 §4: only the second byte has narrower ranges, against overlong forms, surrogates and values over U+10FFFF.
        (_due, _low, _high) = b switch
        {
            <= 0x7F => ((byte)0, ContinuationLow, ContinuationHigh),
            >= 0xC2 and <= 0xDF => ((byte)1, ContinuationLow, ContinuationHigh),
            0xE0 => ((byte)2, (byte)0xA0, ContinuationHigh),
            0xED => ((byte)2, ContinuationLow, (byte)0x9F),
            >= 0xE1 and <= 0xEF => ((byte)2, ContinuationLow, ContinuationHigh),
            0xF0 => ((byte)3, (byte)0x90, ContinuationHigh),
            >= 0xF1 and <= 0xF3 => ((byte)3, ContinuationLow, ContinuationHigh),
            0xF4 => ((byte)3, ContinuationLow, (byte)0x8F),
            _ => (byte.MaxValue, (byte)0, (byte)0),
        };
        return _due != byte.MaxValue;
    }
}
