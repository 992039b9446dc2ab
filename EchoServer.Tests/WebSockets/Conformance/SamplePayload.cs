using System.Buffers.Binary;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>Payloads of any size, and messages cut into fragments.</summary>
internal static class SamplePayload
{
    private const int Period = 251;

    // Code points of one to four bytes; 23 bytes, so that pieces of a power of two end at every place in it.
    private static ReadOnlySpan<byte> Pattern => "Hello-µ@ß-€-\U0001F600!!!"u8;

    public static IReadOnlyList<(string Name, int Opcode, Func<int, byte[]> PayloadOf)> Kinds { get; } =
        [("text", WireFrame.TextOpcode, Text), ("binary", WireFrame.BinaryOpcode, Binary)];

    /// <summary>UTF-8 of exactly so many bytes, with code points of every length.</summary>
    public static byte[] Text(int length)
    {
        byte[] text = new byte[length];
        int done = 0;
        for (; done + Pattern.Length <= length; done += Pattern.Length)
        {
            Pattern.CopyTo(text.AsSpan(done));
        }

        text.AsSpan(done).Fill((byte)'*');
        return text;
    }

    /// <summary>Bytes of every value that are not UTF-8 and repeat only after 251, so that a piece out of place shows.</summary>
    public static byte[] Binary(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)(0xFF - (i % Period));
        }

        return bytes;
    }

    /// <summary>A message in fragments of so many bytes, each with a masking key of its own; made while it is read.</summary>
    public static IEnumerable<WireFrame> Fragments(int opcode, ReadOnlyMemory<byte> payload, int size)
    {
        for (int at = 0; at == 0 || at < payload.Length; at += size)
        {
            byte[] key = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(key, unchecked((at + 1) * (int)0x9E3779B1));
            byte[] part = payload.Slice(at, Math.Min(size, payload.Length - at)).ToArray();
            yield return new WireFrame(at == 0 ? opcode : WireFrame.Continuation, part, Fin: at + size >= payload.Length)
            {
                Key = key,
            };
        }
    }

    /// <summary>An unfragmented message; made while it is read.</summary>
    public static IEnumerable<WireFrame> Whole(int opcode, ReadOnlyMemory<byte> payload) =>
        Fragments(opcode, payload, Math.Max(payload.Length, 1));
}
