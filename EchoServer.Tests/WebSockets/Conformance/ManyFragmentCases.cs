namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>Messages in more fragments than any sender means well with (RFC 6455 §5.4; Autobahn group 10).</summary>
internal static class ManyFragmentCases
{
    private const int Many = 10_000;

    // Autobahn 10.1.1.
    private const int AutobahnBytes = 65_536;
    private const int AutobahnFragment = 1300;

    public static IEnumerable<ConformanceCase> All()
    {
        foreach ((string name, int opcode, WireEventKind kind, Func<int, byte[]> payloadOf) in SamplePayload.Kinds)
        {
            byte[] payload = payloadOf(AutobahnBytes);
            byte[] many = payloadOf(Many);
            WireFrame first = new(opcode, [], Fin: false);
            yield return new(
                $"{name} of {AutobahnBytes} bytes in fragments of {AutobahnFragment}", "5.4",
                SamplePayload.Fragments(opcode, payload, AutobahnFragment), new WireEvent(kind, payload));
            yield return new(
                $"{name} in {Many} fragments of one byte", "5.4", SamplePayload.Fragments(opcode, many, 1),
                new WireEvent(kind, many));
            yield return new(
                $"{name} in {Many} empty fragments and one of one byte", "5.4",
                [first, .. Enumerable.Repeat(WireFrame.More([]), Many - 1), WireFrame.More([0x21], fin: true)],
                new WireEvent(kind, [0x21]));
        }
    }
}
