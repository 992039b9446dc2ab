using System.Text;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// Pings are answered with what they carried, pongs are taken in silence (RFC 6455 §5.5.2 and §5.5.3; Autobahn group 2).
/// </summary>
internal static class PingCases
{
    private const int MaxControlPayload = 125;

    // Not UTF-8: a control frame's payload is bytes.
    private static readonly byte[] NotText = [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF];

    public static IEnumerable<ConformanceCase> All() => [.. Pings(), .. Rows(), .. Pongs()];

    private static IEnumerable<ConformanceCase> Pings()
    {
        (string Name, byte[] Payload)[] payloads =
        [
            ("no payload", []), ("text", "Hello, world!"u8.ToArray()), ("bytes that are not UTF-8", NotText),
            ("125 bytes", SamplePayload.Binary(MaxControlPayload)),
        ];
        foreach ((string name, byte[] payload) in payloads)
        {
            yield return new($"ping with {name}", "5.5.2", [WireFrame.Ping(payload)], WireEvent.Ping(payload));
        }

        byte[] tooLong = SamplePayload.Binary(MaxControlPayload + 1);
        yield return new("ping with 126 bytes", "5.5", [WireFrame.Ping(tooLong)], WireEvent.ProtocolError);
        yield return new(
            "ping that declares 126 bytes is refused before they come", "5.5",
            [WireFrame.Ping([]) with { DeclaredLength = MaxControlPayload + 1, LengthForm = LengthForm.Bits16 }],
            WireEvent.ProtocolError);
    }

    private static IEnumerable<ConformanceCase> Rows()
    {
        byte[][] payloads = [.. Enumerable.Range(0, 10).Select(i => Encoding.UTF8.GetBytes($"payload-{i}"))];
        var ten = new ConformanceCase(
            "ten pings in a row", "5.5.2", [.. payloads.Select(WireFrame.Ping)], [.. payloads.Select(p => WireEvent.Ping(p))]);
        yield return ten;
        yield return ten with { Name = "ten pings in a row, byte by byte", ChopSize = 1 };
        yield return new(
            "pings around messages", "5.5.2",
            [WireFrame.Ping([1]), WireFrame.Text("one"), WireFrame.Ping([2]), WireFrame.Binary(NotText), WireFrame.Ping([3])],
            WireEvent.Ping([1]), WireEvent.Text("one"), WireEvent.Ping([2]), WireEvent.Binary(NotText),
            WireEvent.Ping([3]));
    }

    private static IEnumerable<ConformanceCase> Pongs()
    {
        byte[] heartbeat = "unsolicited"u8.ToArray();
        byte[] longest = SamplePayload.Binary(MaxControlPayload);
        byte[] tooLong = SamplePayload.Binary(MaxControlPayload + 1);
        yield return new("unsolicited pong", "5.5.3", [WireFrame.Pong([])], WireEvent.Pong([]));
        yield return new("unsolicited pong with payload", "5.5.3", [WireFrame.Pong(heartbeat)], WireEvent.Pong(heartbeat));
        yield return new("unsolicited pong of 125 bytes", "5.5.3", [WireFrame.Pong(longest)], WireEvent.Pong(longest));
        yield return new("pong with 126 bytes", "5.5", [WireFrame.Pong(tooLong)], WireEvent.ProtocolError);
        yield return new(
            "unsolicited pong, then a ping", "5.5.3", [WireFrame.Pong(heartbeat), WireFrame.Ping(NotText)],
            WireEvent.Pong(heartbeat), WireEvent.Ping(NotText));
        yield return new(
            "ten unsolicited pongs, then a message", "5.5.3",
            [.. Enumerable.Repeat(WireFrame.Pong(heartbeat), 10), WireFrame.Text("after")],
            [.. Enumerable.Repeat(WireEvent.Pong(heartbeat), 10), WireEvent.Text("after")]);
    }
}
