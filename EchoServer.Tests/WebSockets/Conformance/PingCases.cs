using static EchoServer.Tests.WebSockets.Conformance.WireEvent;
using Frame = EchoServer.Tests.Support.Wire.WireFrame;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// Pings are answered with what they carried, pongs are taken in silence (RFC 6455 §5.5.2 and §5.5.3; Autobahn group 2).
/// </summary>
internal static class PingCases
{
    private const int MaxControlPayload = 125;

    // Not UTF-8: a control frame's payload is bytes.
    private static readonly byte[] NotText = [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF];

    private static readonly byte[] TooLong = SamplePayload.Binary(MaxControlPayload + 1);

    public static IEnumerable<ConformanceCase> All() => [.. Pings(), .. Rows(), .. Pongs()];

    private static IEnumerable<ConformanceCase> Pings()
    {
        (string Name, byte[] Payload)[] payloads =
        [
            ("no payload", []), ("text", [.. "Hello, world!"u8]), ("bytes that are not UTF-8", NotText),
            ("125 bytes", TooLong[..^1]),
        ];
        return
        [
            .. payloads.Select(row => new ConformanceCase(
                $"ping with {row.Name}", "5.5.2", [Frame.Ping(row.Payload)], Frame.Ping(row.Payload))),
            new("ping with 126 bytes", "5.5", [Frame.Ping(TooLong)], ProtocolError),
            new(
                "ping that declares 126 bytes is refused before they come", "5.5",
                [Frame.Ping([]) with { DeclaredLength = MaxControlPayload + 1, LengthForm = LengthForm.Bits16 }], ProtocolError),
        ];
    }

    private static ConformanceCase[] Rows()
    {
        Frame[] pings = [.. Enumerable.Range(0, 10).Select(i => Frame.Text($"payload-{i}") with { Opcode = Frame.PingOpcode })];
        var ten = new ConformanceCase("ten pings in a row", "5.5.2", pings, [.. pings]);
        Frame[] mixed = [Frame.Ping([1]), Frame.Text("one"), Frame.Ping([2]), Frame.Binary(NotText), Frame.Ping([3])];
        return
        [
            ten, ten with { Name = "ten pings in a row, byte by byte", ChopSize = 1 },
            new("pings around messages", "5.5.2", mixed, [.. mixed]),
        ];
    }

    private static ConformanceCase[] Pongs()
    {
        Frame heartbeat = Frame.Pong([.. "unsolicited"u8]);
        Frame longest = Frame.Pong(TooLong[..^1]);
        Frame[] tenAndText = [.. Enumerable.Repeat(heartbeat, 10), Frame.Text("after")];
        return
        [
            new("unsolicited pong", "5.5.3", [Frame.Pong([])], Frame.Pong([])),
            new("unsolicited pong with payload", "5.5.3", [heartbeat], heartbeat),
            new("unsolicited pong of 125 bytes", "5.5.3", [longest], longest),
            new("pong with 126 bytes", "5.5", [Frame.Pong(TooLong)], ProtocolError),
            new("unsolicited pong, then a ping", "5.5.3", [heartbeat, Frame.Ping(NotText)], heartbeat, Frame.Ping(NotText)),
            new("ten unsolicited pongs, then a message", "5.5.3", tenAndText, [.. tenAndText]),
        ];
    }
}
