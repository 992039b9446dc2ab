using static EchoServer.Tests.WebSockets.Conformance.WireEvent;
using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>Messages in fragments, and what may come between those (RFC 6455 §5.4; Autobahn group 5).</summary>
internal static class FragmentationCases
{
    private static readonly byte[] NotText = [0xFF, 0x00, 0xFE];

    private static Frame Hello { get; } = Frame.Text("Hello");

    public static IEnumerable<ConformanceCase> All() => [.. Whole(), .. Empty(), .. ControlBetween(), .. FragmentedControl()];

    private static Frame First(string text) => Frame.Text(text, fin: false);

    private static Frame Middle(string text) => First(text) with { Opcode = Frame.Continuation };

    private static Frame Last(string text) => Middle(text) with { Fin = true };

    private static ConformanceCase[] Whole()
    {
        Frame[] text = [First("He"), Last("llo")];
        Frame[] binary = [Frame.Binary(NotText, fin: false), Frame.More(NotText, fin: true)];
        Frame twice = Frame.Binary([.. NotText, .. NotText]);
        return
        [
            new("text in two", "5.4", text, Hello),
            new("text in three", "5.4", [First("He"), Middle("l"), Last("lo")], Hello),
            new("text in five", "5.4", [First("H"), Middle("e"), Middle("l"), Middle("l"), Last("o")], Hello),
            new("binary in two", "5.4", binary, twice),
            new(
                "binary in three", "5.4", [binary[0], Frame.More(NotText), binary[1]],
                Frame.Binary([.. twice.Payload, .. NotText])),
            new("text in fragments, then binary in fragments", "5.4", [.. text, .. binary], Hello, twice),
            new("binary in fragments, then text in fragments", "5.4", [.. binary, .. text], twice, Hello),
            new("text, then binary, each whole", "5.4", [Hello, Frame.Binary(NotText)], Hello, Frame.Binary(NotText)),
            new(
                "whole, in fragments, whole", "5.4", [Frame.Text("one"), First("t"), Last("wo"), Frame.Binary(NotText)],
                Frame.Text("one"), Frame.Text("two"), Frame.Binary(NotText)),
        ];
    }

    private static IEnumerable<ConformanceCase> Empty()
    {
        (string Name, string[] Parts)[] rows =
        [
            ("first", ["", "He", "llo"]), ("middle", ["He", "", "llo"]), ("last", ["He", "llo", ""]),
            ("first of two", ["", "Hello"]), ("last of two", ["Hello", ""]), ("all but the middle", ["", "Hello", ""]),
            ("every one of two", ["", ""]), ("every one of three", ["", "", ""]),
        ];
        return rows.SelectMany(row =>
        {
            Frame whole = Frame.Text(string.Concat(row.Parts));
            Frame[] frames = [First(row.Parts[0]), .. row.Parts[1..^1].Select(Middle), Last(row.Parts[^1])];
            return (ConformanceCase[])
            [
                new($"empty text fragment: {row.Name}", "5.4", frames, whole),
                new(
                    $"empty binary fragment: {row.Name}", "5.4", [frames[0] with { Opcode = Frame.BinaryOpcode }, .. frames[1..]],
                    whole with { Opcode = Frame.BinaryOpcode }),
            ];
        });
    }

    private static ConformanceCase[] ControlBetween()
    {
        Frame first = First("He");
        Frame last = Last("llo");
        Frame one = Frame.Ping([1]);
        Frame two = Frame.Ping([2]);
        Frame longest = Frame.Ping(SamplePayload.Binary(125));
        return
        [
            new("ping between", "5.4", [first, one, last], one, Hello),
            new("empty ping between", "5.4", [first, Frame.Ping([]), last], Frame.Ping([]), Hello),
            new("pong between", "5.4", [first, Frame.Pong([1]), last], Frame.Pong([1]), Hello),
            new("pings in every gap", "5.4", [one, first, two, Middle("l"), one, Last("lo"), two], one, two, one, Hello, two),
            new(
                "two pings and a pong in one gap", "5.4", [first, one, Frame.Pong([1]), two, last], one, Frame.Pong([1]), two,
                Hello),
            new("longest ping between", "5.4", [first, longest, last], longest, Hello),
            new("ping between empty fragments", "5.4", [First(""), one, Last("")], one, Frame.Text("")),
            new("close between, which gives the message up", "5.4", [first, Frame.Close(1000), last], Frame.Close(1000)),
            new("unfinished, then a close", "5.4", [first, Frame.Close(1001)], Frame.Close(1001)),
            new(
                "unfinished after two fragments, then a close without code", "5.4", [first, Middle("l"), Frame.CloseEmpty()],
                Frame.CloseEmpty()),
        ];
    }

    /// <summary>RFC 6455 §5.5: control frames "MUST NOT be fragmented".</summary>
    private static IEnumerable<ConformanceCase> FragmentedControl()
    {
        (string Name, Frame Frame)[] frames =
        [
            ("ping", Frame.Ping([1])), ("empty ping", Frame.Ping([])), ("pong", Frame.Pong([1])), ("empty pong", Frame.Pong([])),
            ("close", Frame.Close(1000)),
            ("empty close", Frame.CloseEmpty()),
        ];
        return frames.SelectMany(row =>
        {
            Frame fragment = row.Frame with { Fin = false };
            return (ConformanceCase[])
            [
                new($"fragmented {row.Name}", "5.5", [fragment, Last("")], ProtocolError),
                new($"fragmented {row.Name} alone", "5.5", [fragment], ProtocolError),
                new($"fragmented {row.Name} between fragments", "5.5", [First("He"), fragment, Last("llo")], ProtocolError),
            ];
        });
    }
}
