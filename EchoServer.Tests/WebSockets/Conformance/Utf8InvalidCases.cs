using static EchoServer.Tests.WebSockets.Conformance.WireEvent;
using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// Text that is not UTF-8 fails the connection (RFC 6455 §8.1, with the sequences of RFC 3629 §4; Autobahn 6.3, 6.4, 6.8, 6.10
/// and 6.12 to 6.21), and at once: as soon as no byte that could follow would mend it.
/// </summary>
internal static class Utf8InvalidCases
{
    private static readonly byte[] Before = "κόσμε"u8.ToArray();

    // BadAt: after how many bytes nothing can mend the sequence any more; 0 where only the end of the message does it.
    public static readonly (string Name, string Hex, int BadAt)[] Sequences =
    [
        // RFC 3629 §4: overlong forms of "/", the largest overlong form of each length, and overlong forms of NUL.
        ("overlong U+002F in 2 bytes", "C0AF", 1), ("overlong U+002F in 3 bytes", "E080AF", 2),
        ("overlong U+002F in 4 bytes", "F08080AF", 2), ("overlong U+002F in 5 bytes", "F8808080AF", 1),
        ("overlong U+002F in 6 bytes", "FC80808080AF", 1), ("overlong U+007F in 2 bytes", "C1BF", 1),
        ("overlong U+07FF in 3 bytes", "E09FBF", 2), ("overlong U+FFFF in 4 bytes", "F08FBFBF", 2),
        ("overlong U+1FFFFF in 5 bytes", "F887BFBFBF", 1), ("overlong U+3FFFFFF in 6 bytes", "FC83BFBFBFBF", 1),
        ("overlong NUL in 2 bytes", "C080", 1), ("overlong NUL in 3 bytes", "E08080", 2),
        ("overlong NUL in 4 bytes", "F0808080", 2), ("overlong NUL in 5 bytes", "F880808080", 1),
        ("overlong NUL in 6 bytes", "FC8080808080", 1),

        // Over U+10FFFF.
        ("U+110000", "F4908080", 2), ("U+13FFFF", "F4BFBFBF", 2), ("U+140000", "F5808080", 1),
        ("U+1FFFFF", "F7BFBFBF", 1), ("U+200000 in 5 bytes", "F888808080", 1), ("U+3FFFFFF in 5 bytes", "FBBFBFBFBF", 1),
        ("U+4000000 in 6 bytes", "FC8480808080", 1), ("U+7FFFFFFF in 6 bytes", "FDBFBFBFBFBF", 1),

        // "The definition of UTF-8 prohibits encoding character numbers between U+D800 and U+DFFF" (RFC 3629 §3).
        ("surrogate U+D800", "EDA080", 2), ("surrogate U+DB7F", "EDADBF", 2), ("surrogate U+DB80", "EDAE80", 2),
        ("surrogate U+DBFF", "EDAFBF", 2), ("surrogate U+DC00", "EDB080", 2), ("surrogate U+DF80", "EDBE80", 2),
        ("surrogate U+DFFF", "EDBFBF", 2), ("surrogates U+D800 U+DC00", "EDA080EDB080", 2),
        ("surrogates U+D800 U+DFFF", "EDA080EDBFBF", 2), ("surrogates U+DB7F U+DC00", "EDADBFEDB080", 2),
        ("surrogates U+DB7F U+DFFF", "EDADBFEDBFBF", 2), ("surrogates U+DB80 U+DC00", "EDAE80EDB080", 2),
        ("surrogates U+DB80 U+DFFF", "EDAE80EDBFBF", 2), ("surrogates U+DBFF U+DC00", "EDAFBFEDB080", 2),
        ("surrogates U+DBFF U+DFFF", "EDAFBFEDBFBF", 2),

        // Bytes that begin nothing.
        ("FE", "FE", 1), ("FF", "FF", 1), ("FE FE FF FF", "FEFEFFFF", 1), ("lone continuation", "80", 1),
        ("lone continuations, 2", "80BF", 1), ("lone continuations, 3", "80BF80", 1), ("lone continuations, 4", "80BF80BF", 1),
        ("lone continuations, 5", "80BF80BF80", 1), ("lone continuations, 6", "80BF80BF80BF", 1),
        ("lone continuations, 7", "80BF80BF80BF80", 1), ("one continuation too many after 2 bytes", "C38080", 3),
        ("one continuation too many after 3 bytes", "E282ACAC", 4),
        ("one continuation too many after 4 bytes", "F09F988080", 5),
        ("one continuation too many after ASCII", "4180", 2),

        // A code point that breaks off before the next one.
        ("2 bytes, then another start", "C2C280", 2), ("3 bytes, broken off after 1", "E2E282AC", 2),
        ("3 bytes, broken off after 2", "E28220", 3), ("4 bytes, broken off after 1", "F02020", 2),
        ("4 bytes, broken off after 2", "F09F20", 3), ("4 bytes, broken off after 3", "F09F9820", 4),

        // Without the last byte, at the end of the message (Autobahn 6.14).
        ("missing last of 2 bytes, overlong", "C0", 1), ("missing last of 3 bytes, overlong", "E080", 2),
        ("missing last of 4 bytes, overlong", "F08080", 2), ("missing last of 5 bytes, least", "F8808080", 1),
        ("missing last of 6 bytes, least", "FC80808080", 1), ("missing last of 2 bytes, least", "C2", 0),
        ("missing last of 3 bytes, least", "E0A0", 0), ("missing last of 4 bytes, least", "F09080", 0),
        ("missing last of 2 bytes, largest", "DF", 0), ("missing last of 3 bytes, largest", "EFBF", 0),
        ("missing last of 4 bytes, largest", "F48FBF", 0), ("missing last of 4 bytes, over U+10FFFF", "F7BFBF", 1),
        ("missing last of 5 bytes, largest", "FBBFBFBF", 1), ("missing last of 6 bytes, largest", "FDBFBFBFBF", 1),
        ("missing last two of 3 bytes", "E2", 0), ("missing last two of 4 bytes", "F09F", 0),
        ("missing last three of 4 bytes", "F0", 0),
        ("missing last bytes, one form after the other", "C0E080F08080F8808080FC80808080DFEFBFF7BFBFFBBFBFBFFDBFBFBFBF", 1),
    ];

