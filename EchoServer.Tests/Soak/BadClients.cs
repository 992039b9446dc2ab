using EchoServer.Tests.Attacks;

namespace EchoServer.Tests.Soak;

/// <summary>One visit of each bad kind. Each throws when the server does not answer it as it should.</summary>
internal static class BadClients
{
    public const int MaxMessageBytes = 256 * 1024;

    // RFC 6455 §7.4.1
    private const int ProtocolError = 1002;
    private const int InvalidPayload = 1007;
    private const int PolicyViolation = 1008;
    private const int MessageTooBig = 1009;
    private const int SmallBuffer = 4096;

    private static readonly byte[] LargeMessage = WireFrame.Binary(new byte[64 * 1024]).ToBytes();
    private static readonly byte[] ManyPings = WireFrame.Join(Enumerable.Repeat(WireFrame.Ping(new byte[125]), 500));
    private static readonly TimeSpan TricklePause = TimeSpan.FromMilliseconds(100);

    private static readonly (WireFrame Frame, int CloseCode)[] Violations =
    [
        (WireFrame.Text("unmasked") with { Masked = false }, ProtocolError),
        (WireFrame.Text("reserved bit") with { Rsv = 4 }, ProtocolError),
        (new WireFrame(Opcode: 3, []), ProtocolError),
        (WireFrame.Ping([1]) with { Fin = false }, ProtocolError),
        (WireFrame.Ping(new byte[126]), ProtocolError),
        (WireFrame.More([1], fin: true), ProtocolError),
        (WireFrame.Close(1005), ProtocolError),
        (WireFrame.Text([0xC0, 0x80]), InvalidPayload),
    ];

    /// <summary>Resets the connection: before the request, after the upgrade, in a message, or with echoes under way.</summary>
    public static async Task ResetAsync(int port, Random random, CancellationToken patience)
    {
        int stage = random.Next(4);
        using Attacker peer = await (stage > 0 ? Attacker.OpenAsync(port, patience) : Attacker.ConnectAsync(port, patience));
        if (stage > 1)
        {
            await peer.SendAsync(stage == 2 ? LargeMessage.AsMemory(0, random.Next(1, LargeMessage.Length)) : LargeMessage);
        }

        peer.Reset();
    }

    public static Task ReadNothingAsync(int port, Random random, CancellationToken patience) =>
        FloodAsync(port, LargeMessage, patience);

    public static Task FloodWithPingsAsync(int port, Random random, CancellationToken patience) =>
        FloodAsync(port, ManyPings, patience);

    public static async Task LeaveMessageUnfinishedAsync(int port, Random random, CancellationToken patience)
    {
        using Attacker peer = await Attacker.OpenAsync(port, patience);
        byte[] beginning = (WireFrame.Binary(new byte[random.Next(1, 32 * 1024)]) with { DeclaredLength = MaxMessageBytes }).ToBytes();
        await peer.SendAsync(beginning);
        await peer.ExpectCloseAsync(PolicyViolation);
    }

    public static async Task TrickleHandshakeAsync(int port, Random random, CancellationToken patience)
    {
        using Attacker peer = await Attacker.ConnectAsync(port, patience);
        byte[] request = Encoding.ASCII.GetBytes(RawPeer.UpgradeRequest());
        Task<string> answer = peer.ReadHeadAsync();
        for (int sent = 0; !answer.IsCompleted && sent < request.Length - 1; sent++)
        {
            await peer.SendAsync(request.AsMemory(sent, 1));
            await Task.WhenAny(answer, Task.Delay(TricklePause, patience));
        }

        if (!(await answer).StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"a trickled handshake was answered with {await answer}");
        }
    }

    public static async Task BreakRuleAsync(int port, Random random, CancellationToken patience)
    {
        using Attacker peer = await Attacker.OpenAsync(port, patience);
        (WireFrame frame, int closeCode) = Violations[random.Next(Violations.Length)];
        await peer.SendAsync(frame.ToBytes());
        await peer.ExpectCloseAsync(closeCode);
    }

    public static async Task SendTooMuchAsync(int port, Random random, CancellationToken patience)
    {
        using Attacker peer = await Attacker.OpenAsync(port, patience);
        bool isFragmented = random.Next(2) == 0;
        byte[] some = new byte[random.Next(1, 32 * 1024)];
        byte[] message = isFragmented
            ? WireFrame.Join(WireFrame.Binary(some, fin: false), WireFrame.More([1]) with { DeclaredLength = MaxMessageBytes })
            : (WireFrame.Binary(some) with { DeclaredLength = MaxMessageBytes + 1 }).ToBytes();
        await peer.SendAsync(message);
        await peer.ExpectCloseAsync(MessageTooBig);
    }

    private static async Task FloodAsync(int port, byte[] bytes, CancellationToken patience)
    {
        using Attacker peer = await Attacker.OpenAsync(port, patience, SmallBuffer);
        await peer.FloodUntilCutAsync(bytes);
    }
}
