using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>Messages in more fragments than any sender means well with (RFC 6455 §5.4; Autobahn group 10).</summary>
internal static class ManyFragmentCases
{
    private const int Many = 10_000;

    // Autobahn 10.1.1.
    private const int AutobahnBytes = 65_536;
    private const int AutobahnFragment = 1300;

    public static IEnumerable<ConformanceCase> All() =>
        SamplePayload.Kinds.SelectMany(kind => Of(kind.Name, kind.Opcode, kind.PayloadOf));

    private static ConformanceCase[] Of(string name, int opcode, Func<int, byte[]> payloadOf)
    {
        var message = new Frame(opcode, payloadOf(AutobahnBytes));
        var many = new Frame(opcode, payloadOf(Many));
        return
        [
            new(
                $"{name} of {AutobahnBytes} bytes in fragments of {AutobahnFragment}", "5.4",
                SamplePayload.Fragments(opcode, message.Payload, AutobahnFragment), message),
            new($"{name} in {Many} fragments of one byte", "5.4", SamplePayload.Fragments(opcode, many.Payload, 1), many),
            new(
                $"{name} in {Many} empty fragments and one of one byte", "5.4",
                [new(opcode, [], Fin: false), .. Enumerable.Repeat(Frame.More([]), Many - 1), Frame.More([0x21], fin: true)],
                new Frame(opcode, [0x21])),
        ];
    }
}
