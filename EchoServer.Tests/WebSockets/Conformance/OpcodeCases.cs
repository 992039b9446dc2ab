using static EchoServer.Tests.WebSockets.Conformance.WireEvent;
using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_"
/// (RFC 6455 §5.2; Autobahn group 4).
/// </summary>
internal static class OpcodeCases
{
    // Reserved for more kinds of data, and for more kinds of control frames.
    private static readonly int[] Reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

    public static IEnumerable<ConformanceCase> All() => Reserved.SelectMany(WithOpcode);

    private static ConformanceCase[] WithOpcode(int opcode)
    {
        Frame good = Frame.Text("good");
        var empty = new Frame(opcode, []);
        var bad = new Frame(opcode, [.. "reserved"u8]);
        string name = $"opcode {opcode}";
        return
        [
            new($"{name} without payload", "5.2", [empty], ProtocolError),
            new($"{name} with payload", "5.2", [bad], ProtocolError),
            new($"{name} as a first fragment", "5.2", [bad with { Fin = false }], ProtocolError),
            new($"{name} after a good message, then a ping", "5.2", [good, empty, Frame.Ping([])], good, ProtocolError),
            new(
                $"{name} with payload after a good message, then a ping", "5.2", [good, bad, Frame.Ping([1])], good,
                ProtocolError),
            new(
                $"{name} between two fragments", "5.2", [Frame.Text("go", fin: false), bad, Frame.More([0x6F], fin: true)],
                ProtocolError),
        ];
    }
}
