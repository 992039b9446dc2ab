using System.Buffers.Binary;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <summary>Payloads of one size: each names its connection and its number, and no two in a row are alike.</summary>
/// <remarks>
/// A payload is a stamp of 16 characters, then a stretch of a pattern that begins at one of 256 places, then at most three full
/// stops, so that text ends with a whole character. The stamp's first half is the message's number, moved by an amount of the
/// connection's own; the second half is the connection's number. Both are written in characters of six bits, the lowest first:
/// a payload shorter than the stamp has the digits that differ most. Pure and unchanging: safe on any thread.
/// </remarks>
internal sealed class StampedPayload : LoadPayload
{
    private const int HalfStampBytes = sizeof(ulong);
    private const int StampBytes = 2 * HalfStampBytes;

    // Six bits in each byte, from '0' (0x30) to 'o' (0x6F): ASCII, and one bit pattern for each value.
    private const ulong DigitZero = 0x3030303030303030;
    private const ulong NumberBits = (1UL << 48) - 1;

    // Moves the numbers of neighbouring connections far apart: 2^48 divided by the golden ratio, and odd.
    private const ulong ConnectionStride = 0x9E3779B97F4B;

    private const int GroupBytes = 4;
    private const int Places = 256;
    private const byte TailByte = (byte)'.';

    private readonly byte[] _pattern;
    private readonly int _stampBytes;
    private readonly int _bodyBytes;

    /// <summary>Makes the pattern.</summary>
    /// <param name="size">Bytes of each payload, 1 or more.</param>
    /// <param name="isUtf8">Whether payloads must be UTF-8; otherwise every byte value occurs in them.</param>
    internal StampedPayload(int size, bool isUtf8)
        : base(size)
    {
        _stampBytes = Math.Min(size, StampBytes);
        _bodyBytes = (size - _stampBytes) / GroupBytes * GroupBytes;
        _pattern = new byte[_bodyBytes + (Places * GroupBytes)];
        for (int at = 0; at < _pattern.Length; at += GroupBytes)
        {
            WriteGroup(_pattern.AsSpan(at, GroupBytes), at / GroupBytes, isUtf8);
        }
    }

    internal override int SizeOf(long number) => Size;

    internal override void Write(Span<byte> destination, int connection, long number, uint maskingKey)
    {
        Span<byte> stamp = stackalloc byte[StampBytes];
        WriteStamp(stamp, connection, number);
        Masking.Apply(stamp[.._stampBytes], destination, maskingKey);

        // The stamp is a multiple of four bytes long where anything follows it: the key is aligned.
        Masking.Apply(Body(connection, number), destination[_stampBytes..], maskingKey);
        Span<byte> tail = destination[(_stampBytes + _bodyBytes)..Size];
        tail.Fill(TailByte);
        Masking.Apply(tail, maskingKey);
    }

    internal override bool IsBeginning(ReadOnlySpan<byte> bytes, int connection, long number)
    {
        if (bytes.Length > Size)
        {
            return false;
        }

        Span<byte> stamp = stackalloc byte[StampBytes];
        WriteStamp(stamp, connection, number);
        int inStamp = Math.Min(bytes.Length, _stampBytes);
        int inBody = Math.Min(bytes.Length - inStamp, _bodyBytes);
        return bytes[..inStamp].SequenceEqual(stamp[..inStamp]) &&
            bytes.Slice(inStamp, inBody).SequenceEqual(Body(connection, number)[..inBody]) &&
            !bytes[(inStamp + inBody)..].ContainsAnyExcept(TailByte);
    }

    internal override bool TryReadStamp(ReadOnlySpan<byte> payload, out int connection, out long number)
    {
        connection = 0;
        number = 0;
        if (payload.Length < StampBytes ||
            !TryReadDigits(payload, out ulong moved) ||
            !TryReadDigits(payload[HalfStampBytes..], out ulong owner) ||
            owner > int.MaxValue)
        {
            return false;
        }

        connection = (int)owner;
        number = (long)((moved - Offset(connection)) & NumberBits);
        return true;
    }

    private ReadOnlySpan<byte> Body(int connection, long number) =>
        _pattern.AsSpan((int)((number + connection) % Places) * GroupBytes, _bodyBytes);

    private static void WriteStamp(Span<byte> stamp, int connection, long number)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(stamp, ToDigits(((ulong)number + Offset(connection)) & NumberBits));
        BinaryPrimitives.WriteUInt64LittleEndian(stamp[HalfStampBytes..], ToDigits((ulong)connection));
    }

    private static ulong Offset(int connection) => (ulong)connection * ConnectionStride;

    /// <summary>Spreads 48 bits over eight bytes: halves, quarters, eighths.</summary>
    private static ulong ToDigits(ulong value)
    {
        value = (value & 0x0000000000FFFFFF) | ((value & 0x0000FFFFFF000000) << 8);
        value = (value & 0x00000FFF00000FFF) | ((value & 0x00FFF00000FFF000) << 4);
        value = (value & 0x003F003F003F003F) | ((value & 0x0FC00FC00FC00FC0) << 2);
        return value + DigitZero;
    }

    private static bool TryReadDigits(ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = HalfStampBytes - 1; i >= 0; i--)
        {
            int digit = bytes[i] - '0';
            if (digit is < 0 or > 63)
            {
                return false;
            }

            value = (value << 6) | (uint)digit;
        }

        return true;
    }

    /// <summary>Four bytes that tell this place from its neighbours: as text a letter of two bytes and two of ASCII.</summary>
    private static void WriteGroup(Span<byte> group, int index, bool isUtf8)
    {
        int mixed = (index * 167) + (index >> 8);
        if (isUtf8)
        {
            // U+00C0 to U+00FF, such as "À": 0xC3 and a continuation byte of six free bits (RFC 3629 §3).
            group[0] = 0xC3;
            group[1] = (byte)(0x80 | (mixed & 0x3F));
            group[2] = (byte)('a' + (index % 26));
            group[3] = (byte)('A' + (index / 26 % 26));
        }
        else
        {
            group[0] = (byte)mixed;
            group[1] = (byte)(255 - index);
            group[2] = (byte)(index >> 8);
            group[3] = (byte)(mixed >> 4);
        }
    }
}
