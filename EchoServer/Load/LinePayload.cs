using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <summary>Payloads that a file gives, in its order and again from its start. All connections send the same ones.</summary>
/// <param name="lines">The payloads, one or more.</param>
internal sealed class LinePayload(IReadOnlyList<byte[]> lines) : LoadPayload(lines.Max(line => line.Length))
{
    private readonly byte[][] _lines = [.. lines];

    internal override int SizeOf(long number) => Line(number).Length;

    internal override void Write(Span<byte> destination, int connection, long number, uint maskingKey) =>
        Masking.Apply(Line(number), destination, maskingKey);

    internal override bool IsBeginning(ReadOnlySpan<byte> bytes, int connection, long number) => Line(number).AsSpan().StartsWith(bytes);

    // A line says nothing about itself: it is told from others by its bytes.
    internal override bool TryReadStamp(ReadOnlySpan<byte> payload, out int connection, out long number)
    {
        (connection, number) = (0, 0);
        return false;
    }

    private byte[] Line(long number) => _lines[number % _lines.Length];
}
