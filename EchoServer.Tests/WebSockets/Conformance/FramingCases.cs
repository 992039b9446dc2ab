using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>Messages in one frame, around every change in how a length is written (RFC 6455 §5.2; Autobahn group 1).</summary>
internal static class FramingCases
{
    // Autobahn 1.1.8 and 1.2.8.
    private const int OddChop = 997;
    private const int Largest = 65_536;

    private static readonly int[] Sizes = [0, 1, 125, 126, 127, 128, 65_535, Largest];

    public static IEnumerable<ConformanceCase> All() =>
        from size in Sizes
        from kind in SamplePayload.Kinds
        from chop in size == Largest ? (int?[])[null, OddChop] : [null]
        let frame = new Frame(kind.Opcode, kind.PayloadOf(size))
        let pieces = chop is null ? "" : $" in pieces of {chop}"
        select new ConformanceCase($"{kind.Name} of {size} bytes{pieces}", "5.2", [frame], frame)
        {
            ChopSize = chop,
        };
}
