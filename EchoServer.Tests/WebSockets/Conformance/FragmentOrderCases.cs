using static EchoServer.Tests.WebSockets.Conformance.WireEvent;
using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// A message is one opening frame and then continuations up to FIN: "The fragments of one message MUST NOT be interleaved
/// between the fragments of another message" (RFC 6455 §5.4; Autobahn 5.9 to 5.18).
/// </summary>
internal static class FragmentOrderCases
{
    public static IEnumerable<ConformanceCase> All() =>
        [.. ContinuationOfNothing(true), .. ContinuationOfNothing(false), .. MessageInsideMessage()];

    private static ConformanceCase[] ContinuationOfNothing(bool fin)
    {
        string name = $"continuation with FIN {(fin ? 1 : 0)}";
        Frame stray = Frame.More([.. "stray"u8], fin);
        Frame emptyStray = Frame.More([], fin);
        Frame[] fragments = [Frame.Text("He", fin: false), Frame.More([.. "llo"u8], fin: true)];
        return
        [
            new($"{name} of nothing", "5.4", [stray], ProtocolError),
            new($"empty {name} of nothing", "5.4", [emptyStray], ProtocolError),
            new($"{name} of nothing, then a message", "5.4", [stray, Frame.Text("Hello")], ProtocolError),
            new($"{name} after a whole message", "5.4", [Frame.Text("Hello"), stray], Frame.Text("Hello"), ProtocolError),
            new($"{name} after the last fragment", "5.4", [.. fragments, stray], Frame.Text("Hello"), ProtocolError),
            new(
                $"empty {name} after the last fragment", "5.4", [.. fragments, emptyStray, Frame.Ping([])], Frame.Text("Hello"),
                ProtocolError),
            new($"{name} after a ping", "5.4", [Frame.Ping([1]), stray], Frame.Ping([1]), ProtocolError),
            new(
                $"{name} that declares 1 MiB of nothing is refused before it comes", "5.4",
                [emptyStray with { DeclaredLength = 1024 * 1024 }], ProtocolError),
        ];
    }

    private static IEnumerable<ConformanceCase> MessageInsideMessage()
    {
        (string Name, int Opcode)[] kinds = [("text", Frame.TextOpcode), ("binary", Frame.BinaryOpcode)];
        return kinds.SelectMany(outer => kinds.SelectMany(inner =>
        {
            var first = new Frame(outer.Opcode, [.. "first"u8], Fin: false);
            var second = new Frame(inner.Opcode, [.. "second"u8]);
            Frame last = Frame.More([.. "last"u8], fin: true);
            string name = $"{inner.Name} inside {outer.Name}";
            return (ConformanceCase[])
            [
                new(name, "5.4", [first, second, last], ProtocolError),
                new(
                    $"a {inner.Name} fragment inside {outer.Name}", "5.4", [first, second with { Fin = false }, last],
                    ProtocolError),
                new(
                    $"{name} after a ping and a continuation", "5.4", [first, Frame.Ping([1]), Frame.More([0x21]), second],
                    Frame.Ping([1]), ProtocolError),
                new(
                    $"empty {name} that began empty", "5.4", [first with { Payload = [] }, second with { Payload = [] }],
                    ProtocolError),
            ];
        }));
    }
}
