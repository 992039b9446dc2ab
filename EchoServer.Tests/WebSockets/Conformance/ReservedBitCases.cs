namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>No extension is agreed on, so RSV1, RSV2 and RSV3 "MUST be 0" (RFC 6455 §5.2; Autobahn group 3).</summary>
internal static class ReservedBitCases
{
    private const string Section = "5.2";

    public static IEnumerable<ConformanceCase> All() => Enumerable.Range(1, 7).SelectMany(WithBits);

    private static IEnumerable<ConformanceCase> WithBits(int rsv)
    {
        WireFrame good = WireFrame.Text("good");
        WireFrame bad = WireFrame.Text("bad") with { Rsv = rsv };
        (string Name, WireFrame Frame)[] frames =
        [
            ("text", bad), ("binary", WireFrame.Binary([0xFF])), ("ping", WireFrame.Ping([1, 2])), ("pong", WireFrame.Pong([])),
            ("close", WireFrame.Close(WireEvent.NormalClosure)), ("a first fragment", WireFrame.Text("bad", fin: false)),
        ];
        foreach ((string name, WireFrame frame) in frames)
        {
            yield return new($"RSV {rsv} on {name}", Section, [frame with { Rsv = rsv }], WireEvent.ProtocolError);
        }

        yield return new(
            $"RSV {rsv} on a continuation", Section,
            [WireFrame.Text("good", fin: false), WireFrame.More([0x21], fin: true) with { Rsv = rsv }], WireEvent.ProtocolError);
        yield return new(
            $"RSV {rsv} after a good message", Section, [good, bad], WireEvent.Text("good"), WireEvent.ProtocolError);
        yield return new(
            $"RSV {rsv} between a good message and a ping", Section, [good, bad, WireFrame.Ping([])],
            WireEvent.Text("good"), WireEvent.ProtocolError);
        yield return new(
            $"RSV {rsv} between two fragments", Section,
            [WireFrame.Text("go", fin: false), WireFrame.Ping([7]) with { Rsv = rsv }, WireFrame.More([0x6F], fin: true)],
            WireEvent.ProtocolError);
    }
}
