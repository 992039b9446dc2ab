using static EchoServer.Tests.WebSockets.Conformance.WireEvent;
using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>No extension is agreed on, so RSV1, RSV2 and RSV3 "MUST be 0" (RFC 6455 §5.2; Autobahn group 3).</summary>
internal static class ReservedBitCases
{
    public static IEnumerable<ConformanceCase> All() => Enumerable.Range(1, 7).SelectMany(WithBits);

    private static IEnumerable<ConformanceCase> WithBits(int rsv)
    {
        Frame good = Frame.Text("good");
        Frame bad = Frame.Text("bad") with { Rsv = rsv };
        (string Name, Frame Frame)[] frames =
        [
            ("text", bad), ("binary", Frame.Binary([0xFF])), ("ping", Frame.Ping([1, 2])), ("pong", Frame.Pong([])),
            ("close", Frame.Close(1000)),
            ("a first fragment", bad with { Fin = false }),
        ];
        return
        [
            .. frames.Select(row => new ConformanceCase(
                $"RSV {rsv} on {row.Name}", "5.2", [row.Frame with { Rsv = rsv }], ProtocolError)),
            new(
                $"RSV {rsv} on a continuation", "5.2",
                [good with { Fin = false }, Frame.More([0x21], fin: true) with { Rsv = rsv }], ProtocolError),
            new($"RSV {rsv} after a good message", "5.2", [good, bad], good, ProtocolError),
            new($"RSV {rsv} between a good message and a ping", "5.2", [good, bad, Frame.Ping([])], good, ProtocolError),
            new(
                $"RSV {rsv} between two fragments", "5.2",
                [Frame.Text("go", fin: false), Frame.Ping([7]) with { Rsv = rsv }, Frame.More([0x6F], fin: true)], ProtocolError),
        ];
    }
}
