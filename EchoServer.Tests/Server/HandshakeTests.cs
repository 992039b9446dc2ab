namespace EchoServer.Tests.Server;

/// <summary>The opening handshake on the wire (RFC 6455 §4.2), against the server as a process of its own.</summary>
internal sealed class HandshakeTests
{
    private const string Good = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Key: " + RawPeer.Key + "\r\nSec-WebSocket-Version: 13\r\n\r\n";

    private static IEnumerable<TestCaseData> Rejections()
    {
        yield return Case("no upgrade", "GET /raw HTTP/1.1\r\nHost: h\r\n\r\n", 426, "WebSocket client");
        yield return Case("upgrade lost on the way", Good.Replace("Upgrade: websocket\r\n", ""), 426, "lost its");
        yield return Case("no Connection", Good.Replace("Connection: Upgrade\r\n", ""), 400, "'Upgrade'");
        yield return Case("no Host", Good.Replace("Host: h\r\n", ""), 400, "Host");
        yield return Case("Host with a port that is not a number", Good.Replace("Host: h", "Host: h:80x"), 400, "'h:80x' is not a host");
        yield return Case("no key", Good.Replace("Sec-WebSocket-Key: " + RawPeer.Key + "\r\n", ""), 400, "Sec-WebSocket-Key");
        yield return Case("bad key", Good.Replace(RawPeer.Key, "c2hvcnQ="), 400, "'c2hvcnQ='");
        yield return Case("POST", Good.Replace("GET", "POST"), 405, "'POST'");
        yield return Case("version 8", Good.Replace(": 13", ": 8"), 426, "'8'");
        yield return Case("HTTP/1.0", Good.Replace("HTTP/1.1", "HTTP/1.0"), 505, "'HTTP/1.0'");
        yield return Case("no request line", "hello\r\n", 400, "'hello'");
        yield return Case("endless head", "GET / HTTP/1.1\r\nA: " + new string('a', 16 * 1024), 431, "16384");
        yield return Case("101 header lines", "GET / HTTP/1.1\r\n" + string.Concat(Enumerable.Repeat("A: b\r\n", 101)), 431, "100");
        yield return Case("TLS", "\u0016\u0003\u0001\u0002", 400, "TLS");

        static TestCaseData Case(string name, string request, int status, string quoted) =>
            new TestCaseData(request, status, quoted).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(Rejections))]
    public void A_refused_request_gets_a_whole_answer_that_says_why(string request, int status, string quoted)
    {
        using var peer = new RawPeer(SharedServers.Default.Port);
        peer.Send(Encoding.Latin1.GetBytes(request));
        AssertAnswer(peer, status, quoted);
    }

    [Test]
    public void The_answer_survives_what_the_client_still_sends()
    {
        // A server that closes with input unread resets the connection, and the reset eats the answer.
        using RawPeer peer = RawPeer.Ask(SharedServers.Default.Port, "POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
        peer.Send(new byte[1_000_000]);
        AssertAnswer(peer, 405, "'POST'");
    }

    [TestCase("HEAD / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n", 405, TestName = "{m}(sound)")]
    [TestCase("HEAD / HTTP/1.1\r\nno colon\r\n\r\n", 400, TestName = "{m}(malformed)")]
    public void An_answer_to_HEAD_has_no_body(string request, int status)
    {
        using RawPeer peer = RawPeer.Ask(SharedServers.Default.Port, request);
        string answer = Encoding.UTF8.GetString(peer.ReadToEnd());
        Assert.That(answer, Does.StartWith($"HTTP/1.1 {status} ").And.EndsWith("\r\n\r\n"));
    }

    [TestCase("X-Padding: ééé", TestName = "{m}(header value outside ASCII)")]
    [TestCase("Sec-Websocket-Extensions: permessage-deflate; client_max_window_bits", TestName = "{m}(extension offered)")]
    [TestCase("Origin: https://example.org", TestName = "{m}(origin)")]
    public void An_upgrade_is_accepted_whatever_else_it_says(string line)
    {
        using RawPeer peer = RawPeer.Ask(SharedServers.Default.Port, RawPeer.UpgradeRequest("/any/path?with=query", line));
        Assert.That(peer.ReadHead(), Is.EqualTo(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"));
    }

    [Test]
    public void An_upgrade_as_the_router_sends_it_is_accepted()
    {
        // Re-cased names and the router's own headers, as observed.
        using var peer = new RawPeer(SharedServers.Default.Port);
        peer.Send(
            "GET /raw HTTP/1.1\r\nHost: echo.example.org\r\nUser-Agent: Go\r\nConnection: Upgrade\r\nSec-Websocket-Key: " + RawPeer.Key +
            "\r\nSec-Websocket-Version: 13\r\nUpgrade: websocket\r\nX-B3-Spanid: 1\r\nX-B3-Traceid: 2\r\nX-Cf-Applicationid: a\r\n" +
            "X-Cf-Instanceid: b\r\nX-Cf-Instanceindex: 0\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\n" +
            "X-Request-Start: 1\r\nX-Vcap-Request-Id: c\r\n\r\n");
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 101 "));
    }

    [Test]
    public void The_first_subprotocol_offered_is_agreed_on()
    {
        using RawPeer peer = RawPeer.Ask(SharedServers.Default.Port, RawPeer.UpgradeRequest("/", "Sec-WebSocket-Protocol: chat.v2 , chat.v1", "Sec-WebSocket-Protocol: other"));
        Assert.That(peer.ReadHead(), Does.Contain("\r\nSec-WebSocket-Protocol: chat.v2\r\n"));
    }

    [Test]
    public void A_head_split_at_any_byte_is_accepted()
    {
        byte[] request = Encoding.UTF8.GetBytes(RawPeer.UpgradeRequest());
        for (int at = 1; at < request.Length; at++)
        {
            using var peer = new RawPeer(SharedServers.Default.Port);
            peer.Send(request.AsSpan(0, at));
            peer.Send(request.AsSpan(at));
            Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 101 "), $"split at {at}");
        }
    }

    [Test]
    public void A_key_with_stray_bits_in_its_last_character_is_answered_as_it_was_sent()
    {
        // RFC 6455 §4.1, whose example this is, and §4.2.2: the accept value is made of the key's characters, not of its bytes.
        string request = Good.Replace(RawPeer.Key, "AQIDBAUGBwgJCgsMDQ4PEC==");
        using RawPeer peer = RawPeer.Ask(SharedServers.Default.Port, request);
        Assert.That(peer.ReadHead(), Is.EqualTo(ScriptedServer.Accept(request)));
    }

    [Test]
    public void Frames_in_the_packet_of_the_head_are_not_lost()
    {
        using var peer = new RawPeer(SharedServers.Default.Port);
        peer.Send([.. Encoding.UTF8.GetBytes(RawPeer.UpgradeRequest("/")), .. WireFrame.Text("early").ToBytes(), .. WireFrame.Ping([1]).ToBytes()]);
        peer.ReadHead();
        Assert.That(peer.ReadText(), Is.EqualTo("Hi, this is the Echo-Server"));
        Assert.That(peer.ReadText(), Is.EqualTo("Echo: early"));
        Assert.That(peer.ReadOneFrame().Opcode, Is.EqualTo(WireFrame.PongOpcode));
    }

    private static void AssertAnswer(RawPeer peer, int status, string quoted)
    {
        string head = peer.ReadHead();
        string body = Encoding.UTF8.GetString(peer.ReadToEnd());
        Assert.Multiple(() =>
        {
            Assert.That(head, Does.StartWith($"HTTP/1.1 {status} "));
            Assert.That(head, Does.Contain("\r\nConnection: close"));
            Assert.That(head, Does.Contain($"\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n"));
            Assert.That(body, Does.Contain(quoted).And.EndsWith(".\n"));
        });
    }
}
