namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>Messages in one frame, around every change in how a length is written (RFC 6455 §5.2; Autobahn group 1).</summary>
internal static class FramingCases
{
    // Autobahn 1.1.8 and 1.2.8.
    private const int OddChop = 997;
    private const int Largest = 65_536;

    private static readonly int[] Sizes = [0, 1, 125, 126, 127, 128, 65_535, Largest];

    public static IEnumerable<ConformanceCase> All()
    {
        foreach (int size in Sizes)
        {
            foreach ((string name, int opcode, WireEventKind kind, Func<int, byte[]> payloadOf) in SamplePayload.Kinds)
            {
                byte[] payload = payloadOf(size);
                var row = new ConformanceCase(
                    $"{name} of {size} bytes", "5.2", [new WireFrame(opcode, payload)], new WireEvent(kind, payload));
                yield return row;
                if (size == Largest)
                {
                    yield return row with { Name = $"{row.Name} in pieces of {OddChop}", ChopSize = OddChop };
                }
            }
        }
    }
}
