namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// A server "MUST close the connection upon receiving a frame that is not masked" (RFC 6455 §5.1), and any key unmasks what it
/// masked (§5.3).
/// </summary>
internal static class MaskingCases
{
    // Longer than the widest vector and no multiple of it, nor of the key's four bytes.
    private const int Odd = 331;

    public static IEnumerable<ConformanceCase> All() => [.. Unmasked(), .. Keys(), .. KeyPerFragment()];

    private static IEnumerable<ConformanceCase> Unmasked()
    {
        WireFrame good = WireFrame.Text("good");
        WireFrame bad = WireFrame.Text("bad") with { Masked = false };
        (string Name, WireFrame Frame)[] frames =
        [
            ("text", bad), ("empty text", bad with { Payload = [] }), ("binary", bad with { Opcode = WireFrame.BinaryOpcode }),
            ("ping", WireFrame.Ping([1])), ("empty ping", WireFrame.Ping([])), ("pong", WireFrame.Pong([1])),
            ("close", WireFrame.Close(1000)), ("empty close", WireFrame.CloseEmpty()),
            ("first fragment", bad with { Fin = false }),
            ("text of 126 bytes", WireFrame.Text(SamplePayload.Text(126))),
            ("text of 65536 bytes", WireFrame.Text(SamplePayload.Text(65_536))),
            ("text of 65536 bytes that have not come", bad with { Payload = [], DeclaredLength = 65_536 }),
        ];
        foreach ((string name, WireFrame frame) in frames)
        {
            yield return new($"unmasked {name}", "5.1", [frame with { Masked = false }], WireEvent.ProtocolError);
        }

        yield return new(
            "unmasked continuation", "5.1",
            [WireFrame.Text("go", fin: false), WireFrame.More([0x6F], fin: true) with { Masked = false }],
            WireEvent.ProtocolError);
        yield return new(
            "unmasked text between good messages", "5.1", [good, bad, good], WireEvent.Text("good"), WireEvent.ProtocolError);
    }

    private static IEnumerable<ConformanceCase> Keys()
    {
        byte[][] keys =
        [
            [0, 0, 0, 0], [0xA5, 0, 0, 0], [0, 0xA5, 0, 0], [0, 0, 0xA5, 0], [0, 0, 0, 0xA5], [0xFF, 0xFF, 0xFF, 0xFF],
            [0x80, 0x40, 0x20, 0x10], [1, 2, 3, 4],
        ];
        byte[] text = SamplePayload.Text(Odd);
        byte[] binary = SamplePayload.Binary(Odd);
        byte[] ping = SamplePayload.Binary(7);
        foreach (byte[] key in keys)
        {
            string name = Convert.ToHexString(key);
            yield return new($"key {name} on text", "5.3", [WireFrame.Text(text) with { Key = key }], WireEvent.Text(text));
            yield return new(
                $"key {name} on binary", "5.3", [WireFrame.Binary(binary) with { Key = key }], WireEvent.Binary(binary));
            yield return new($"key {name} on a ping", "5.3", [WireFrame.Ping(ping) with { Key = key }], WireEvent.Ping(ping));
            yield return new(
                $"key {name} on a close", "5.3", [WireFrame.Close(3999, "bye") with { Key = key }], WireEvent.Close(3999));
        }
    }

    /// <summary>Each frame has a key of its own, which begins anew whatever the place in the message.</summary>
    private static IEnumerable<ConformanceCase> KeyPerFragment()
    {
        byte[] payload = SamplePayload.Binary(Odd);
        foreach (int size in (int[])[1, 2, 3, 5, 33, 64])
        {
            yield return new(
                $"a key for each fragment of {size} bytes", "5.3", SamplePayload.Fragments(WireFrame.BinaryOpcode, payload, size),
                WireEvent.Binary(payload));
        }
    }
}
