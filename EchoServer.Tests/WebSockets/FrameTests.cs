using System.Runtime.InteropServices;
using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

internal sealed class FrameTests
{
    // Around the places where the length takes another form (RFC 6455 §5.2), and some megabyte.
    private static readonly int[] Lengths = [0, 1, 124, 125, 126, 127, 65_534, 65_535, 65_536, 65_537, 1 << 20];

    private static readonly byte[] Key = [0x37, 0xFA, 0x21, 0x3D];

    private static IEnumerable<TestCaseData> Headers()
    {
        foreach (int length in Lengths)
        {
            foreach (bool masked in (bool[])[false, true])
            {
                yield return new TestCaseData(length, masked).SetName($"{{m}}({length} bytes{(masked ? " masked" : "")})");
            }
        }
    }

    [TestCaseSource(nameof(Headers))]
    public void Written_headers_are_those_of_the_figure(int length, bool masked)
    {
        byte[] expected = Wire(Opcode.Binary, length, masked);
        byte[] header = Write(Opcode.Binary, length, true, masked);
        Assert.That(header, Is.EqualTo(expected));
        Assert.That(Frame.SizeOfHeader(length, masked), Is.EqualTo(expected.Length).And.AtMost(Frame.MaxHeaderSize));
    }

    [TestCaseSource(nameof(Headers))]
    public void Written_headers_are_read_back(int length, bool masked)
    {
        foreach (Opcode opcode in Enum.GetValues<Opcode>().Where(opcode => opcode < Opcode.Close || length <= Frame.MaxControlPayload))
        {
            foreach (bool isFinal in opcode < Opcode.Close ? (bool[])[true, false] : [true])
            {
                // What follows the header is not looked at.
                byte[] input = [.. Write(opcode, length, isFinal, masked), 0xFF, 0xFF];
                Role role = masked ? Role.Server : Role.Client;
                ParseStatus status = Frame.Read(input, role, out Frame frame, out ProtocolViolation? violation);
                Assert.That((status, violation), Is.EqualTo((ParseStatus.Done, (ProtocolViolation?)null)));
                AssertIs(frame, opcode, length, isFinal, masked, input.Length - 2);
                Assert.That(Frame.TryReadLayout(input, out Frame layout), Is.True);
                AssertIs(layout, opcode, length, isFinal, masked, input.Length - 2);
            }
        }
    }

    [TestCaseSource(nameof(Headers))]
    public void Strict_prefixes_of_headers_need_more(int length, bool masked)
    {
        byte[] header = Wire(Opcode.Text, length, masked);
        for (int size = 0; size < header.Length; size++)
        {
            ReadOnlySpan<byte> prefix = header.AsSpan(0, size);
            ParseStatus status = Frame.Read(prefix, masked ? Role.Server : Role.Client, out _, out ProtocolViolation? violation);
            Assert.That((status, violation), Is.EqualTo((ParseStatus.NeedMore, (ProtocolViolation?)null)), () => $"{size} bytes");
            Assert.That(Frame.TryReadLayout(prefix, out _), Is.False, () => $"{size} bytes");
        }
    }

    // RFC 6455 §5.7, the headers of its examples.
    [TestCase("81 05", Opcode.Text, 5, TestName = "{m}(unmasked text)")]
    [TestCase("81 85 37 FA 21 3D", Opcode.Text, 5, TestName = "{m}(masked text)")]
    [TestCase("01 03", Opcode.Text, 3, TestName = "{m}(first fragment)")]
    [TestCase("80 02", Opcode.Continuation, 2, TestName = "{m}(last fragment)")]
    [TestCase("89 05", Opcode.Ping, 5, TestName = "{m}(unmasked ping)")]
    [TestCase("8A 85 37 FA 21 3D", Opcode.Pong, 5, TestName = "{m}(masked pong)")]
    [TestCase("82 7E 01 00", Opcode.Binary, 256, TestName = "{m}(256 bytes)")]
    [TestCase("82 7F 00 00 00 00 00 01 00 00", Opcode.Binary, 65_536, TestName = "{m}(64 KiB)")]
    public void Examples_of_RFC_6455_section_5_7(string hex, Opcode opcode, int length)
    {
        byte[] header = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        bool masked = (header[1] & 0x80) != 0;
        ParseStatus status = Frame.Read(header, masked ? Role.Server : Role.Client, out Frame frame, out _);
        Assert.That(status, Is.EqualTo(ParseStatus.Done));
        bool isFinal = (header[0] & 0x80) != 0;
        AssertIs(frame, opcode, length, isFinal, masked, header.Length);
        Assert.That(Write(opcode, length, isFinal, masked), Is.EqualTo(header));
    }

    [TestCase(0x7FFFFFFFFFFFFFFFUL, ParseStatus.Done)]
    [TestCase(0x8000000000000000UL, ParseStatus.Bad)]
    [TestCase(ulong.MaxValue, ParseStatus.Bad)]
    public void A_layout_is_not_judged(ulong length, ParseStatus judgement)
    {
        byte[] header = new WireFrame(WireFrame.BinaryOpcode, []) { DeclaredLength = length }.ToBytes();
        Assert.That(Frame.TryReadLayout(header, out Frame frame), Is.True);
        Assert.That((frame.PayloadLength, frame.HeaderSize), Is.EqualTo((length, Frame.MaxHeaderSize)));
        ParseStatus status = Frame.Read(header, Role.Server, out Frame judged, out _);
        Assert.That((status, status == ParseStatus.Bad || judged.PayloadLength == length), Is.EqualTo((judgement, true)));
    }

    [Test]
    public void A_layout_is_read_whatever_the_first_byte()
    {
        for (int first = 0; first < 256; first++)
        {
            Assert.That(Frame.TryReadLayout([(byte)first, 126, 0, 5], out Frame frame), Is.True);
            Assert.That(((int)frame.Opcode, frame.IsFinal, frame.IsControl), Is.EqualTo((first & 15, first >= 128, (first & 8) != 0)));
            Assert.That((frame.PayloadLength, frame.HeaderSize, frame.IsMasked, frame.MaskingKey), Is.EqualTo((5UL, 4, false, 0U)));
        }
    }

    private static void AssertIs(Frame frame, Opcode opcode, int length, bool isFinal, bool masked, int headerSize)
    {
        Assert.That((frame.Opcode, frame.PayloadLength), Is.EqualTo((opcode, (ulong)length)));
        Assert.That((frame.IsFinal, frame.IsMasked, frame.HeaderSize), Is.EqualTo((isFinal, masked, headerSize)));
        Assert.That(frame.MaskingKey, Is.EqualTo(masked ? MemoryMarshal.Read<uint>(Key) : 0));
        Assert.That(frame.IsControl, Is.EqualTo(opcode >= Opcode.Close));
    }

    private static byte[] Wire(Opcode opcode, int length, bool masked) =>
        new WireFrame((int)opcode, []) { DeclaredLength = (ulong)length, Masked = masked, Key = Key }.ToBytes();

    private static byte[] Write(Opcode opcode, int length, bool isFinal, bool masked)
    {
        byte[] header = new byte[Frame.SizeOfHeader(length, masked)];
        int written = Frame.WriteHeader(header, opcode, length, isFinal, masked ? MemoryMarshal.Read<uint>(Key) : null);
        Assert.That(written, Is.EqualTo(header.Length));
        return header;
    }
}
