using System.Text;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// Text that must be taken (RFC 6455 §5.6 and §8.1, RFC 3629 §4; Autobahn 6.1, 6.2, 6.5 to 6.7, 6.9, 6.11, 6.22, 6.23).
/// </summary>
internal static class Utf8ValidCases
{
    private const string Section = "8.1";
    private const int LastPlane = 16;

    // The first and last code point of each length and next to the surrogates, as the table in RFC 3629 §3 writes them.
    private static readonly (string Name, string Hex)[] Boundaries =
    [
        ("U+0000", "00"), ("U+007F", "7F"), ("U+0080", "C280"), ("U+07FF", "DFBF"), ("U+0800", "E0A080"), ("U+0FFF", "E0BFBF"),
        ("U+1000", "E18080"), ("U+CFFF", "ECBFBF"), ("U+D000", "ED8080"), ("U+D7FF", "ED9FBF"), ("U+E000", "EE8080"),
        ("U+FEFF, which is not dropped", "EFBBBF"), ("U+FFFD", "EFBFBD"), ("U+FFFF", "EFBFBF"), ("U+10000", "F0908080"),
        ("U+3FFFF", "F0BFBFBF"), ("U+40000", "F1808080"), ("U+FFFFF", "F3BFBFBF"), ("U+100000", "F4808080"),
        ("U+10FFFF", "F48FBFBF"),
    ];

    public static IEnumerable<ConformanceCase> All() => [.. Texts(), .. CodePoints(), .. NotText(), .. Boundary()];

    /// <summary>Every byte in a fragment of its own, and a ping after each: what can still become valid must not fail.</summary>
    public static IEnumerable<WireFrame> ByteByByte(byte[] text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            yield return new WireFrame(i == 0 ? WireFrame.TextOpcode : WireFrame.Continuation, [text[i]], Fin: false);
            yield return WireFrame.Ping([(byte)i]);
        }

        yield return WireFrame.More([], fin: true);
    }

    /// <summary>The pings of <see cref="ByteByByte"/>.</summary>
    public static IEnumerable<WireEvent> Pings(int count) =>
        Enumerable.Range(0, count).Select(i => WireEvent.Ping([(byte)i]));

    private static IEnumerable<ConformanceCase> BothWays(string name, byte[] text)
    {
        yield return new(name, Section, [WireFrame.Text(text)], WireEvent.Text(text));
        yield return new(
            $"{name} in fragments of a byte", Section, ByteByByte(text), [.. Pings(text.Length), WireEvent.Text(text)]);
    }

    private static IEnumerable<ConformanceCase> Texts()
    {
        (string Name, string Text)[] rows =
        [
            ("Latin text", "Hello-µ@ßöäüàá-UTF-8!!"), ("Greek text", "κόσμε"),
            ("text beyond the basic plane", "\U0001F600\U00020000"),
            ("a combining accent, which is not composed", "e\u0301"),
        ];
        foreach ((string name, string text) in rows)
        {
            foreach (ConformanceCase row in BothWays(name, Encoding.UTF8.GetBytes(text)))
            {
                yield return row;
            }
        }

        yield return new(
            "two fragments, cut at a code point", Section,
            [WireFrame.Text("Hello-µ@ß", fin: false), WireFrame.More(Encoding.UTF8.GetBytes("öäü"), fin: true)],
            WireEvent.Text("Hello-µ@ßöäü"));
    }

    private static IEnumerable<ConformanceCase> CodePoints()
    {
        IEnumerable<(string, byte[])> boundaries = Boundaries.Select(row => (row.Name, Convert.FromHexString(row.Hex)));
        // The last two code points of each plane and U+FDD0 to U+FDEF are noncharacters and still valid UTF-8.
        IEnumerable<int> planes = Enumerable.Range(0, LastPlane + 1).Select(plane => plane << 16);
        IEnumerable<int> notCharacters = [.. planes.SelectMany(plane => (int[])[plane | 0xFFFE, plane | 0xFFFF]), 0xFDD0, 0xFDEF];
        IEnumerable<(string, byte[])> notCharacterRows = notCharacters.Select(
            point => ($"no character U+{point:X4}", Encoding.UTF8.GetBytes(char.ConvertFromUtf32(point))));
        return boundaries.Concat(notCharacterRows).SelectMany(row => BothWays(row.Item1, row.Item2));
    }

    /// <summary>Only text is checked.</summary>
    private static IEnumerable<ConformanceCase> NotText()
    {
        byte[] notUtf8 = [0xED, 0xA0, 0x80, 0xFF];
        yield return new("binary that is not UTF-8", "5.6", [WireFrame.Binary(notUtf8)], WireEvent.Binary(notUtf8));
        yield return new(
            "binary in fragments that is not UTF-8, then text", "5.6",
            [WireFrame.Binary([0xE2, 0x82], fin: false), WireFrame.More([0x20], fin: true), WireFrame.Text("κ")],
            WireEvent.Binary([0xE2, 0x82, 0x20]), WireEvent.Text("κ"));
        yield return new(
            "control payload that is not UTF-8, inside text", "5.5.2",
            [
                WireFrame.Text([0xE2], fin: false), WireFrame.Ping(notUtf8), WireFrame.Pong(notUtf8),
                WireFrame.More([0x82, 0xAC], fin: true),
            ],
            WireEvent.Ping(notUtf8), WireEvent.Pong(notUtf8), WireEvent.Text("€"));
    }

    /// <summary>Every way to cut code points of three and four bytes in two, also around an empty fragment.</summary>
    private static IEnumerable<ConformanceCase> Boundary()
    {
        byte[] text = Encoding.UTF8.GetBytes("€\U0001F600");
        for (int at = 1; at < text.Length; at++)
        {
            WireFrame first = WireFrame.Text(text[..at], fin: false);
            WireFrame last = WireFrame.More(text[at..], fin: true);
            yield return new($"code points cut at {at}", Section, [first, last], WireEvent.Text(text));
            yield return new(
                $"code points cut at {at} around an empty fragment", Section, [first, WireFrame.More([]), last],
                WireEvent.Text(text));
        }
    }
}
