namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>How a payload's length is written (RFC 6455 §5.2), and how long a message may be (§10.4).</summary>
internal static class LengthCases
{
    private const int Limit = SharedServers.LargeMessageBytes;
    private const int Half = Limit / 2;

    // RFC 6455 §5.2: in the form of 64 bits "the most significant bit MUST be 0".
    private const ulong TopBit = 1UL << 63;

    public static IEnumerable<ConformanceCase> All() =>
        [.. NotMinimal(), .. TopBitSet(), .. Declared(), .. AtLimit(), .. FragmentsOverLimit()];

    /// <summary>RFC 6455 §5.2: "in all cases, the minimal number of bytes MUST be used to encode the length".</summary>
    private static IEnumerable<ConformanceCase> NotMinimal()
    {
        (LengthForm Form, int Bits, int[] Sizes)[] rows =
            [(LengthForm.Bits16, 16, [0, 1, 125]), (LengthForm.Bits64, 64, [0, 1, 125, 126, 65_535])];
        foreach ((LengthForm form, int bits, int[] sizes) in rows)
        {
            foreach (int size in sizes)
            {
                WireFrame text = WireFrame.Text(SamplePayload.Text(size)) with { LengthForm = form };
                yield return new($"{size} in {bits} bits", "5.2", [text], WireEvent.ProtocolError);
                yield return new(
                    $"{size} in {bits} bits after a good message, then a ping", "5.2",
                    [WireFrame.Text("good"), text with { Opcode = WireFrame.BinaryOpcode }, WireFrame.Ping([])],
                    WireEvent.Text("good"), WireEvent.ProtocolError);
            }

            yield return new(
                $"a ping of 5 in {bits} bits", "5.2", [WireFrame.Ping(SamplePayload.Binary(5)) with { LengthForm = form }],
                WireEvent.ProtocolError);
            yield return new(
                $"a close of 2 in {bits} bits", "5.2", [WireFrame.Close(1000) with { LengthForm = form }],
                WireEvent.ProtocolError);
            yield return new(
                $"a continuation of 5 in {bits} bits", "5.2",
                [WireFrame.Text("He", fin: false), WireFrame.More(SamplePayload.Text(5), fin: true) with { LengthForm = form }],
                WireEvent.ProtocolError);
        }

        byte[] least = SamplePayload.Text(126);
        yield return new(
            "126 in 16 bits is minimal", "5.2", [WireFrame.Text(least) with { LengthForm = LengthForm.Bits16 }],
            WireEvent.Text(least));
    }

    private static WireFrame Header(int opcode, ulong length, bool fin = true) =>
        new(opcode, [], fin) { DeclaredLength = length, LengthForm = LengthForm.Bits64 };

    private static IEnumerable<ConformanceCase> TopBitSet()
    {
        foreach (ulong length in (ulong[])[TopBit, TopBit + 5, ulong.MaxValue])
        {
            yield return new($"text of 0x{length:X}", "5.2", [Header(WireFrame.TextOpcode, length)], WireEvent.ProtocolError);
            yield return new($"binary of 0x{length:X}", "5.2", [Header(WireFrame.BinaryOpcode, length)], WireEvent.ProtocolError);
            yield return new(
                $"continuation of 0x{length:X}", "5.2",
                [WireFrame.Text("He", fin: false), Header(WireFrame.Continuation, length)], WireEvent.ProtocolError);
        }
    }

    /// <summary>Refused by the header alone, whatever a cast or a sum would make of the number.</summary>
    private static IEnumerable<ConformanceCase> Declared()
    {
        (string Name, ulong Length)[] rows =
        [
            ("limit + 1", Limit + 1), ("2^31 - 1", int.MaxValue), ("2^31", 1UL << 31), ("2^32", 1UL << 32),
            ("2^32 + 5", (1UL << 32) + 5),
            ("2^40", 1UL << 40), ("2^62", 1UL << 62), ("2^63 - 1", long.MaxValue),
        ];
        foreach ((string name, ulong length) in rows)
        {
            yield return new($"{name} declared", "10.4", [Header(WireFrame.TextOpcode, length)], WireEvent.TooBig);
            yield return new(
                $"{name} declared by a first fragment", "10.4", [Header(WireFrame.BinaryOpcode, length, fin: false)],
                WireEvent.TooBig);
            yield return new(
                $"{name} declared by a continuation", "10.4",
                [WireFrame.Text("He", fin: false), WireFrame.Ping([1]), Header(WireFrame.Continuation, length)],
                WireEvent.Ping([1]), WireEvent.TooBig);
            yield return new(
                $"{name} declared after a good message", "10.4", [WireFrame.Text("good"), Header(WireFrame.TextOpcode, length)],
                WireEvent.Text("good"), WireEvent.TooBig);
        }
    }

    private static IEnumerable<ConformanceCase> AtLimit()
    {
        byte[] limit = SamplePayload.Binary(Limit);
        byte[] over = SamplePayload.Text(Limit + 1);
        IEnumerable<WireFrame> halves =
            SamplePayload.Fragments(WireFrame.BinaryOpcode, limit, Half).Select(half => half with { Fin = false });
        yield return new(
            "limit reached by one frame", "10.4", SamplePayload.Whole(WireFrame.BinaryOpcode, limit), WireEvent.Binary(limit));
        yield return new(
            "limit reached by two fragments and an empty one", "10.4", halves.Append(WireFrame.More([], fin: true)),
            WireEvent.Binary(limit));
        yield return new(
            "limit + 1 in one frame, all sent", "10.4", SamplePayload.Whole(WireFrame.TextOpcode, over), WireEvent.TooBig);
    }

    /// <summary>Refused at the header that would exceed it; none of that fragment's payload is sent.</summary>
    private static IEnumerable<ConformanceCase> FragmentsOverLimit()
    {
        byte[] half = SamplePayload.Binary(Half);
        WireFrame first = WireFrame.Binary(half, fin: false);
        yield return new(
            "one byte after fragments of the limit", "10.4",
            [first, WireFrame.More(half), WireFrame.More([]) with { DeclaredLength = 1 }],
            WireEvent.TooBig);
        yield return new(
            "a second fragment of half the limit + 1", "10.4",
            [first, WireFrame.More([], fin: true) with { DeclaredLength = Half + 1 }], WireEvent.TooBig);
        yield return new(
            "a ping, then a third fragment over the limit", "10.4",
            [first, WireFrame.More([0xFF]), WireFrame.Ping([1]), WireFrame.More([]) with { DeclaredLength = Half }],
            WireEvent.Ping([1]), WireEvent.TooBig);
    }
}
