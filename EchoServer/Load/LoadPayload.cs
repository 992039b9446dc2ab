namespace EchoServer.Load;

/// <summary>The payloads of a load. Pure and unchanging: safe on any thread.</summary>
/// <param name="size">Bytes of the largest payload.</param>
internal abstract class LoadPayload(int size)
{
    /// <summary>Bytes of the largest payload.</summary>
    internal int Size => size;

    /// <summary>Bytes of the payload with a number on its connection.</summary>
    internal abstract int SizeOf(long number);

    /// <summary>Writes a payload into at least <see cref="SizeOf"/> bytes, masked with a key; 0 leaves it as it is.</summary>
    internal abstract void Write(Span<byte> destination, int connection, long number, uint maskingKey);

    /// <summary>Whether this is that message's payload, to the last byte.</summary>
    internal bool Is(ReadOnlySpan<byte> payload, int connection, long number) =>
        payload.Length == SizeOf(number) && IsBeginning(payload, connection, number);

    /// <summary>Whether that message's payload begins with these bytes.</summary>
    internal abstract bool IsBeginning(ReadOnlySpan<byte> bytes, int connection, long number);

    /// <summary>Reads connection and number from a payload that need not be right.</summary>
    /// <returns>False when it is too short, or has no stamp.</returns>
    internal abstract bool TryReadStamp(ReadOnlySpan<byte> payload, out int connection, out long number);
}
