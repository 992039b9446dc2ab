using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

internal sealed class FrameViolationTests
{
    // Seen in the first two bytes, whichever end reads, or when the length is known.
    private static IEnumerable<TestCaseData> BrokenFrames()
    {
        yield return Bad(Role.Server, WireFrame.Text("a"), "a frame from a client is not masked", "§5.1 unmasked", isMasked: false);
        yield return Bad(Role.Client, WireFrame.Text("a"), "a frame from a server is masked", "§5.1 masked", isMasked: true);
        foreach (Role role in Enum.GetValues<Role>())
        {
            yield return Bad(role, new(WireFrame.TextOpcode, [], Rsv: 4), "reserved bits 0x40 are set", "§5.2 RSV1");
            yield return Bad(role, new(WireFrame.TextOpcode, [], Rsv: 2), "reserved bits 0x20 are set", "§5.2 RSV2");
            yield return Bad(role, new(WireFrame.PingOpcode, [], Rsv: 1), "reserved bits 0x10 are set", "§5.2 RSV3 of a ping");
            yield return Bad(role, new(WireFrame.TextOpcode, [], Rsv: 7), "reserved bits 0x70 are set", "§5.2 all reserved bits");
            foreach (int opcode in (int[])[3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF])
            {
                yield return Bad(role, new(opcode, []), $"opcode 0x{opcode:X} is reserved", $"§5.2 opcode {opcode:X}");
            }

            yield return Bad(role, new(WireFrame.PingOpcode, [], Fin: false), "a Ping frame is fragmented", "§5.5 fragmented ping");
            yield return Bad(role, new(WireFrame.PongOpcode, [], Fin: false), "a Pong frame is fragmented", "§5.5 fragmented pong");
            yield return Bad(role, new(WireFrame.CloseOpcode, [], Fin: false), "a Close frame is fragmented", "§5.5 fragmented close");
            yield return Bad(role, WireFrame.Ping(new byte[126]), "a Ping frame is over 125 bytes", "§5.5 ping of 126 bytes");
            yield return Bad(role, WireFrame.Pong(new byte[65_536]), "a Pong frame is over 125 bytes", "§5.5 pong of 64 KiB");
            yield return Bad(role, WireFrame.Close(1000, new string('a', 124)), "a Close frame is over 125 bytes", "§5.5 close of 126 bytes");
            yield return BadLength(role, LengthForm.Bits16, 0, "length 0 is not encoded in the fewest", "§5.2 0 in 16 bits");
            yield return BadLength(role, LengthForm.Bits16, 125, "length 125 is not encoded in the fewest", "§5.2 125 in 16 bits");
            yield return BadLength(role, LengthForm.Bits64, 0, "length 0 is not encoded in the fewest", "§5.2 0 in 64 bits");
            yield return BadLength(role, LengthForm.Bits64, 126, "length 126 is not encoded in the fewest", "§5.2 126 in 64 bits");
            yield return BadLength(role, LengthForm.Bits64, 65_535, "length 65535 is not encoded in the fewest", "§5.2 65535 in 64 bits");
            yield return BadLength(role, LengthForm.Bits64, 1UL << 63, "length 0x8000000000000000 has its top bit set", "§5.2 2^63");
            yield return BadLength(role, LengthForm.Bits64, ulong.MaxValue, "length 0xFFFFFFFFFFFFFFFF has its top bit set", "§5.2 2^64-1");
        }
    }

    [TestCaseSource(nameof(BrokenFrames))]
    public void A_broken_rule_is_told_as_soon_as_it_is_there(Role role, byte[] bytes, int decidedAt, string reason)
    {
        for (int size = 0; size < decidedAt; size++)
        {
            Assert.That(Frame.Read(bytes.AsSpan(0, size), role, out _, out _), Is.EqualTo(ParseStatus.NeedMore), () => $"{size} bytes");
        }

        for (int size = decidedAt; size <= Math.Min(bytes.Length, decidedAt + Frame.MaxHeaderSize); size++)
        {
            ParseStatus status = Frame.Read(bytes.AsSpan(0, size), role, out _, out ProtocolViolation? violation);
            Assert.That((status, violation?.Code), Is.EqualTo((ParseStatus.Bad, CloseCode.ProtocolError)), () => $"{size} bytes");
            Assert.That(violation!.Reason, Does.Contain(reason));
            Assert.That(Ascii.IsValid(violation.Reason), Is.True);
            Assert.That(violation.Reason, Has.Length.AtMost(Frame.MaxControlPayload - 2));
        }
    }

    [Test]
    public void Every_pair_of_first_bytes_is_judged_by_the_rules()
    {
        int[] opcodes = [0, 1, 2, 8, 9, 10];
        var wrong = new List<string>();
        foreach (Role role in Enum.GetValues<Role>())
        {
            for (int pair = 0; pair <= ushort.MaxValue; pair++)
            {
                (int first, int second) = (pair >> 8, pair & 0xFF);
                bool isControl = (first & 0x0F) >= 8;
                bool isSound = (first & 0x70) == 0 && opcodes.Contains(first & 0x0F) && second >= 0x80 == (role == Role.Server) &&
                    (!isControl || (first >= 0x80 && (second & 0x7F) <= 125));
                ParseStatus status = Frame.Read([(byte)first, (byte)second], role, out _, out _);
                if (status == ParseStatus.Bad == isSound)
                {
                    wrong.Add($"{role} {pair:X4}: {status}");
                }
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    private static TestCaseData Bad(Role role, WireFrame frame, string reason, string name, bool? isMasked = null)
    {
        byte[] bytes = (frame with { Masked = isMasked ?? role == Role.Server }).ToBytes();
        int decidedAt = frame.LengthForm == LengthForm.Minimal ? 2 : bytes.Length;
        return new TestCaseData(role, bytes, decidedAt, reason).SetName($"{{m}}({role} {name})");
    }

    private static TestCaseData BadLength(Role role, LengthForm form, ulong length, string reason, string name) =>
        Bad(role, new(WireFrame.BinaryOpcode, []) { LengthForm = form, DeclaredLength = length }, reason, name);
}
