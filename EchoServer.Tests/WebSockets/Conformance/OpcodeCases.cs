namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_"
/// (RFC 6455 §5.2; Autobahn group 4).
/// </summary>
internal static class OpcodeCases
{
    private const string Section = "5.2";

    // Reserved for more kinds of data, and for more kinds of control frames.
    private static readonly int[] Reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

    public static IEnumerable<ConformanceCase> All() => Reserved.SelectMany(WithOpcode);

    private static IEnumerable<ConformanceCase> WithOpcode(int opcode)
    {
        WireFrame good = WireFrame.Text("good");
        var empty = new WireFrame(opcode, []);
        var bad = new WireFrame(opcode, "reserved"u8.ToArray());
        yield return new($"opcode {opcode} without payload", Section, [empty], WireEvent.ProtocolError);
        yield return new($"opcode {opcode} with payload", Section, [bad], WireEvent.ProtocolError);
        yield return new($"opcode {opcode} as a first fragment", Section, [bad with { Fin = false }], WireEvent.ProtocolError);
        yield return new(
            $"opcode {opcode} after a good message, then a ping", Section, [good, empty, WireFrame.Ping([])],
            WireEvent.Text("good"), WireEvent.ProtocolError);
        yield return new(
            $"opcode {opcode} with payload after a good message, then a ping", Section, [good, bad, WireFrame.Ping([1])],
            WireEvent.Text("good"), WireEvent.ProtocolError);
        yield return new(
            $"opcode {opcode} between two fragments", Section,
            [WireFrame.Text("go", fin: false), bad, WireFrame.More([0x6F], fin: true)], WireEvent.ProtocolError);
    }
}
