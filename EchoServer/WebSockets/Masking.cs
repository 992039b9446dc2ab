using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EchoServer.WebSockets;

/// <summary>Masks and unmasks payload, which is the same operation: XOR with a repeated four-byte key (RFC 6455 §5.3).</summary>
/// <remarks>
/// A key is the four bytes as they stand on the wire, read in memory order, so that it can be widened to a vector as it is.
/// </remarks>
internal static class Masking
{
    private const int KeyBytes = sizeof(uint);
    private const ulong NonAsciiBits = 0x8080808080808080;

    /// <summary>Applies a key in place.</summary>
    /// <param name="data">Payload that begins where the key begins.</param>
    /// <param name="key">The masking key, in memory order.</param>
    /// <returns>As the other overload.</returns>
    public static bool Apply(Span<byte> data, uint key) => Apply(data, data, key);

    /// <summary>Applies a key on the way from one buffer to another.</summary>
    /// <param name="source">Payload that begins where the key begins.</param>
    /// <param name="destination">At least as long as the source; may be the same memory, must not overlap it otherwise.</param>
    /// <param name="key">The masking key, in memory order.</param>
    /// <returns>Whether the result is ASCII, and so UTF-8: known without a second look at the bytes.</returns>
    public static bool Apply(ReadOnlySpan<byte> source, Span<byte> destination, uint key)
    {
        destination = destination[..source.Length];
        if (source.Length < Vector<byte>.Count)
        {
            return ApplyToFew(source, destination, key);
        }

        ref byte from = ref MemoryMarshal.GetReference(source);
        ref byte to = ref MemoryMarshal.GetReference(destination);
        Vector<byte> wide = Widen(key);

        // The end is a vector of its own, which may overlap the one before it: read before that one is written.
        nuint last = (nuint)(source.Length - Vector<byte>.Count);
        Vector<byte> end = Vector.LoadUnsafe(ref from, last) ^ Widen(Advance(key, (int)last));
        Vector<byte> bits = end;
        for (nuint place = 0; place < last; place += (nuint)Vector<byte>.Count)
        {
            Vector<byte> result = Vector.LoadUnsafe(ref from, place) ^ wide;
            bits |= result;
            result.StoreUnsafe(ref to, place);
        }

        end.StoreUnsafe(ref to, last);
        return Vector.EqualsAll(bits & Vector.AsVectorByte(new Vector<ulong>(NonAsciiBits)), Vector<byte>.Zero);
    }

    /// <summary>The key for payload that goes on after some bytes have been handled.</summary>
    /// <param name="key">The masking key, in memory order.</param>
    /// <param name="offset">How many bytes were handled; only its remainder by four counts, as a rotation by 32 bits is none.</param>
    /// <returns>The key rotated so that it begins with the byte that is due.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Advance(uint key, int offset)
    {
        int bits = offset * 8;
        return BitConverter.IsLittleEndian ? BitOperations.RotateRight(key, bits) : BitOperations.RotateLeft(key, bits);
    }

    private static Vector<byte> Widen(uint key) => Vector.AsVectorByte(new Vector<uint>(key));

    /// <summary>As <see cref="Apply(ReadOnlySpan{byte}, Span{byte}, uint)"/>, for payload shorter than a vector.</summary>
    private static bool ApplyToFew(ReadOnlySpan<byte> source, Span<byte> destination, uint key)
    {
        ulong wide = ((ulong)key << 32) | key;
        ulong bits = 0;
        int done = 0;
        for (; done <= source.Length - sizeof(ulong); done += sizeof(ulong))
        {
            ulong result = MemoryMarshal.Read<ulong>(source[done..]) ^ wide;
            bits |= result;
            MemoryMarshal.Write(destination[done..], result);
        }

        ReadOnlySpan<byte> keyBytes = MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in key));
        for (; done < source.Length; done++)
        {
            byte result = (byte)(source[done] ^ keyBytes[done % KeyBytes]);
            bits |= result;
            destination[done] = result;
        }

        return (bits & NonAsciiBits) == 0;
    }
}
