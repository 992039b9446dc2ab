using System.Runtime.InteropServices;
using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

internal sealed class MaskingTests
{
    // Several times the widest vector, and every remainder.
    private const int MaxLength = 200;
    private const int Alignments = 9;
    private const byte Guard = 0xA5;

    // Four different bytes with top bits set and not, so that no rotation or sign extension goes unseen.
    private static readonly byte[] Key = [0x81, 0x02, 0xF4, 0x78];

    private static uint KeyValue => MemoryMarshal.Read<uint>(Key);

    [Test]
    public void The_example_of_RFC_6455_section_5_7()
    {
        byte[] data = [0x7F, 0x9F, 0x4D, 0x51, 0x58];
        Masking.Apply(data, MemoryMarshal.Read<uint>([0x37, 0xFA, 0x21, 0x3D]));
        Assert.That(data, Is.EqualTo("Hello"u8.ToArray()));
    }

    [Test]
    public void In_place_at_every_length_and_alignment()
    {
        for (int length = 0; length <= MaxLength; length++)
        {
            byte[] source = Bytes(length);
            for (int start = 0; start < Alignments; start++)
            {
                byte[] buffer = [.. Guards(start), .. source, .. Guards(Alignments)];
                Masking.Apply(buffer.AsSpan(start, length), KeyValue);
                byte[] expected = [.. Guards(start), .. Naive(source, 0), .. Guards(Alignments)];
                Assert.That(buffer.AsSpan().SequenceEqual(expected), Is.True, () => $"{length} bytes at {start}");
            }
        }
    }

    [Test]
    public void A_byte_that_is_not_ASCII_is_told_at_every_place()
    {
        for (int length = 0; length <= MaxLength; length++)
        {
            byte[] ascii = [.. Enumerable.Range(0, length).Select(i => (byte)(0x7F - (i % 0x80)))];
            Assert.That(Masking.Apply(Naive(ascii, 0), KeyValue), Is.True, () => $"{length} bytes of ASCII");
            for (int place = 0; place < length; place++)
            {
                byte[] other = [.. ascii];
                other[place] = 0x80;
                Assert.That(Masking.Apply(Naive(other, 0), KeyValue), Is.False, () => $"byte {place} of {length}");
            }
        }
    }

    [Test]
    public void Copying_at_every_length_and_alignment()
    {
        for (int length = 0; length <= MaxLength; length++)
        {
            byte[] source = Bytes(length);
            for (int start = 0; start < Alignments; start++)
            {
                // The two ends are aligned differently, and the destination is longer than it has to be.
                byte[] from = [.. Guards(start), .. source];
                byte[] to = Guards(MaxLength + Alignments);
                Masking.Apply(from.AsSpan(start), to.AsSpan(Alignments - start), KeyValue);
                byte[] expected = [.. Guards(Alignments - start), .. Naive(source, 0), .. Guards(MaxLength - length + start)];
                Assert.That(to.AsSpan().SequenceEqual(expected), Is.True, () => $"{length} bytes from {start}");
                Assert.That(from.AsSpan(start).SequenceEqual(source), Is.True, "the source is left alone");
            }
        }
    }

    [Test]
    public void An_advanced_key_goes_on_where_the_last_piece_ended()
    {
        for (int offset = 0; offset <= MaxLength; offset++)
        {
            byte[] data = Bytes(MaxLength);
            Masking.Apply(data.AsSpan(0, offset), KeyValue);
            Masking.Apply(data.AsSpan(offset), Masking.Advance(KeyValue, offset));
            Assert.That(data.AsSpan().SequenceEqual(Naive(Bytes(MaxLength), 0)), Is.True, () => $"split at {offset}");
        }
    }

    [Test]
    public void Advances_add_up()
    {
        foreach (int first in (int[])[0, 1, 2, 3, 4, 5, 1_000_003, int.MaxValue])
        {
            for (int second = 0; second < 8; second++)
            {
                byte[] data = Bytes(8);
                Masking.Apply(data, Masking.Advance(Masking.Advance(KeyValue, first), second));
                Assert.That(data, Is.EqualTo(Naive(Bytes(8), (first % 4) + second)), () => $"{first} and {second}");
            }
        }
    }

    // RFC 6455 §5.3: "j = i MOD 4; transformed-octet-i = original-octet-i XOR masking-key-octet-j".
    private static byte[] Naive(byte[] source, int offset) => [.. source.Select((b, i) => (byte)(b ^ Key[(i + offset) % 4]))];

    private static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)((i * 7) + 3))];

    private static byte[] Guards(int length) => [.. Enumerable.Repeat(Guard, length)];
}
