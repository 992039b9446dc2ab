using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// Text that must be taken (RFC 6455 §5.6 and §8.1, RFC 3629 §4; Autobahn 6.1, 6.2, 6.5 to 6.7, 6.9, 6.11, 6.22, 6.23).
/// </summary>
internal static class Utf8ValidCases
{
    private const int LastPlane = 16;

    // The first and last code point of each length and next to the surrogates, as the table in RFC 3629 §3 writes them.
    public static readonly (string Name, string Hex)[] Boundaries =
    [
        ("U+0000", "00"), ("U+007F", "7F"), ("U+0080", "C280"), ("U+07FF", "DFBF"), ("U+0800", "E0A080"), ("U+0FFF", "E0BFBF"),
        ("U+1000", "E18080"), ("U+CFFF", "ECBFBF"), ("U+D000", "ED8080"), ("U+D7FF", "ED9FBF"), ("U+E000", "EE8080"),
        ("U+FEFF, which is not dropped", "EFBBBF"), ("U+FFFD", "EFBFBD"), ("U+FFFF", "EFBFBF"), ("U+10000", "F0908080"),
        ("U+3FFFF", "F0BFBFBF"), ("U+40000", "F1808080"), ("U+FFFFF", "F3BFBFBF"), ("U+100000", "F4808080"),
        ("U+10FFFF", "F48FBFBF"),
    ];

    public static IEnumerable<ConformanceCase> All() => [.. Texts(), .. CodePoints(), .. NotText(), .. Boundary()];

    /// <summary>Every byte in a fragment of its own, and a ping after each: what can still become valid must not fail.</summary>
    public static IEnumerable<Frame> ByteByByte(byte[] text) =>
    [
        .. text.SelectMany((b, i) =>
            (Frame[])[new(i == 0 ? Frame.TextOpcode : Frame.Continuation, [b], Fin: false), Frame.Ping([(byte)i])]),
        Frame.More([], fin: true),
    ];

    /// <summary>The pings of <see cref="ByteByByte"/>.</summary>
    public static IEnumerable<WireEvent> Pings(int count) =>
        Enumerable.Range(0, count).Select(i => (WireEvent)Frame.Ping([(byte)i]));

    private static ConformanceCase[] BothWays(string name, byte[] text) =>
    [
        new(name, "8.1", [Frame.Text(text)], Frame.Text(text)),
        new($"{name} in fragments of a byte", "8.1", ByteByByte(text), [.. Pings(text.Length), Frame.Text(text)]),
    ];

    private static IEnumerable<ConformanceCase> Texts()
    {
        (string Name, string Text)[] rows =
        [
            ("Latin text", "Hello-µ@ßöäüàá-UTF-8!!"), ("Greek text", "κόσμε"),
            ("text beyond the basic plane", "\U0001F600\U00020000"),
            ("a combining accent, which is not composed", "e\u0301"),
        ];
        return
        [
            .. rows.SelectMany(row => BothWays(row.Name, Encoding.UTF8.GetBytes(row.Text))),
            new(
                "two fragments, cut at a code point", "8.1",
                [Frame.Text("Hello-µ@ß", fin: false), Frame.More([.. "öäü"u8], fin: true)],
                Frame.Text("Hello-µ@ßöäü")),
        ];
    }

    private static IEnumerable<ConformanceCase> CodePoints()
    {
        // The last two code points of each plane and U+FDD0 to U+FDEF are noncharacters and still valid UTF-8.
        IEnumerable<int> planes = Enumerable.Range(0, LastPlane + 1).Select(plane => plane << 16);
        IEnumerable<int> notCharacters = [.. planes.SelectMany(plane => (int[])[plane | 0xFFFE, plane | 0xFFFF]), 0xFDD0, 0xFDEF];
        return
        [
            .. Boundaries.SelectMany(row => BothWays(row.Name, Convert.FromHexString(row.Hex))),
            .. notCharacters.SelectMany(point =>
                BothWays($"no character U+{point:X4}", Encoding.UTF8.GetBytes(char.ConvertFromUtf32(point)))),
        ];
    }

    /// <summary>Only text is checked.</summary>
    private static ConformanceCase[] NotText()
    {
        byte[] notUtf8 = [0xED, 0xA0, 0x80, 0xFF];
        return
        [
            new("binary that is not UTF-8", "5.6", [Frame.Binary(notUtf8)], Frame.Binary(notUtf8)),
            new(
                "binary in fragments that is not UTF-8, then text", "5.6",
                [Frame.Binary([0xE2, 0x82], fin: false), Frame.More([0x20], fin: true), Frame.Text("κ")],
                Frame.Binary([0xE2, 0x82, 0x20]), Frame.Text("κ")),
            new(
                "control payload that is not UTF-8, inside text", "5.5.2",
                [Frame.Text([0xE2], fin: false), Frame.Ping(notUtf8), Frame.Pong(notUtf8), Frame.More([0x82, 0xAC], fin: true)],
                Frame.Ping(notUtf8), Frame.Pong(notUtf8), Frame.Text("€")),
        ];
    }

    /// <summary>Every way to cut code points of three and four bytes in two, also around an empty fragment.</summary>
    private static IEnumerable<ConformanceCase> Boundary()
    {
        Frame text = Frame.Text("€\U0001F600");
        return Enumerable.Range(1, text.Payload.Length - 1).SelectMany(at =>
        {
            Frame first = Frame.Text(text.Payload[..at], fin: false);
            Frame last = Frame.More(text.Payload[at..], fin: true);
            return (ConformanceCase[])
            [
                new($"code points cut at {at}", "8.1", [first, last], text),
                new($"code points cut at {at} around an empty fragment", "8.1", [first, Frame.More([]), last], text),
            ];
        });
    }
}
