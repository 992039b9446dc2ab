namespace EchoServer.Tests.Support.Wire;

/// <summary>The ways to cut a vector into pieces that every pure-core test goes through.</summary>
internal static class Splits
{
    // Up to here a vector is split at every offset; a longer one at every offset near its ends, and at some in between.
    private const int EveryOffsetUpTo = 10_000;
    private const int Edge = 300;

    // Within a long payload offsets differ in their place in a character, in the masking key and in a vector of the processor: a
    // prime stride meets every one of these places, at a thirteenth of the time.
    private const int Stride = 13;
    private const int ShortStrideUpTo = 70_000;
    private const int LongStride = 4_099;

    /// <summary>Whole, split in two at every offset or many, and byte by byte.</summary>
    public static IEnumerable<int[]> Of(int length)
    {
        yield return [length];
        for (int at = 1; at < length; at += Step(at, length))
        {
            yield return [at, length - at];
        }

        yield return [.. Enumerable.Repeat(1, length)];
    }

    public static int[] Random(int length, Random random)
    {
        var pieces = new List<int>();
        while (length > 0)
        {
            int piece = Math.Min(length, random.Next(4) == 0 ? random.Next(1, 2000) : random.Next(1, 20));
            pieces.Add(piece);
            length -= piece;
        }

        return [.. pieces];
    }

    private static int Step(int at, int length) =>
        length <= EveryOffsetUpTo || at < Edge || at > length - Edge ? 1
        : Math.Min(length <= ShortStrideUpTo ? Stride : LongStride, length - Edge - at + 1);
}
