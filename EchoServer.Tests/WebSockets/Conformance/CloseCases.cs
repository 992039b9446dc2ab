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
        [.. Codes(), .. Bodies(), .. NotUtf8(), .. AfterClose(), .. AfterMessage()];

    private static WireFrame Close(int code, params byte[] reason) =>
        WireFrame.CloseEmpty() with { Payload = [.. WireFrame.Close(code).Payload, .. reason] };

    private static IEnumerable<ConformanceCase> Codes()
    {
        foreach (int code in Allowed)
        {
            yield return new($"code {code}", "7.4", [WireFrame.Close(code)], WireEvent.Close(code));
            yield return new($"code {code} with a reason", "7.4", [WireFrame.Close(code, "bye")], WireEvent.Close(code));
        }

        foreach (int code in Forbidden)
        {
            yield return new($"code {code} is not allowed", "7.4", [WireFrame.Close(code)], WireEvent.ProtocolError);
            yield return new(
                $"code {code} with a reason is not allowed", "7.4", [WireFrame.Close(code, "bye")], WireEvent.ProtocolError);
        }
    }

    private static IEnumerable<ConformanceCase> Bodies()
    {
        string longest = new('*', MaxReason);
        string longestGreek = string.Concat(Enumerable.Repeat("κ", MaxReason / 2)) + "!";
        yield return new("without a body", "5.5.1", [WireFrame.CloseEmpty()], WireEvent.Close(WireEvent.NoStatusReceived));
        yield return new(
            "body of 1 byte", "5.5.1", [WireFrame.CloseEmpty() with { Payload = [0x03] }], WireEvent.ProtocolError);
        yield return new("reason of 123 bytes", "5.5.1", [WireFrame.Close(1000, longest)], WireEvent.Close(1000));
        yield return new("reason of 124 bytes", "5.5", [WireFrame.Close(1000, longest + "*")], WireEvent.ProtocolError);
        yield return new(
            "body declared as 126 bytes is refused before it comes", "5.5",
            [WireFrame.Close(1000, longest) with { DeclaredLength = 126, LengthForm = LengthForm.Bits16 }],
            WireEvent.ProtocolError);
        yield return new("reason in Greek", "5.5.1", [WireFrame.Close(1000, "κόσμε")], WireEvent.Close(1000));
        yield return new("reason of 123 bytes in Greek", "5.5.1", [WireFrame.Close(1000, longestGreek)], WireEvent.Close(1000));
        yield return new("reason beyond the basic plane", "5.5.1", [WireFrame.Close(4000, "\U0001F600")], WireEvent.Close(4000));
    }

    /// <summary>RFC 6455 §5.5.1: the reason is "UTF-8-encoded data".</summary>
    private static IEnumerable<ConformanceCase> NotUtf8()
    {
        byte[] surrogateInText = [.. "κόσμε"u8, 0xED, 0xA0, 0x80, .. "edited"u8];
        yield return new("reason with a surrogate", "8.1", [Close(1000, surrogateInText)], WireEvent.NotUtf8);
        yield return new("reason over U+10FFFF", "8.1", [Close(1000, 0xF4, 0x90, 0x80, 0x80)], WireEvent.NotUtf8);
        yield return new("reason that ends inside a code point", "8.1", [Close(1000, 0x41, 0xE2, 0x82)], WireEvent.NotUtf8);
        yield return new("reason of a lone continuation byte", "8.1", [Close(3000, 0x80)], WireEvent.NotUtf8);
        yield return new("overlong reason", "8.1", [Close(4999, 0xC0, 0xAF)], WireEvent.NotUtf8);
    }

    /// <summary>RFC 6455 §5.5.1: after its Close a peer sends nothing more; if it does, the server ignores it.</summary>
    private static IEnumerable<ConformanceCase> AfterClose()
    {
        WireFrame close = WireFrame.Close(1000);
        var closed = WireEvent.Close(1000);
        (string Name, IEnumerable<WireFrame> Frames)[] rows =
        [
            ("text", [WireFrame.Text("after")]), ("binary", [WireFrame.Binary([0xFF])]), ("ping", [WireFrame.Ping([1])]),
            ("pong", [WireFrame.Pong([1])]), ("a second close", [WireFrame.Close(1001)]),
            ("a second close that is wrong", [WireFrame.Close(999)]), ("two closes", [close, close]),
            ("a fragment", [WireFrame.Text("after", fin: false)]), ("a reserved opcode", [new WireFrame(3, [])]),
            ("text that is not UTF-8", [WireFrame.Text([0xFF])]),
            ("an unmasked frame", [WireFrame.Text("after") with { Masked = false }]),
            ("text, a ping and a close", [WireFrame.Text("after"), WireFrame.Ping([]), close]),
        ];
        foreach ((string name, IEnumerable<WireFrame> frames) in rows)
        {
            yield return new($"{name} after a close is ignored", "5.5.1", [close, .. frames], closed);
        }

        yield return new(
            "text and a ping after a wrong close are ignored", "7.1.7",
            [WireFrame.Close(999), WireFrame.Text("after"), WireFrame.Ping([])], WireEvent.ProtocolError);
        yield return new(
            "two closes without code", "5.5.1", [WireFrame.CloseEmpty(), WireFrame.CloseEmpty()],
            WireEvent.Close(WireEvent.NoStatusReceived));
    }

    private static IEnumerable<ConformanceCase> AfterMessage()
    {
        byte[] large = SamplePayload.Text(256 * 1024);
        yield return new(
            "after a message", "5.5.1", [WireFrame.Text("Hello"), WireFrame.Close(1000)],
            WireEvent.Text("Hello"), WireEvent.Close(1000));
        yield return new(
            "after a ping", "5.5.1", [WireFrame.Ping([1]), WireFrame.Close(1001)], WireEvent.Ping([1]), WireEvent.Close(1001));
        yield return new(
            "inside a message whose other fragments follow", "5.4",
            [WireFrame.Text("He", fin: false), WireFrame.Close(1000), WireFrame.More("llo"u8.ToArray(), fin: true)],
            WireEvent.Close(1000));
        // Autobahn 7.1.6.
        yield return new(
            "after 256 KiB, with a ping to come", "5.5.1", [WireFrame.Text(large), WireFrame.Close(1000), WireFrame.Ping([])],
            WireEvent.Text(large), WireEvent.Close(1000));
        yield return new(
            "before 256 KiB", "5.5.1", [WireFrame.Close(1000), WireFrame.Text(large)], WireEvent.Close(1000));
    }
}
