using EchoServer.WebSockets;

namespace EchoServer.Http;

/// <summary>One line of a message head (RFC 9112 §2.1, §2.2).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
internal static class HeadLine
{
    /// <summary>CR LF.</summary>
    internal const int EndBytes = 2;

    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';

    // The longest beginning by which another protocol is told from HTTP: the signature of the PROXY protocol.
    private const int DecidingBytes = 12;

    /// <summary>Whether a head that trickles in is to be read again: another line is complete, or its first bytes or its size can decide.</summary>
    /// <remarks>
    /// Of all bytes received so far, some were read already, and were not a whole head. Each time all of it is read: one with more bytes than
    /// <see cref="HeadRules.EagerBytes"/> only where it may be whole, because its lines may be many.
    /// </remarks>
    internal static bool IsToBeRead(ReadOnlySpan<byte> input, int seenBefore, HeadRules rules)
    {
        ReadOnlySpan<byte> fresh = input[Math.Max(0, seenBefore - "\n\r".Length)..];
        return seenBefore < DecidingBytes || input.Length >= rules.MaxBytes || (input.Length <= rules.EagerBytes
            ? input[seenBefore..].Contains(Lf)
            : fresh.IndexOf("\n\r\n"u8) >= 0 || fresh.IndexOf("\n\n"u8) >= 0);
    }

    /// <summary>Reads the line at a position of all bytes received so far, without its end.</summary>
    /// <remarks>The position is where the line begins, and behind it when <see cref="ParseStatus.Done"/>.</remarks>
    internal static ParseStatus Read(
        ReadOnlySpan<byte> input, scoped ref int position, HeadRules rules, out ReadOnlySpan<byte> line, out HeadError? error)
    {
        ReadOnlySpan<byte> rest = input[position..];
        int end = rest.IndexOf(Lf);
        line = default;
        error = null;
        if (end < 0 || position + end >= rules.MaxBytes)
        {
            if (input.Length >= rules.MaxBytes)
            {
                error = new(HeadErrorKind.TooLarge, $"the head is larger than {rules.MaxBytes} bytes");
                return ParseStatus.Bad;
            }

            return ParseStatus.NeedMore;
        }

        // RFC 9112 §2.2 allows to take a bare LF for a line's end; what takes it is what requests are smuggled past.
        if (end == 0 || rest[end - 1] != Cr)
        {
            error = HeadError.Malformed("a line ends with LF alone instead of CR LF");
            return ParseStatus.Bad;
        }

        line = rest[..(end - 1)];
        position += end + 1;
        return ParseStatus.Done;
    }
}
