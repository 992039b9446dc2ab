namespace EchoServer.Tests.Check;

/// <summary>A healthy WebSocket app that is not an echo server: it answers pings and Close frames, and records all frames that it receives.</summary>
internal sealed class AppServer : IDisposable
{
    private readonly ScriptedServer _server;

    /// <param name="answer">What the app answers to a message.</param>
    /// <param name="onOpen">What it does when a connection opens.</param>
    /// <param name="accept">Its answer to a handshake; null agrees to no offer.</param>
    public AppServer(Func<WireFrame, IEnumerable<WireFrame>> answer, Action<RawPeer>? onOpen = null, Func<string, string>? accept = null) =>
        _server = ScriptedServer.Upgrading(
            (peer, _) =>
            {
                onOpen?.Invoke(peer);
                while (peer.ReadFrame() is WireFrame frame)
                {
                    Received.Enqueue(frame);
                    WireFrame[] frames = [.. frame.Opcode switch
                    {
                        WireFrame.PingOpcode => [frame with { Opcode = WireFrame.PongOpcode }],
                        WireFrame.CloseOpcode => [frame],
                        WireFrame.PongOpcode => [],
                        _ => answer(frame),
                    }];
                    peer.Send(WireFrame.Join(frames.Select(it => it with { Masked = false })).AsSpan());
                    if (frames.Any(it => it.Opcode == WireFrame.CloseOpcode))
                    {
                        return;
                    }
                }
            },
            (request, _) => accept?.Invoke(request) ?? ScriptedServer.Accept(request));

    /// <summary>All frames of all connections.</summary>
    public ConcurrentQueue<WireFrame> Received { get; } = [];

    public string Url => _server.Url.AbsoluteUri;

    /// <summary>Takes everything, and never sends a message.</summary>
    public static AppServer Silent() => new(_ => []);

    /// <summary>Sends messages without being asked, and answers none.</summary>
    public static AppServer Ticker() => new(_ => [], peer => new Thread(() => Tick(peer)) { IsBackground = true }.Start());

    /// <summary>Closes with 1003 on any message that is not JSON; answers JSON with a list of it.</summary>
    public static AppServer OfJson(params string[] greetings) => new(
        message => message.Payload is [(byte)'{', ..]
            ? [new WireFrame(message.Opcode, [(byte)'[', .. message.Payload, (byte)']'])]
            : [WireFrame.Close(1003, "not JSON")],
        peer => Array.ForEach(greetings, text => peer.Send(WireFrame.Text(text) with { Masked = false })));

    public void Dispose() => _server.Dispose();

    private static void Tick(RawPeer peer)
    {
        byte[] tick = (WireFrame.Text("tick") with { Masked = false }).ToBytes();
        try
        {
            while (true)
            {
                peer.Send(tick.AsSpan());
                Thread.Sleep(10);
            }
        }
        catch (Exception gone) when (gone is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The client has gone, or the test is over.
        }
    }
}
