using static EchoServer.Tests.WebSockets.Conformance.WireEvent;
using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>How a payload's length is written (RFC 6455 §5.2), and how long a message may be (§10.4).</summary>
internal static class LengthCases
{
    private const int Limit = SharedServers.LargeMessageBytes;
    private const int Half = Limit / 2;

    // RFC 6455 §5.2: in the form of 64 bits "the most significant bit MUST be 0".
    private const ulong TopBit = 1UL << 63;

    // Refused by the header alone, whatever a cast or a sum would make of the number.
    private static readonly (string Name, ulong Length)[] OverLimit =
    [
        ("limit + 1", Limit + 1), ("2^31 - 1", int.MaxValue), ("2^31", 1UL << 31), ("2^32", 1UL << 32),
        ("2^32 + 5", (1UL << 32) + 5),
        ("2^40", 1UL << 40), ("2^62", 1UL << 62), ("2^63 - 1", long.MaxValue),
    ];

    public static IEnumerable<ConformanceCase> All() =>
    [
        .. NotMinimal(LengthForm.Bits16, 16, 0, 1, 125), .. NotMinimal(LengthForm.Bits64, 64, 0, 1, 125, 126, 65_535),
        Minimal(Frame.Text(SamplePayload.Text(126))),
        .. ((ulong[])[TopBit, TopBit + 5, ulong.MaxValue]).SelectMany(TopBitSet),
        .. OverLimit.SelectMany(row => Declared(row.Name, row.Length)), .. AtLimit(), .. FragmentsOverLimit(),
    ];

    private static ConformanceCase Minimal(Frame least) =>
        new("126 in 16 bits is minimal", "5.2", [least with { LengthForm = LengthForm.Bits16 }], least);

    /// <summary>RFC 6455 §5.2: "in all cases, the minimal number of bytes MUST be used to encode the length".</summary>
    private static IEnumerable<ConformanceCase> NotMinimal(LengthForm form, int bits, params int[] sizes)
    {
        Frame good = Frame.Text("good");
        return
        [
            .. sizes.SelectMany(size =>
            {
                Frame text = Frame.Text(SamplePayload.Text(size)) with { LengthForm = form };
                return (ConformanceCase[])
                [
                    new($"{size} in {bits} bits", "5.2", [text], ProtocolError),
                    new(
                        $"{size} in {bits} bits after a good message, then a ping", "5.2",
                        [good, text with { Opcode = Frame.BinaryOpcode }, Frame.Ping([])], good, ProtocolError),
                ];
            }),
            new(
                $"a ping of 5 in {bits} bits", "5.2", [Frame.Ping(SamplePayload.Binary(5)) with { LengthForm = form }],
                ProtocolError),
            new($"a close of 2 in {bits} bits", "5.2", [Frame.Close(1000) with { LengthForm = form }], ProtocolError),
            new(
                $"a continuation of 5 in {bits} bits", "5.2",
                [Frame.Text("He", fin: false), Frame.More(SamplePayload.Text(5), fin: true) with { LengthForm = form }],
                ProtocolError),
        ];
    }

    private static Frame Header(int opcode, ulong length, bool fin = true) =>
        new(opcode, [], fin) { DeclaredLength = length, LengthForm = LengthForm.Bits64 };

    private static ConformanceCase[] TopBitSet(ulong length) =>
    [
        new($"text of 0x{length:X}", "5.2", [Header(Frame.TextOpcode, length)], ProtocolError),
        new($"binary of 0x{length:X}", "5.2", [Header(Frame.BinaryOpcode, length)], ProtocolError),
        new(
            $"continuation of 0x{length:X}", "5.2", [Frame.Text("He", fin: false), Header(Frame.Continuation, length)],
            ProtocolError),
    ];

    private static ConformanceCase[] Declared(string name, ulong length) =>
    [
        new($"{name} declared", "10.4", [Header(Frame.TextOpcode, length)], TooBig),
        new($"{name} declared by a first fragment", "10.4", [Header(Frame.BinaryOpcode, length, fin: false)], TooBig),
        new(
            $"{name} declared by a continuation", "10.4",
            [Frame.Text("He", fin: false), Frame.Ping([1]), Header(Frame.Continuation, length)],
            Frame.Ping([1]), TooBig),
        new(
            $"{name} declared after a good message", "10.4", [Frame.Text("good"), Header(Frame.TextOpcode, length)],
            Frame.Text("good"), TooBig),
    ];

    private static ConformanceCase[] AtLimit()
    {
        Frame limit = Frame.Binary(SamplePayload.Binary(Limit));
        IEnumerable<Frame> halves =
            SamplePayload.Fragments(Frame.BinaryOpcode, limit.Payload, Half).Select(half => half with { Fin = false });
        return
        [
            new("limit reached by one frame", "10.4", SamplePayload.Whole(Frame.BinaryOpcode, limit.Payload), limit),
            new("limit reached by two fragments and an empty one", "10.4", halves.Append(Frame.More([], fin: true)), limit),
            new(
                "limit + 1 in one frame, all sent", "10.4", SamplePayload.Whole(Frame.TextOpcode, SamplePayload.Text(Limit + 1)),
                TooBig),
        ];
    }

    /// <summary>Refused at the header that would exceed it; none of that fragment's payload is sent.</summary>
    private static ConformanceCase[] FragmentsOverLimit()
    {
        Frame first = Frame.Binary(SamplePayload.Binary(Half), fin: false);
        return
        [
            new(
                "one byte after fragments of the limit", "10.4",
                [first, Frame.More(first.Payload), Frame.More([]) with { DeclaredLength = 1 }], TooBig),
            new(
                "a second fragment of half the limit + 1", "10.4",
                [first, Frame.More([], fin: true) with { DeclaredLength = Half + 1 }], TooBig),
            new(
                "a ping, then a third fragment over the limit", "10.4",
                [first, Frame.More([0xFF]), Frame.Ping([1]), Frame.More([]) with { DeclaredLength = Half }], Frame.Ping([1]),
                TooBig),
        ];
    }
}
