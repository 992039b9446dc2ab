using static EchoServer.Tests.WebSockets.Conformance.WireEvent;
using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>The closing handshake (RFC 6455 §5.5.1 and §7; Autobahn group 7).</summary>
internal static class CloseCases
{
    private const int MaxReason = 123;

    // RFC 6455 §7.4.1 and §7.4.2, and the IANA "WebSocket Close Code Number" registry for 1012 to 1014.
    private static readonly int[] Allowed =
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];

    // Too small, reserved (1004), never on the wire (1005, 1006, 1015), not assigned, too large.
    private static readonly int[] Forbidden =
        [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 32_768, 65_535];

    public static IEnumerable<ConformanceCase> All() =>
    [
        .. Allowed.SelectMany(code => Code(code, "", Frame.Close(code))),
        .. Forbidden.SelectMany(code => Code(code, " is not allowed", ProtocolError)),
        .. Bodies(), .. NotUtf8Reasons(), .. AfterClose(), .. AfterMessage(),
    ];

    private static ConformanceCase[] Code(int code, string verdict, WireEvent found) =>
    [
        new($"code {code}{verdict}", "7.4", [Frame.Close(code)], found),
        new($"code {code} with a reason{verdict}", "7.4", [Frame.Close(code, "bye")], found),
    ];

    private static ConformanceCase[] Bodies()
    {
        string longest = new('*', MaxReason);
        string longestGreek = string.Concat(Enumerable.Repeat("κ", MaxReason / 2)) + "!";
        return
        [
            new("without a body", "5.5.1", [Frame.CloseEmpty()], Frame.CloseEmpty()),
            new("body of 1 byte", "5.5.1", [Frame.CloseEmpty() with { Payload = [0x03] }], ProtocolError),
            new("reason of 123 bytes", "5.5.1", [Frame.Close(1000, longest)], Frame.Close(1000)),
            new("reason of 124 bytes", "5.5", [Frame.Close(1000, longest + "*")], ProtocolError),
            new(
                "body declared as 126 bytes is refused before it comes", "5.5",
                [Frame.Close(1000, longest) with { DeclaredLength = 126, LengthForm = LengthForm.Bits16 }], ProtocolError),
            new("reason in Greek", "5.5.1", [Frame.Close(1000, "κόσμε")], Frame.Close(1000)),
            new("reason of 123 bytes in Greek", "5.5.1", [Frame.Close(1000, longestGreek)], Frame.Close(1000)),
            new("reason beyond the basic plane", "5.5.1", [Frame.Close(4000, "\U0001F600")], Frame.Close(4000)),
        ];
    }

    /// <summary>RFC 6455 §5.5.1: the reason is "UTF-8-encoded data".</summary>
    private static IEnumerable<ConformanceCase> NotUtf8Reasons()
    {
        (string Name, int Code, byte[] Reason)[] rows =
        [
            ("reason with a surrogate", 1000, [.. "κόσμε"u8, 0xED, 0xA0, 0x80, .. "edited"u8]),
            ("reason over U+10FFFF", 1000, [0xF4, 0x90, 0x80, 0x80]),
            ("reason that ends inside a code point", 1000, [0x41, 0xE2, 0x82]),
            ("reason of a lone continuation byte", 3000, [0x80]), ("overlong reason", 4999, [0xC0, 0xAF]),
        ];
        return rows.Select(row => new ConformanceCase(
            row.Name, "8.1", [Frame.CloseEmpty() with { Payload = [.. Frame.Close(row.Code).Payload, .. row.Reason] }], NotUtf8));
    }

    /// <summary>RFC 6455 §5.5.1: after its Close a peer sends nothing more; if it does, the server ignores it.</summary>
    private static IEnumerable<ConformanceCase> AfterClose()
    {
        Frame close = Frame.Close(1000);
        (string Name, Frame[] Frames)[] rows =
        [
            ("text", [Frame.Text("after")]), ("binary", [Frame.Binary([0xFF])]), ("ping", [Frame.Ping([1])]),
            ("pong", [Frame.Pong([1])]),
            ("a second close", [Frame.Close(1001)]), ("a second close that is wrong", [Frame.Close(999)]),
            ("two closes", [close, close]),
            ("a fragment", [Frame.Text("after", fin: false)]), ("a reserved opcode", [new Frame(3, [])]),
            ("text that is not UTF-8", [Frame.Text([0xFF])]),
            ("an unmasked frame", [Frame.Text("after") with { Masked = false }]),
            ("text, a ping and a close", [Frame.Text("after"), Frame.Ping([]), close]),
        ];
        return
        [
            .. rows.Select(row => new ConformanceCase(
                $"{row.Name} after a close is ignored", "5.5.1", [close, .. row.Frames], close)),
            new(
                "text and a ping after a wrong close are ignored", "7.1.7",
                [Frame.Close(999), Frame.Text("after"), Frame.Ping([])], ProtocolError),
            new("two closes without code", "5.5.1", [Frame.CloseEmpty(), Frame.CloseEmpty()], Frame.CloseEmpty()),
        ];
    }

    private static ConformanceCase[] AfterMessage()
    {
        Frame close = Frame.Close(1000);
        Frame large = Frame.Text(SamplePayload.Text(256 * 1024));
        return
        [
            new("after a message", "5.5.1", [Frame.Text("Hello"), close], Frame.Text("Hello"), close),
            new("after a ping", "5.5.1", [Frame.Ping([1]), Frame.Close(1001)], Frame.Ping([1]), Frame.Close(1001)),
            new(
                "inside a message whose other fragments follow", "5.4",
                [Frame.Text("He", fin: false), close, Frame.More([.. "llo"u8], fin: true)], close),

            // Autobahn 7.1.6.
            new("after 256 KiB, with a ping to come", "5.5.1", [large, close, Frame.Ping([])], large, close),
            new("before 256 KiB", "5.5.1", [close, large], close),
        ];
    }
}