    public static IEnumerable<ConformanceCase> All() =>
        [.. Sequences.SelectMany(row => Ways(row.Name, Convert.FromHexString(row.Hex), row.BadAt)), .. EveryByte(), .. Around()];

    private static IEnumerable<ConformanceCase> Ways(string name, byte[] bytes, int badAt)
    {
        yield return new(name, "8.1", [Frame.Text([.. Before, .. bytes])], NotUtf8);
        yield return new(
            $"{name} in the last fragment", "8.1", [Frame.Text(Before, fin: false), Frame.More(bytes, fin: true)], NotUtf8);

        // The pings tell exactly when it failed: neither a byte too late nor one too early.
        int pings = badAt == 0 ? bytes.Length : badAt - 1;
        yield return new(
            $"{name} in fragments of a byte", "8.1", Utf8ValidCases.ByteByByte(bytes), [.. Utf8ValidCases.Pings(pings), NotUtf8]);
        if (badAt > 0)
        {
            Frame untilBad = Frame.Text([.. Before, .. bytes[..badAt]]);
            yield return new($"{name} in an unfinished message", "8.1", [untilBad with { Fin = false }], NotUtf8);
            yield return new(
                $"{name} in an unfinished frame", "8.1",
                [untilBad with { DeclaredLength = (ulong)untilBad.Payload.Length + 1000 }], NotUtf8);
        }
    }

    /// <summary>Autobahn 6.12 and 6.13: every continuation byte alone, and every lead byte before a space.</summary>
    private static IEnumerable<ConformanceCase> EveryByte()
    {
        byte[] continuations = [.. Enumerable.Range(0x80, 64).Select(b => (byte)b)];
        byte[] starts = [.. Enumerable.Range(0xC0, 62).Select(b => (byte)b)];
        return
        [
            new("all 64 continuation bytes", "8.1", [Frame.Text(continuations)], NotUtf8),
            new(
                "all lead bytes, each before a space", "8.1", [Frame.Text([.. starts.SelectMany(b => (byte[])[b, 0x20])])],
                NotUtf8),
            .. continuations.Select(b => new ConformanceCase(
                $"continuation byte {b:X2} alone", "8.1", [Frame.Text([b])], NotUtf8)),
            .. starts.Select(b => new ConformanceCase(
                $"lead byte {b:X2} before a space", "8.1", [Frame.Text([b, 0x20])], NotUtf8)),
        ];
    }

    /// <summary>What surrounds the bad bytes: good messages, control frames, fragments (Autobahn 6.3 and 6.4).</summary>
    private static ConformanceCase[] Around()
    {
        byte[] bad = [0xF4, 0x90, 0x80, 0x80];
        byte[] after = [.. "edited"u8];
        Frame badText = Frame.Text([.. Before, .. bad]);
        return
        [
            new("between good text", "8.1", [Frame.Text([.. badText.Payload, .. after])], NotUtf8),
            new(
                "between good fragments", "8.1", [Frame.Text(Before, fin: false), Frame.More(bad), Frame.More(after, fin: true)],
                NotUtf8),
            new(
                "in a first fragment, with the others to come", "8.1",
                [badText with { Fin = false }, Frame.More(after, fin: true), Frame.Ping([])], NotUtf8),
            new("in an unfinished frame of 1 MiB", "8.1", [badText with { DeclaredLength = 1024 * 1024 }], NotUtf8),
            new(
                "in an unfinished continuation", "8.1",
                [Frame.Text([0xE2], fin: false), Frame.More([0x82, 0x20], fin: true) with { DeclaredLength = 70_000 }], NotUtf8),
            new(
                "unfinished code point before an empty last fragment", "8.1",
                [Frame.Text([0xE2, 0x82], fin: false), Frame.More([], fin: true)], NotUtf8),
            new(
                "after a good message", "8.1", [Frame.Text(Before), Frame.Text(bad), Frame.Text(after)], Frame.Text(Before),
                NotUtf8),
            new(
                "after good fragments and a ping", "8.1",
                [Frame.Text([0xE2], fin: false), Frame.Ping(after), Frame.More([0x82, 0xAC]), Frame.More([0xAC], fin: true)],
                Frame.Ping(after), NotUtf8),
        ];
    }
}
