using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Unicode;

namespace EchoServer.WebSockets;

/// <summary>Checks UTF-8 (RFC 3629 §4) a vector at a time, also where it is not ASCII.</summary>
/// <remarks>
/// The runtime's check takes such text byte by byte. The way is that of J. Keiser and D. Lemire, "Validating UTF-8 In Less Than One
/// Instruction Per Byte" (2021): three lookups by half a byte each give the faults that a byte and the one before it can have, and
/// what all three agree on is one. Pure: safe on any thread.
/// </remarks>
internal static class Utf8Validator
{
    // The faults of a byte and the one before it.
    private const byte TooShort = 1 << 0;
    private const byte TooLong = 1 << 1;
    private const byte Overlong3 = 1 << 2;
    private const byte TooLarge = 1 << 3;
    private const byte Surrogate = 1 << 4;
    private const byte Overlong2 = 1 << 5;

    // F0 with 80 to 8F behind it, F5 or more with the same.
    private const byte Overlong4OrTooLarge = 1 << 6;

    // Wrong unless the byte is the third or fourth of a code point.
    private const byte TwoContinuations = 1 << 7;

    // Those that the lower half of the first byte says nothing about.
    private const byte Any = TooShort | TooLong | TwoContinuations;

    private const byte Beyond = Any | TooLarge | Overlong4OrTooLarge;
    private const byte Continuation = TooLong | Overlong2 | TwoContinuations;

    // How many bytes of a code point come before its last.
    private const int MaxBefore = 3;

    /// <summary>Checks a whole text.</summary>
    /// <returns>Whether it is well-formed.</returns>
    public static bool IsValid(ReadOnlySpan<byte> text)
    {
        if (text.Length < Vector128<byte>.Count + MaxBefore || !Vector128.IsHardwareAccelerated)
        {
            return Utf8.IsValid(text);
        }

        // The first bytes have nothing before them, and the last vector may overlap the one before it.
        ref byte start = ref MemoryMarshal.GetReference(text);
        nuint last = (nuint)(text.Length - Vector128<byte>.Count);
        Vector128<byte> faults = Vector128<byte>.Zero;
        for (nuint place = MaxBefore; place < last; place += (nuint)Vector128<byte>.Count)
        {
            faults |= FaultsAt(ref start, place);
        }

        faults |= FaultsAt(ref start, last);
        ReadOnlySpan<byte> first = text[..(2 * MaxBefore)];
        return faults == Vector128<byte>.Zero && Utf8.IsValid(first[..^UnfinishedBytesAtEnd(first)]) && UnfinishedBytesAtEnd(text) == 0;
    }

    /// <summary>The faults of the bytes from a place on, each judged with the three before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> FaultsAt(ref byte start, nuint place)
    {
        Vector128<byte> bytes = Vector128.LoadUnsafe(ref start, place);
        Vector128<byte> third = Vector128.LoadUnsafe(ref start, place - 3);
        if (((bytes | third) & Vector128.Create((byte)0x80)) == Vector128<byte>.Zero)
        {
            return Vector128<byte>.Zero;
        }

        Vector128<byte> before = Vector128.LoadUnsafe(ref start, place - 1);
        Vector128<byte> second = Vector128.LoadUnsafe(ref start, place - 2);
        Vector128<byte> ofPair = Vector128.ShuffleNative(ByUpperHalfBefore, before >>> 4)
            & Vector128.ShuffleNative(ByLowerHalfBefore, before & Vector128.Create((byte)0x0F))
            & Vector128.ShuffleNative(ByUpperHalf, bytes >>> 4);

        // The highest bit is set where the byte must be the third or fourth of a code point.
        Vector128<byte> isInside = Vector128.SubtractSaturate(second, Vector128.Create((byte)(0xE0 - 0x80)))
            | Vector128.SubtractSaturate(third, Vector128.Create((byte)(0xF0 - 0x80)));
        return ofPair ^ (isInside & Vector128.Create(TwoContinuations));
    }

    private static Vector128<byte> ByUpperHalfBefore => Vector128.Create(
        TooLong, TooLong, TooLong, TooLong, TooLong, TooLong, TooLong, TooLong,
        TwoContinuations, TwoContinuations, TwoContinuations, TwoContinuations,
        TooShort | Overlong2, TooShort, TooShort | Overlong3 | Surrogate, TooShort | TooLarge | Overlong4OrTooLarge);

    private static Vector128<byte> ByLowerHalfBefore => Vector128.Create(
        Any | Overlong2 | Overlong3 | Overlong4OrTooLarge, Any | Overlong2, Any, Any, Any | TooLarge, Beyond, Beyond, Beyond,
        Beyond, Beyond, Beyond, Beyond, Beyond, Beyond | Surrogate, Beyond, Beyond);

    private static Vector128<byte> ByUpperHalf => Vector128.Create(
        TooShort, TooShort, TooShort, TooShort, TooShort, TooShort, TooShort, TooShort,
        Continuation | Overlong3 | Overlong4OrTooLarge, Continuation | Overlong3 | TooLarge,
        Continuation | Surrogate | TooLarge, Continuation | Surrogate | TooLarge,
        TooShort, TooShort, TooShort, TooShort);

    /// <summary>Counts the bytes at the end that begin an incomplete code point.</summary>
    internal static int UnfinishedBytesAtEnd(ReadOnlySpan<byte> text)
    {
        for (int back = 1; back <= Math.Min(MaxBefore, text.Length); back++)
        {
            byte b = text[^back];
            if (b is >= 0x80 and <= 0xBF)
            {
                continue;
            }

            int length = b switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
            return length > back ? back : 0;
        }

        return 0;
    }
}
