using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>Large messages: whole, in fragments, in pieces (RFC 6455 §5.4 and §5.6; Autobahn group 9).</summary>
internal static class LargeMessageCases
{
    private const int KiB = 1024;
    private const int MiB = KiB * KiB;

    private static readonly int[] Sizes = [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB];
    private static readonly int[] FragmentSizes = [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB];
    private static readonly int[] ChopSizes = [128, 256, 512, KiB];

    public static IEnumerable<ConformanceCase> All() =>
        SamplePayload.Kinds.SelectMany(kind => Of(kind.Name, kind.Opcode, kind.PayloadOf));

    private static IEnumerable<ConformanceCase> Of(string name, int opcode, Func<int, byte[]> payloadOf)
    {
        var four = new Frame(opcode, payloadOf(4 * MiB));
        var one = new Frame(opcode, payloadOf(MiB));
        return
        [
            .. Sizes.Select(size => Whole($"{size / KiB} KiB", new Frame(opcode, payloadOf(size)))),
            .. FragmentSizes.Select(size => new ConformanceCase(
                $"{name} of 4 MiB in fragments of {size} bytes", "5.4", SamplePayload.Fragments(opcode, four.Payload, size),
                four)),
            .. ChopSizes.Select(size => Whole($"1 MiB in pieces of {size} bytes", one) with { ChopSize = size }),
        ];

        ConformanceCase Whole(string how, Frame message) =>
            new($"{name} of {how}", "5.6", SamplePayload.Whole(opcode, message.Payload), message);
    }
}
