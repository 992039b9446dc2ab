using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

internal sealed class CloseCodeTests
{
    private static readonly string Emoji = "\U0001F600";

    // RFC 6455 §7.4.1 and the IANA registry: 1004 is reserved, 1005, 1006 and 1015 never go on the wire; §7.4.2 for the rest.
    private static readonly HashSet<int> Allowed =
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, .. Enumerable.Range(3000, 2000)];

    // With the reason that is expected in the frame; at most 123 bytes of it.
    private static IEnumerable<TestCaseData> Reasons()
    {
        yield return Reason("", "", "none");
        yield return Reason("bye", "bye", "short");
        yield return Reason(A(123), A(123), "just fits");
        yield return Reason(A(124), A(123), "one byte too long");
        yield return Reason(A(100_000), A(123), "very long");
        yield return Reason(A(121) + "é", A(121) + "é", "two bytes just fit");
        yield return Reason(A(122) + "é", A(122), "two bytes do not fit");
        yield return Reason(A(120) + "€", A(120) + "€", "three bytes just fit");
        yield return Reason(A(121) + "€", A(121), "three bytes do not fit");
        yield return Reason(A(119) + Emoji, A(119) + Emoji, "four bytes just fit");
        yield return Reason(A(120) + Emoji, A(120), "four bytes do not fit");
        yield return Reason(A(122) + Emoji, A(122), "four bytes do not fit by far");
        yield return Reason(A(122) + "é" + "b", A(122), "nothing is put behind the cut");
    }

    private static IEnumerable<TestCaseData> BadPayloads()
    {
        yield return Bad([0x03], CloseCode.ProtocolError, "a body of 1 byte", "§5.5.1 one byte");
        yield return Bad([0x03, 0xE8, 0xFF], CloseCode.InvalidPayloadData, "not UTF-8", "§8.1 reason with FF");
        yield return Bad([0x03, 0xE8, 0x61, 0xE2, 0x82], CloseCode.InvalidPayloadData, "not UTF-8", "§8.1 reason cut short");
        yield return Bad([0x03, 0xE8, 0xED, 0xA0, 0x80], CloseCode.InvalidPayloadData, "not UTF-8", "§8.1 surrogate in the reason");
        yield return Bad([0x03, 0xED, 0xFF], CloseCode.ProtocolError, "close code 1005", "the code is judged before the reason");
    }

    [Test]
    public void Exactly_the_registered_codes_and_ranges_are_allowed() =>
        Assert.That(Enumerable.Range(-1, 65_538).Where(ClosePayload.IsCodeAllowed), Is.EquivalentTo(Allowed));

    [Test]
    public void Every_code_is_read_as_it_is_or_refused()
    {
        for (int number = 0; number <= ushort.MaxValue; number++)
        {
            byte[] payload = WireFrame.Close(number, "é").Payload;
            ProtocolViolation? violation = ClosePayload.Read(payload, out CloseCode code, out ReadOnlySpan<byte> reason);
            if (Allowed.Contains(number))
            {
                Assert.That((violation, (int)code, reason.SequenceEqual("é"u8)), Is.EqualTo(((ProtocolViolation?)null, number, true)));
            }
            else
            {
                var expected = new ProtocolViolation(CloseCode.ProtocolError, $"close code {number} may not be sent");
                Assert.That(violation, Is.EqualTo(expected));
            }
        }
    }

    [Test]
    public void An_empty_payload_has_no_code()
    {
        ProtocolViolation? violation = ClosePayload.Read([], out CloseCode code, out ReadOnlySpan<byte> reason);
        Assert.That((violation, code, reason.Length), Is.EqualTo(((ProtocolViolation?)null, CloseCode.NoStatusReceived, 0)));
    }

    [TestCaseSource(nameof(BadPayloads))]
    public void Bad_payloads_are_refused(byte[] payload, CloseCode code, string reason)
    {
        ProtocolViolation? violation = ClosePayload.Read(payload, out _, out _);
        Assert.That(violation?.Code, Is.EqualTo(code));
        Assert.That(violation?.Reason, Does.Contain(reason));
    }

    [TestCaseSource(nameof(Reasons))]
    public void Reasons_are_written_up_to_a_whole_character(string reason, string expected)
    {
        byte[] payload = new byte[ClosePayload.MaxBytes];
        int written = ClosePayload.Write(payload, (CloseCode)4321, reason);
        Assert.That(payload[..written], Is.EqualTo(WireFrame.Close(4321, expected).Payload));
        Assert.That(ClosePayload.Read(payload.AsSpan(0, written), out CloseCode code, out _), Is.Null);
        Assert.That((int)code, Is.EqualTo(4321));
    }

    // Not as test cases: a lone surrogate does not survive the way through a runner's report.
    [Test]
    public void Lone_surrogates_are_written_as_replacement_characters()
    {
        Assert.That(Written("\ud83d"), Is.EqualTo("\ufffd"));
        Assert.That(Written("\ude00a"), Is.EqualTo("\ufffda"));
        Assert.That(Written("\ude00\ud83d\n"), Is.EqualTo("\ufffd\ufffd\n"));
        Assert.That(Written(A(120) + "\ud83d"), Is.EqualTo(A(120) + "\ufffd"));
        Assert.That(Written(A(121) + "\ud83d"), Is.EqualTo(A(121)));
        Assert.That(Written(A(121) + "\ude00b"), Is.EqualTo(A(121)));
    }

    [Test]
    public void A_larger_destination_is_not_filled_beyond_a_control_frame()
    {
        byte[] destination = new byte[300];
        int written = ClosePayload.Write(destination, CloseCode.GoingAway, A(300));
        Assert.That(written, Is.EqualTo(Frame.MaxControlPayload));
        Assert.That(destination[written..], Is.All.Zero);
    }

    // The last one has 1000 in its lower 16 bits.
    [Test]
    public void Codes_that_may_not_be_sent_are_not_written(
        [Values(0, -1, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_536 + 1000)] int code) => Assert.That(
        () => ClosePayload.Write(new byte[ClosePayload.MaxBytes], (CloseCode)code, ""),
        Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(code));

    [TestCase(CloseCode.MessageTooBig, "1009 MessageTooBig")]
    [TestCase(CloseCode.NoStatusReceived, "1005 NoStatusReceived")]
    [TestCase((CloseCode)4000, "4000")]
    public void A_code_is_described_with_its_name(CloseCode code, string description) =>
        Assert.That(ClosePayload.Describe(code), Is.EqualTo(description));

    private static string Written(string reason)
    {
        byte[] payload = new byte[ClosePayload.MaxBytes];
        int written = ClosePayload.Write(payload, CloseCode.NormalClosure, reason);
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(payload.AsSpan(2, written - 2));
    }

    private static string A(int count) => new('a', count);

    private static TestCaseData Reason(string reason, string expected, string name) =>
        new TestCaseData(reason, expected).SetName($"{{m}}({name})");

    private static TestCaseData Bad(byte[] payload, CloseCode code, string reason, string name) =>
        new TestCaseData(payload, code, reason).SetName($"{{m}}({name})");
}
