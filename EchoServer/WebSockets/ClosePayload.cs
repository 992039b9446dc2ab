using System.Buffers.Binary;
using System.Text.Unicode;

namespace EchoServer.WebSockets;

/// <summary>The payload of a Close frame: nothing, or a code of two bytes and a reason in UTF-8 (RFC 6455 §5.5.1).</summary>
internal static class ClosePayload
{
    // RFC 6455 §5.5: a control frame carries 125 bytes, two of which are the code.
    private const int CodeBytes = 2;
    private const int MaxReasonBytes = Frame.MaxControlPayload - CodeBytes;

    /// <summary>The most bytes that <see cref="Write"/> needs.</summary>
    public const int MaxBytes = Frame.MaxControlPayload;

    /// <summary>Whether a Close frame may carry this code (RFC 6455 §7.4.2 and the IANA registry).</summary>
    /// <param name="code">The number as sent.</param>
    /// <returns>True for 1000-1003, 1007-1014 and 3000-4999. What the registry has not assigned is not valid.</returns>
    public static bool IsCodeAllowed(int code) => code is
        (>= 1000 and <= 1003) or
        (>= 1007 and <= 1014) or
        (>= 3000 and <= 4999);

    /// <summary>Reads the payload of a Close frame that was received.</summary>
    /// <param name="payload">The unmasked payload, 0 to 125 bytes.</param>
    /// <param name="code">The code, or <see cref="CloseCode.NoStatusReceived"/> when the payload is empty.</param>
    /// <param name="reason">The reason as UTF-8, checked; empty when there is none.</param>
    /// <returns>Null when the payload is sound, otherwise the rule that it breaks.</returns>
    public static ProtocolViolation? Read(ReadOnlySpan<byte> payload, out CloseCode code, out ReadOnlySpan<byte> reason)
    {
        code = CloseCode.NoStatusReceived;
        reason = default;
        if (payload.IsEmpty)
        {
            return null;
        }

        // RFC 6455 §5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer".
        if (payload.Length < CodeBytes)
        {
            return new(CloseCode.ProtocolError, "a Close frame with a body of 1 byte");
        }

        int number = BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (!IsCodeAllowed(number))
        {
            return new(CloseCode.ProtocolError, $"close code {number} may not be sent");
        }

        // RFC 6455 §8.1: bytes that are not UTF-8 where UTF-8 is due fail the connection.
        if (!Utf8.IsValid(payload[CodeBytes..]))
        {
            return new(CloseCode.InvalidPayloadData, "the reason of a Close frame is not UTF-8");
        }

        code = (CloseCode)number;
        reason = payload[CodeBytes..];
        return null;
    }

    /// <summary>Writes the payload of a Close frame to be sent.</summary>
    /// <param name="destination">At least <see cref="MaxBytes"/> long.</param>
    /// <param name="code">A code that <see cref="IsCodeAllowed"/> accepts.</param>
    /// <param name="reason">The reason; cut at a character's boundary when it is over 123 bytes of UTF-8.</param>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The code may not be on the wire.</exception>
    public static int Write(Span<byte> destination, CloseCode code, ReadOnlySpan<char> reason)
    {
        ThrowIfNotAllowed(code);
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)code);
        // A code point that does not fit any more is left out whole; lone surrogates become U+FFFD.
        _ = Utf8.FromUtf16(reason, destination.Slice(CodeBytes, MaxReasonBytes), out _, out int written);
        return CodeBytes + written;
    }

    /// <summary>Throws unless <see cref="IsCodeAllowed"/> accepts the code.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code may not be on the wire.</exception>
    public static void ThrowIfNotAllowed(CloseCode code)
    {
        if (!IsCodeAllowed((int)code))
        {
            throw new ArgumentOutOfRangeException(
                nameof(code), (int)code, "a Close frame carries 1000-1003, 1007-1014 or 3000-4999");
        }
    }

    /// <summary>The code with its name, for people: <c>1009 MessageTooBig</c>.</summary>
    /// <param name="code">Any close code.</param>
    /// <returns>The number, and the name when the code has one.</returns>
    public static string Describe(CloseCode code) =>
        Enum.IsDefined(code) ? $"{(int)code} {code}" : ((int)code).ToString(CultureInfo.InvariantCulture);
}
