using System.IO.Compression;

namespace EchoServer.Tests.Support.Wire;

/// <summary>Deflate data as the tests make and read it: with the runtime's stream and by hand, not with the code under test.</summary>
internal static class Deflated
{
    /// <summary>What a sender leaves out at the end of each message (RFC 7692 §7.2.1).</summary>
    public static readonly byte[] Tail = [0x00, 0x00, 0xFF, 0xFF];

    /// <summary>A message, compressed by itself, as it goes on the wire.</summary>
    public static byte[] Message(byte[] payload) => Flushed(payload)[..^Tail.Length];

    public static byte[] Message(string text) => Message(Encoding.UTF8.GetBytes(text));

    /// <summary>Deflate data that ends at a byte, so that more may follow: its tail included.</summary>
    public static byte[] Flushed(byte[] payload)
    {
        if (payload.Length == 0)
        {
            // RFC 7692 §7.2.3.6: the stream would write nothing.
            return [0x00, .. Tail];
        }

        using var bytes = new MemoryStream();
        using var deflate = new DeflateStream(bytes, CompressionLevel.Optimal, leaveOpen: true);
        deflate.Write(payload);
        deflate.Flush();
        return bytes.ToArray();
    }

    /// <summary>A message of nothing but zeros.</summary>
    public static byte[] Bomb(int mebibytes)
    {
        byte[] one = Flushed(new byte[1024 * 1024]);
        return [.. Enumerable.Repeat(one, mebibytes).SelectMany(bytes => bytes).SkipLast(Tail.Length)];
    }

    /// <summary>JSON of a size, never the same for two seeds.</summary>
    public static byte[] Json(int size, int seed = 1)
    {
        var random = new Random(seed);
        var text = new StringBuilder("[");
        for (int i = 0; text.Length < size; i++)
        {
            text.Append($$"""{"id":{{i}},"name":"user {{random.Next(10_000)}}","active":{{(random.Next(2) == 0 ? "true" : "false")}},"tags":["alpha","beta"]},""");
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, size));
    }
}
