using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace EchoServer.WebSockets;

/// <summary>Masks and unmasks payload, which is the same operation: XOR with a repeated four-byte key (RFC 6455 §5.3).</summary>
/// <remarks>
/// A key is the four bytes as they stand on the wire, read in memory order, so that it can be widened to a vector as it is.
/// </remarks>
internal static class Masking
{
    private const int KeyBytes = sizeof(uint);
    private const byte MaxAscii = 0x7F;
    private const uint NonAsciiBits = 0x80808080;

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
        int done = 0;
        uint bits = 0;
        if (source.Length >= Vector<byte>.Count)
        {
            Vector<byte> wide = Vector.AsVectorByte(new Vector<uint>(key));
            ref byte from = ref MemoryMarshal.GetReference(source);
            ref byte to = ref MemoryMarshal.GetReference(destination);
            Vector<byte> wideBits = Vector<byte>.Zero;
            nuint last = (nuint)(source.Length - Vector<byte>.Count);
            nuint place = 0;
            do
            {
                Vector<byte> result = Vector.LoadUnsafe(ref from, place) ^ wide;
                wideBits |= result;
                result.StoreUnsafe(ref to, place);
                place += (nuint)Vector<byte>.Count;
            }
            while (place <= last);

            done = (int)place;
            bits = Vector.GreaterThanAny(wideBits, new Vector<byte>(MaxAscii)) ? NonAsciiBits : 0;
        }

        // A vector is a multiple of four bytes long, so the key is still aligned here.
        for (; done <= source.Length - KeyBytes; done += KeyBytes)
        {
            uint result = MemoryMarshal.Read<uint>(source[done..]) ^ key;
            bits |= result;
            MemoryMarshal.Write(destination[done..], result);
        }

        for (; done < source.Length; done++)
        {
            byte result = (byte)(source[done] ^ KeyByte(key, done));
            bits |= result;
            destination[done] = result;
        }

        return (bits & NonAsciiBits) == 0;
    }

    /// <summary>The key for payload that goes on after some bytes have been handled.</summary>
    /// <param name="key">The masking key, in memory order.</param>
    /// <param name="offset">How many bytes were handled; only its remainder by four counts.</param>
    /// <returns>The key rotated so that it begins with the byte that is due.</returns>
    public static uint Advance(uint key, int offset)
    {
        int bits = offset % KeyBytes * 8;
        return BitConverter.IsLittleEndian ? BitOperations.RotateRight(key, bits) : BitOperations.RotateLeft(key, bits);
    }

    private static byte KeyByte(uint key, int index)
    {
        uint littleEndian = BitConverter.IsLittleEndian ? key : BinaryPrimitives.ReverseEndianness(key);
        return (byte)(littleEndian >> (index % KeyBytes * 8));
    }
}
