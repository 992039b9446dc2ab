namespace EchoServer.Tests.Support.Wire;

/// <summary>Random damage to valid traffic, so that a fuzzer gets past the first byte of a parser.</summary>
internal static class Mutations
{
    private const int MaxInOneGo = 4;
    private const int MaxPiece = 40;

    /// <summary>One to four changes: a flipped bit, another byte, a piece cut out, one repeated, one moved, or the end cut off.</summary>
    public static byte[] Apply(byte[] bytes, Random random)
    {
        for (int left = random.Next(1, MaxInOneGo + 1); left > 0 && bytes.Length > 0; left--)
        {
            bytes = Once(bytes, random);
        }

        return bytes;
    }

    private static byte[] Once(byte[] bytes, Random random)
    {
        int at = random.Next(bytes.Length);
        int length = random.Next(1, Math.Min(MaxPiece, bytes.Length - at) + 1);
        byte[] piece = bytes[at..(at + length)];
        byte[] without = [.. bytes[..at], .. bytes[(at + length)..]];
        switch (random.Next(6))
        {
            case 0:
                return [.. bytes[..at], (byte)(bytes[at] ^ (1 << random.Next(8))), .. bytes[(at + 1)..]];
            case 1:
                return [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]];
            case 2:
                return without;
            case 3:
                return [.. bytes[..at], .. piece, .. bytes[at..]];
            case 4:
                int elsewhere = random.Next(without.Length + 1);
                return [.. without[..elsewhere], .. piece, .. without[elsewhere..]];
            default:
                return bytes[..at];
        }
    }
}
