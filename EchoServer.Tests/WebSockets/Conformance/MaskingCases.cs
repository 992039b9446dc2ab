using static EchoServer.Tests.WebSockets.Conformance.WireEvent;
using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// A server "MUST close the connection upon receiving a frame that is not masked" (RFC 6455 §5.1), and any key unmasks what it
/// masked (§5.3).
/// </summary>
internal static class MaskingCases
{
    // Longer than the widest vector and no multiple of it, nor of the key's four bytes.
    private const int Odd = 331;

    private static readonly byte[][] Keys =
    [
        [0, 0, 0, 0], [0xA5, 0, 0, 0], [0, 0xA5, 0, 0], [0, 0, 0xA5, 0], [0, 0, 0, 0xA5], [0xFF, 0xFF, 0xFF, 0xFF],
        [0x80, 0x40, 0x20, 0x10], [1, 2, 3, 4],
    ];

    public static IEnumerable<ConformanceCase> All() => [.. Unmasked(), .. Keys.SelectMany(WithKey), .. KeyPerFragment()];

    private static IEnumerable<ConformanceCase> Unmasked()
    {
        Frame good = Frame.Text("good");
        Frame bad = Frame.Text("bad") with { Masked = false };
        (string Name, Frame Frame)[] frames =
        [
            ("text", bad), ("empty text", bad with { Payload = [] }), ("binary", bad with { Opcode = Frame.BinaryOpcode }),
            ("ping", Frame.Ping([1])),
            ("empty ping", Frame.Ping([])), ("pong", Frame.Pong([1])), ("close", Frame.Close(1000)),
            ("empty close", Frame.CloseEmpty()),
            ("first fragment", bad with { Fin = false }), ("text of 126 bytes", Frame.Text(SamplePayload.Text(126))),
            ("text of 65536 bytes", Frame.Text(SamplePayload.Text(65_536))),
            ("text of 65536 bytes that have not come", bad with { Payload = [], DeclaredLength = 65_536 }),
        ];
        return
        [
            .. frames.Select(row => new ConformanceCase(
                $"unmasked {row.Name}", "5.1", [row.Frame with { Masked = false }], ProtocolError)),
            new(
                "unmasked continuation", "5.1",
                [Frame.Text("go", fin: false), Frame.More([0x6F], fin: true) with { Masked = false }], ProtocolError),
            new("unmasked text between good messages", "5.1", [good, bad, good], good, ProtocolError),
        ];
    }

    private static IEnumerable<ConformanceCase> WithKey(byte[] key)
    {
        (string Name, Frame Frame)[] frames =
        [
            ("text", Frame.Text(SamplePayload.Text(Odd))), ("binary", Frame.Binary(SamplePayload.Binary(Odd))),
            ("a ping", Frame.Ping(SamplePayload.Binary(7))),
            ("a close", Frame.Close(3999, "bye")),
        ];
        return frames.Select(row => new ConformanceCase(
            $"key {Convert.ToHexString(key)} on {row.Name}", "5.3", [row.Frame with { Key = key }], row.Frame));
    }

    /// <summary>Each frame has a key of its own, which begins anew whatever the place in the message.</summary>
    private static IEnumerable<ConformanceCase> KeyPerFragment()
    {
        Frame message = Frame.Binary(SamplePayload.Binary(Odd));
        return ((int[])[1, 2, 3, 5, 33, 64]).Select(size => new ConformanceCase(
            $"a key for each fragment of {size} bytes", "5.3", SamplePayload.Fragments(Frame.BinaryOpcode, message.Payload, size),
            message));
    }
}
