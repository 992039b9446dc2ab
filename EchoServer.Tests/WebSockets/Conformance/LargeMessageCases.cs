namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>Large messages: whole, in fragments, in pieces (RFC 6455 §5.4 and §5.6; Autobahn group 9).</summary>
internal static class LargeMessageCases
{
    private const int KiB = 1024;
    private const int MiB = KiB * KiB;

    private static readonly int[] Sizes = [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB];
    private static readonly int[] FragmentSizes =
        [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB];
    private static readonly int[] ChopSizes = [128, 256, 512, KiB];

    public static IEnumerable<ConformanceCase> All() =>
        SamplePayload.Kinds.SelectMany(kind => Of(kind.Name, kind.Opcode, kind.Kind, kind.PayloadOf));

    private static IEnumerable<ConformanceCase> Of(string name, int opcode, WireEventKind kind, Func<int, byte[]> payloadOf)
    {
        foreach (int size in Sizes)
        {
            byte[] payload = payloadOf(size);
            yield return new(
                $"{name} of {size / KiB} KiB", "5.6", SamplePayload.Whole(opcode, payload), new WireEvent(kind, payload));
        }

        byte[] four = payloadOf(4 * MiB);
        foreach (int size in FragmentSizes)
        {
            yield return new(
                $"{name} of 4 MiB in fragments of {size} bytes", "5.4", SamplePayload.Fragments(opcode, four, size),
                new WireEvent(kind, four));
        }

        byte[] one = payloadOf(MiB);
        foreach (int size in ChopSizes)
        {
            yield return new(
                $"{name} of 1 MiB in pieces of {size} bytes", "5.6", SamplePayload.Whole(opcode, one), new WireEvent(kind, one))
            {
                ChopSize = size,
            };
        }
    }
}
