using System.Buffers.Binary;
using System.Numerics;

namespace EchoServer.Http;

/// <summary>SHA-1 (RFC 3174) without security purpose: for the handshake's answer (RFC 6455 §4.2.2) and entity tags.</summary>
/// <remarks>
/// The runtime's goes through OpenSSL: to load that took 12 ms of the first handshake and 4 MB of memory, and it would have to be
/// there, in every container. Nothing here depends on the strength of SHA-1. Safe on any thread.
/// </remarks>
internal static class Sha1
{
    /// <summary>The length of a hash.</summary>
    internal const int HashBytes = 20;

    private const int BlockBytes = 64;
    private const int LengthBytes = sizeof(ulong);
    private const int WordsOfBlock = BlockBytes / sizeof(uint);
    private const int Rounds = 80;
    private const byte PaddingStart = 0x80;

    /// <summary>Hashes bytes; the hash goes into the first <see cref="HashBytes"/> bytes.</summary>
    internal static void Hash(ReadOnlySpan<byte> source, Span<byte> hash)
    {
        // RFC 3174 §6.1: the initial values.
        Span<uint> state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0];
        ReadOnlySpan<byte> rest = source;
        for (; rest.Length >= BlockBytes; rest = rest[BlockBytes..])
        {
            Add(rest, state);
        }

        // §4: a one, zeros, and the length in bits at the end of the last block.
        Span<byte> tail = stackalloc byte[2 * BlockBytes];
        tail.Clear();
        rest.CopyTo(tail);
        tail[rest.Length] = PaddingStart;
        int tailBytes = rest.Length + 1 + LengthBytes <= BlockBytes ? BlockBytes : 2 * BlockBytes;
        BinaryPrimitives.WriteUInt64BigEndian(tail[(tailBytes - LengthBytes)..], (ulong)source.Length * 8);
        for (int block = 0; block < tailBytes; block += BlockBytes)
        {
            Add(tail[block..], state);
        }

        for (int i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(hash[(i * sizeof(uint))..], state[i]);
        }
    }

    /// <summary>§6.1, steps a to e, for one block.</summary>
    private static void Add(ReadOnlySpan<byte> block, Span<uint> state)
    {
        Span<uint> words = stackalloc uint[Rounds];
        for (int i = 0; i < WordsOfBlock; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(i * sizeof(uint))..]);
        }

        for (int i = WordsOfBlock; i < Rounds; i++)
        {
            words[i] = BitOperations.RotateLeft(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
        }

        uint a = state[0];
        uint b = state[1];
        uint c = state[2];
        uint d = state[3];
        uint e = state[4];
        for (int i = 0; i < Rounds; i++)
        {
            // §5: the functions and constants of each twenty rounds.
            (uint function, uint constant) = (i / 20) switch
            {
                0 => ((b & c) | (~b & d), 0x5A827999u),
                1 => (b ^ c ^ d, 0x6ED9EBA1u),
                2 => ((b & c) | (b & d) | (c & d), 0x8F1BBCDCu),
                _ => (b ^ c ^ d, 0xCA62C1D6u),
            };
            uint next = BitOperations.RotateLeft(a, 5) + function + e + words[i] + constant;
            (a, b, c, d, e) = (next, a, BitOperations.RotateLeft(b, 30), c, d);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }
}
