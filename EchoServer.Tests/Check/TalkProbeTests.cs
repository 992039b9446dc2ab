using EchoServer.Check;

namespace EchoServer.Tests.Check;

/// <summary>The conversation: with this server, and with peers that echo wrong, cut, limit or keep silent.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class TalkProbeTests
{
    private static readonly string[] SkippedHere = ["dns", "proxy", "tls", "compression"];

    [TestCase("/", "'Hi, this is the Echo-Server', the EchoServer's own; echoes begin with 'Echo: '")]
    [TestCase("/raw", "none; echoes come as they are")]
    public async Task This_server_passes_all(string path, string greeting)
    {
        Checks checks = await Checks.RunAsync(SharedServers.Default.Url(path).AbsoluteUri);
        Assert.That(checks.Which(Outcome.Fail).Concat(checks.Which(Outcome.Warn)), Is.Empty);
        Assert.That(checks.Which(Outcome.Skip), Is.EqualTo(SkippedHere));
        checks.Expect("http", Outcome.Pass, "EchoServer ");
        checks.Expect("http", Outcome.Pass, "nothing shows a router on the way");
        checks.Expect("greeting", Outcome.Pass, greeting);
        checks.Expect("sizes", Outcome.Pass, "1 MiB came back");
        checks.Expect("round-trip", Outcome.Pass, "a GET of /health: p50");
        checks.Expect("close", Outcome.Pass, "the server's own arrived: Close 1002 ProtocolError");
    }

    [Test]
    public async Task Another_echo_passes_what_does_not_need_this_server()
    {
        using ScriptedServer server = EchoScripts.Server((_, _, message) => EchoScripts.Good(message));
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        Assert.That(checks.Which(Outcome.Fail).Concat(checks.Which(Outcome.Warn)), Is.Empty);
        Assert.That(checks.Which(Outcome.Skip), Is.EqualTo((string[])[.. SkippedHere, "subprotocol", "headers"]));
        checks.Expect("http", Outcome.Pass, "404 Not Found: not an EchoServer");
        checks.Expect("close", Outcome.Pass, "code and reason of our Close came back");
    }

    [Test]
    [WholeMachine]
    public async Task The_ws_package_of_Node_passes()
    {
        Requires.NodePeers();
        await using ScriptPeer server = await ScriptPeer.StartNodeAsync(
            "const { WebSocketServer } = require('ws'); const s = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 100000, perMessageDeflate: { threshold: 0 } });" +
            "s.on('connection', c => { c.on('error', () => {}); c.on('message', (m, b) => c.send(m, { binary: b })); }); s.on('listening', () => console.log(s.address().port));");
        Checks checks = await Checks.RunEchoAsync($"ws://127.0.0.1:{server.Port}/");
        Assert.That(checks.Which(Outcome.Fail), Is.Empty);
        checks.Expect("http", Outcome.Pass, "426 Upgrade Required");
        checks.Expect("sizes", Outcome.Warn, "100000 bytes pass, one more does not: Close 1009 MessageTooBig", "most likely the server's own", "maxPayload");
        checks.Expect("compression", Outcome.Pass, "permessage-deflate");
        checks.Expect("compression", Outcome.Pass, "the echo came compressed");
    }

    [TestCase(true, Outcome.Warn, "drops Sec-WebSocket-Extensions")]
    [TestCase(false, Outcome.Skip, "")]
    public async Task Compression_that_the_server_has_and_that_is_not_agreed_on_was_dropped_on_the_way(bool compresses, Outcome outcome, string cause)
    {
        string info = HttpReply.Get(SharedServers.Default.Port, "/info").Text.Replace("\"compression\": false", $"\"compression\": {(compresses ? "true" : "false")}");
        using ScriptedServer server = ScriptedServer.Echoing(
            (_, _, message) => EchoScripts.Good(message),
            (request, _) => request.Contains("Upgrade: websocket", StringComparison.Ordinal)
                ? ScriptedServer.Accept(request)
                : $"HTTP/1.1 200 OK\r\nContent-Length: {Encoding.UTF8.GetByteCount(info)}\r\nConnection: close\r\n\r\n{info}");
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Pass, "EchoServer ");
        checks.Expect("compression", outcome, "", cause);
    }

    [Test]
    public async Task A_wrong_echo_is_named()
    {
        using ScriptedServer server = EchoScripts.Server((_, _, message) =>
            EchoScripts.Good(message.Opcode == WireFrame.BinaryOpcode ? message with { Payload = [.. message.Payload[..^1], 7] } : message));
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("text", Outcome.Pass, "echoed");
        checks.Expect("binary", Outcome.Fail, "the echo differs from byte 255 on", "not what was sent", "check the path");
    }

    [Test]
    public async Task An_echo_that_loses_characters_is_named()
    {
        using ScriptedServer server = EchoScripts.Server((_, _, message) => EchoScripts.Good(
            message.Opcode == WireFrame.TextOpcode ? message with { Payload = Encoding.ASCII.GetBytes(Encoding.UTF8.GetString(message.Payload)) } : message));
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("utf8", Outcome.Fail, "instead of", "alters messages");
        checks.Expect("binary", Outcome.Pass, "echoed");
    }

    [Test]
    public async Task A_server_that_does_not_echo_is_named_and_not_asked_for_echoes()
    {
        using ScriptedServer server = EchoScripts.Server((_, _, message) => message.Opcode == WireFrame.PingOpcode ? EchoScripts.Good(message) : []);
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri, connection: options => options with { Timeout = Wait.Lapse });
        checks.Expect("greeting", Outcome.Fail, "nothing within 3 s", "no echo came within 3 s");
        checks.Expect("text", Outcome.Skip, "needs an echo");
        checks.Expect("ping", Outcome.Pass, "pong");
        checks.Expect("close", Outcome.Pass, "answered with Close 1000");
    }

    [Test]
    public async Task A_server_that_only_talks_is_named()
    {
        using ScriptedServer server = EchoScripts.Server((_, _, _) => Enumerable.Repeat(WireFrame.Text("news"), 30));
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri, connection: options => options with { Timeout = Wait.Lapse });
        checks.Expect("greeting", Outcome.Fail, "none of them the echo", "this is not an echo server");
    }

    [Test]
    public async Task Pings_that_are_swallowed_are_named()
    {
        using ScriptedServer server = EchoScripts.Server((_, _, message) => message.Opcode == WireFrame.PingOpcode ? [] : EchoScripts.Good(message));
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri, connection: options => options with { Timeout = Wait.Lapse });
        checks.Expect("ping", Outcome.Fail, "no pong", "swallows them", "messages instead of pings");
        checks.Expect("round-trip", Outcome.Pass, "20 echoes");
    }

    [Test]
    public async Task A_limit_on_the_size_is_found_to_the_byte([Values] bool says1009)
    {
        const int limit = 70_001;
        using ScriptedServer server = EchoScripts.Server((_, _, message) => message.Payload.Length <= limit
            ? EchoScripts.Good(message)
            : says1009 ? [WireFrame.Close(1009, "over it")] : EchoScripts.Cut);
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("sizes", says1009 ? Outcome.Warn : Outcome.Fail, "70001 bytes pass, one more does not", "70001 bytes");
        Assert.That(checks["sizes"].Facts, Does.Contain(new Fact("largestBytes", 70_001L)));
        checks.Expect("round-trip", Outcome.Pass, "20 echoes");
    }

    [TestCase(1003, 0, "binary", "does not take this kind of message")]
    [TestCase(1011, 1000, "sizes", "it failed")]
    [TestCase(1012, 1000, "sizes", "it restarts")]
    public async Task A_close_for_another_reason_than_size_is_no_limit(int code, int from, string probe, string cause)
    {
        using ScriptedServer server = EchoScripts.Server((_, _, message) =>
            message.Opcode == WireFrame.BinaryOpcode && message.Payload.Length > from ? [WireFrame.Close(code, "")] : EchoScripts.Good(message));
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect(probe, Outcome.Fail, $"Close {code}", cause);
        Assert.That(checks["sizes"].Fault?.Cause ?? "", Does.Not.Contain("limits messages"));
        if (probe == "binary")
        {
            checks.Expect("sizes", Outcome.Skip, "needs the echo of binary messages");
        }
    }

    [Test]
    public async Task The_servers_own_limit_is_no_failure()
    {
        await using InProcessServer server = SiteServer.Start(new EchoServer.Server.ServerOptions { MaxMessageBytes = 100_000 });
        Checks checks = await Checks.RunAsync($"ws://127.0.0.1:{server.Port}/raw");
        checks.Expect("sizes", Outcome.Pass, "up to 100000 bytes, which is the server's own limit");
    }

    [Test]
    public async Task A_Close_that_gets_lost_is_named()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            while (peer.ReadFrame() is WireFrame frame && frame.Opcode != WireFrame.CloseOpcode)
            {
                peer.Send(WireFrame.Join(EchoScripts.Good(frame).Select(echo => echo with { Masked = false })).AsSpan());
            }
        });
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("close", Outcome.Fail, "our Close was answered with the end of the stream (FIN)", "the server's Close was lost", "1006");
    }

    [Test]
    public async Task A_reply_with_another_code_is_a_warning()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            while (peer.ReadFrame() is WireFrame frame)
            {
                WireFrame answer = frame.Opcode == WireFrame.CloseOpcode ? WireFrame.Close(1000, "") : EchoScripts.Good(frame).Single();
                peer.Send(answer with { Masked = false });
            }
        });
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("close", Outcome.Warn, "answered with Close 1000 NormalClosure", "does not repeat our code");
    }

    [Test]
    public async Task A_broken_frame_is_named_and_cannot_drive_the_terminal()
    {
        using ScriptedServer server = EchoScripts.Server((_, number, message) =>
            number == 0 ? [WireFrame.Text("\u001b]0;title\u0007"), message] : [new WireFrame(0x3, [])]);
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri, connection: options => options with { Timeout = Wait.Lapse });
        checks.Expect("greeting", Outcome.Pass, "'\\u{1b}]0;title\\u{7}'");
        checks.Expect("text", Outcome.Fail, "a broken frame", "broke the WebSocket protocol");
    }

    [Test]
    public async Task Many_connections_are_counted_and_their_failures_named()
    {
        int open = 0;
        using ScriptedServer server = EchoScripts.Server(
            (_, _, message) => EchoScripts.Good(message),
            peer =>
            {
                if (Interlocked.Increment(ref open) > 30)
                {
                    peer.Send(WireFrame.Close(1013, "full") with { Masked = false });
                }
            });
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri, options => options with { Connections = 50 });
        checks.Expect("connections", Outcome.Fail, "failed: Close 1013 TryAgainLater 'full'", "overloaded");
        Checks all = await Checks.RunAsync(SharedServers.Default.Url("/raw").AbsoluteUri, options => options with { Connections = 50 });
        all.Expect("connections", Outcome.Pass, "50 of 50 open at once");
    }
}
