namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>Messages in fragments, and what may come between those (RFC 6455 §5.4; Autobahn group 5).</summary>
internal static class FragmentationCases
{
    private const string Section = "5.4";

    private static readonly byte[] NotText = [0xFF, 0x00, 0xFE];

    public static IEnumerable<ConformanceCase> All() => [.. Whole(), .. Empty(), .. ControlBetween(), .. FragmentedControl()];

    private static WireFrame First(string text) => WireFrame.Text(text, fin: false);

    private static WireFrame More(string text) => WireFrame.Text(text, fin: false) with { Opcode = WireFrame.Continuation };

    private static WireFrame Last(string text) => More(text) with { Fin = true };

    private static IEnumerable<ConformanceCase> Whole()
    {
        WireFrame firstBinary = WireFrame.Binary(NotText, fin: false);
        byte[] twice = [.. NotText, .. NotText];
        yield return new("text in two", Section, [First("He"), Last("llo")], WireEvent.Text("Hello"));
        yield return new("text in three", Section, [First("He"), More("l"), Last("lo")], WireEvent.Text("Hello"));
        yield return new(
            "text in five", Section, [First("H"), More("e"), More("l"), More("l"), Last("o")], WireEvent.Text("Hello"));
        yield return new("binary in two", Section, [firstBinary, WireFrame.More(NotText, fin: true)], WireEvent.Binary(twice));
        yield return new(
            "binary in three", Section, [firstBinary, WireFrame.More(NotText), WireFrame.More(NotText, fin: true)],
            WireEvent.Binary([.. twice, .. NotText]));
        yield return new(
            "text in fragments, then binary in fragments", Section,
            [First("He"), Last("llo"), firstBinary, WireFrame.More(NotText, fin: true)],
            WireEvent.Text("Hello"), WireEvent.Binary(twice));
        yield return new(
            "binary in fragments, then text in fragments", Section,
            [firstBinary, WireFrame.More(NotText, fin: true), First("He"), Last("llo")],
            WireEvent.Binary(twice), WireEvent.Text("Hello"));
        yield return new(
            "text, then binary, each whole", Section, [WireFrame.Text("Hello"), WireFrame.Binary(NotText)],
            WireEvent.Text("Hello"), WireEvent.Binary(NotText));
        yield return new(
            "whole, in fragments, whole", Section,
            [WireFrame.Text("one"), First("t"), Last("wo"), WireFrame.Binary(NotText)],
            WireEvent.Text("one"), WireEvent.Text("two"), WireEvent.Binary(NotText));
    }

    private static IEnumerable<ConformanceCase> Empty()
    {
        (string Name, string[] Parts)[] rows =
        [
            ("first", ["", "He", "llo"]), ("middle", ["He", "", "llo"]), ("last", ["He", "llo", ""]),
            ("first of two", ["", "Hello"]), ("last of two", ["Hello", ""]), ("all but the middle", ["", "Hello", ""]),
            ("every one of two", ["", ""]), ("every one of three", ["", "", ""]),
        ];
        foreach ((string name, string[] parts) in rows)
        {
            string whole = string.Concat(parts);
            WireFrame[] text = [First(parts[0]), .. parts[1..^1].Select(More), Last(parts[^1])];
            WireFrame[] binary = [text[0] with { Opcode = WireFrame.BinaryOpcode }, .. text[1..]];
            yield return new($"empty text fragment: {name}", Section, text, WireEvent.Text(whole));
            yield return new(
                $"empty binary fragment: {name}", Section, binary, WireEvent.Text(whole) with { Kind = WireEventKind.Binary });
        }
    }

    private static IEnumerable<ConformanceCase> ControlBetween()
    {
        byte[] one = [1];
        byte[] two = [2];
        yield return new(
            "ping between", Section, [First("He"), WireFrame.Ping(one), Last("llo")],
            WireEvent.Ping(one), WireEvent.Text("Hello"));
        yield return new(
            "empty ping between", Section, [First("He"), WireFrame.Ping([]), Last("llo")],
            WireEvent.Ping([]), WireEvent.Text("Hello"));
        yield return new(
            "pong between", Section, [First("He"), WireFrame.Pong(one), Last("llo")],
            WireEvent.Pong(one), WireEvent.Text("Hello"));
        yield return new(
            "pings in every gap", Section,
            [
                WireFrame.Ping(one), First("He"), WireFrame.Ping(two), More("l"), WireFrame.Ping(one), Last("lo"),
                WireFrame.Ping(two),
            ],
            WireEvent.Ping(one), WireEvent.Ping(two), WireEvent.Ping(one), WireEvent.Text("Hello"), WireEvent.Ping(two));
        yield return new(
            "two pings and a pong in one gap", Section,
            [First("He"), WireFrame.Ping(one), WireFrame.Pong(one), WireFrame.Ping(two), Last("llo")],
            WireEvent.Ping(one), WireEvent.Pong(one), WireEvent.Ping(two), WireEvent.Text("Hello"));
        yield return new(
            "longest ping between", Section, [First("He"), WireFrame.Ping(SamplePayload.Binary(125)), Last("llo")],
            WireEvent.Ping(SamplePayload.Binary(125)), WireEvent.Text("Hello"));
        yield return new(
            "ping between empty fragments", Section, [First(""), WireFrame.Ping(one), Last("")],
            WireEvent.Ping(one), WireEvent.Text(""));
        yield return new(
            "close between, which gives the message up", Section, [First("He"), WireFrame.Close(1000), Last("llo")],
            WireEvent.Close(1000));
        yield return new("unfinished, then a close", Section, [First("He"), WireFrame.Close(1001)], WireEvent.Close(1001));
        yield return new(
            "unfinished after two fragments, then a close without code", Section,
            [First("He"), More("l"), WireFrame.CloseEmpty()], WireEvent.Close(WireEvent.NoStatusReceived));
    }

    /// <summary>RFC 6455 §5.5: control frames "MUST NOT be fragmented".</summary>
    private static IEnumerable<ConformanceCase> FragmentedControl()
    {
        (string Name, WireFrame Frame)[] frames =
        [
            ("ping", WireFrame.Ping([1])), ("empty ping", WireFrame.Ping([])), ("pong", WireFrame.Pong([1])),
            ("empty pong", WireFrame.Pong([])), ("close", WireFrame.Close(1000)), ("empty close", WireFrame.CloseEmpty()),
        ];
        foreach ((string name, WireFrame frame) in frames)
        {
            WireFrame fragment = frame with { Fin = false };
            yield return new($"fragmented {name}", "5.5", [fragment, Last("")], WireEvent.ProtocolError);
            yield return new($"fragmented {name} alone", "5.5", [fragment], WireEvent.ProtocolError);
            yield return new(
                $"fragmented {name} between fragments", "5.5", [First("He"), fragment, Last("llo")], WireEvent.ProtocolError);
        }
    }
}
