namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// A message is one opening frame and then continuations up to FIN: "The fragments of one message MUST NOT be interleaved
/// between the fragments of another message" (RFC 6455 §5.4; Autobahn 5.9 to 5.18).
/// </summary>
internal static class FragmentOrderCases
{
    private const string Section = "5.4";

    public static IEnumerable<ConformanceCase> All() => [.. ContinuationOfNothing(), .. MessageInsideMessage()];

    private static IEnumerable<ConformanceCase> ContinuationOfNothing()
    {
        foreach (bool fin in (bool[])[true, false])
        {
            int bit = fin ? 1 : 0;
            WireFrame stray = WireFrame.More("stray"u8.ToArray(), fin);
            WireFrame emptyStray = WireFrame.More([], fin);
            WireFrame begin = WireFrame.Text("He", fin: false);
            WireFrame end = WireFrame.More("llo"u8.ToArray(), fin: true);
            yield return new($"continuation with FIN {bit} of nothing", Section, [stray], WireEvent.ProtocolError);
            yield return new($"empty continuation with FIN {bit} of nothing", Section, [emptyStray], WireEvent.ProtocolError);
            yield return new(
                $"continuation with FIN {bit} of nothing, then a message", Section, [stray, WireFrame.Text("Hello")],
                WireEvent.ProtocolError);
            yield return new(
                $"continuation with FIN {bit} after a whole message", Section, [WireFrame.Text("Hello"), stray],
                WireEvent.Text("Hello"), WireEvent.ProtocolError);
            yield return new(
                $"continuation with FIN {bit} after the last fragment", Section, [begin, end, stray],
                WireEvent.Text("Hello"), WireEvent.ProtocolError);
            yield return new(
                $"empty continuation with FIN {bit} after the last fragment", Section,
                [begin, end, emptyStray, WireFrame.Ping([])],
                WireEvent.Text("Hello"), WireEvent.ProtocolError);
            yield return new(
                $"continuation with FIN {bit} after a ping", Section, [WireFrame.Ping([1]), stray],
                WireEvent.Ping([1]), WireEvent.ProtocolError);
            yield return new(
                $"continuation with FIN {bit} that declares 1 MiB of nothing is refused before it comes", Section,
                [emptyStray with { DeclaredLength = 1024 * 1024 }], WireEvent.ProtocolError);
        }
    }

    private static IEnumerable<ConformanceCase> MessageInsideMessage()
    {
        (string Name, int Opcode)[] kinds = [("text", WireFrame.TextOpcode), ("binary", WireFrame.BinaryOpcode)];
        foreach ((string outerName, int outer) in kinds)
        {
            foreach ((string innerName, int inner) in kinds)
            {
                var first = new WireFrame(outer, "first"u8.ToArray(), Fin: false);
                var second = new WireFrame(inner, "second"u8.ToArray());
                WireFrame last = WireFrame.More("last"u8.ToArray(), fin: true);
                yield return new($"{innerName} inside {outerName}", Section, [first, second, last], WireEvent.ProtocolError);
                yield return new(
                    $"a {innerName} fragment inside {outerName}", Section, [first, second with { Fin = false }, last],
                    WireEvent.ProtocolError);
                yield return new(
                    $"{innerName} inside {outerName} after a ping and a continuation", Section,
                    [first, WireFrame.Ping([1]), WireFrame.More([0x21]), second], WireEvent.Ping([1]), WireEvent.ProtocolError);
                yield return new(
                    $"empty {innerName} inside {outerName} that began empty", Section,
                    [first with { Payload = [] }, second with { Payload = [] }], WireEvent.ProtocolError);
            }
        }
    }
}
