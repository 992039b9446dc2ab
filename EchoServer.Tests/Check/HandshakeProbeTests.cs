using System.Net;
using System.Net.Sockets;
using EchoServer.Check;
using EchoServer.Connect;
using EchoServer.Connect.Proxies;

namespace EchoServer.Tests.Check;

/// <summary>Scripted peers that go wrong before there is a WebSocket.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class HandshakeProbeTests
{
    [TestCase("404 Not Found", "unknown_route", "no route '127.0.0.1'")]
    [TestCase("503 Service Unavailable", "no_endpoints", "no healthy instance")]
    [TestCase("503 Service Unavailable", "Connection Limit Reached", "as many connections")]
    [TestCase("502 Bad Gateway", "endpoint_failure (EOF)", "ended the connection instead of answering")]
    [TestCase("400 Bad Request", "empty_host", "no Host header")]
    [TestCase("400 Bad Request", "invalid_cf_app_instance_header", "X-Cf-App-Instance")]
    [TestCase("431 Request Header Fields Too Large", "max-request-size-exceeded", "larger than the router takes")]
    [TestCase("503 Service Unavailable", "route_service_unsupported", "route service")]
    [TestCase("525 SSL Handshake Failed", "endpoint_failure", "own TLS")]
    [TestCase("526 Invalid SSL Certificate", "endpoint_failure", "does not trust the certificate of the app's container")]
    [TestCase("496 SSL Certificate Required", "endpoint_failure", "client certificate that the router itself shows")]
    public async Task What_the_router_answers_itself_is_named(string status, string error, string cause)
    {
        using var router = Answering($"HTTP/1.1 {status}\r\nX-Cf-RouterError: {error}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
        Checks checks = await Checks.RunAsync(router.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Warn, error, cause);
        checks.Expect("upgrade", Outcome.Fail, $"answered with {status}, X-Cf-RouterError: {error}", cause);
        checks.ExpectEndAfter("upgrade");
    }

    [Test]
    public async Task A_login_is_named()
    {
        using var login = Answering("HTTP/1.1 302 Found\r\nLocation: https://login.example.org/oauth/authorize\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Checks checks = await Checks.RunAsync(login.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Warn, "302 Found: a login", "login");
        checks.Expect("upgrade", Outcome.Fail, "302 Found", "a login stands in front", "websockets");
    }

    [Test]
    public async Task A_proxy_that_answers_200_is_named()
    {
        using var proxy = Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nServer: nginx\r\nConnection: close\r\n\r\n14\r\n<title>Hello</title>\r\n0\r\n\r\n");
        Checks checks = await Checks.RunAsync(proxy.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Pass, "200 OK, Server: nginx, 'Hello': not an EchoServer");
        checks.Expect("upgrade", Outcome.Fail, "answered with 200 OK", "a page instead of a WebSocket (it says: Hello)");
    }

    [Test]
    [Slow]
    public async Task A_page_that_does_not_end_keeps_its_status()
    {
        using var endless = new ScriptedServer((peer, _) =>
        {
            peer.ReadHead();
            peer.Send("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n<title>Hello</title>");
            peer.ReadToEndAndDrop();
        });
        Checks checks = await Checks.RunAsync(endless.Url.AbsoluteUri, connection: options => options with { Timeout = Wait.Lapse });
        checks.Expect("http", Outcome.Pass, "200 OK, Server: nginx, 'Hello': not an EchoServer");
    }

    [TestCase("ws://echo.example.org/", true)]
    [TestCase("ws://echo.example.org:8080/", true)]
    [TestCase("ws://localhost/", true)]
    [TestCase("ws://localhost:8080/", false)]
    [TestCase("ws://127.0.0.1:8080/", false)]
    public void Another_port_is_looked_at_for_TLS_unless_it_is_of_this_machine(string url, bool isLookedAt) =>
        Assert.That(EchoServer.Check.Probes.Opening.TlsProbe.MayHaveTwin(new Uri(url)), Is.EqualTo(isLookedAt));

    [Test]
    public async Task A_wrong_accept_key_is_named()
    {
        using var server = Scripted(request => ScriptedServer.Accept(request).Replace("Accept: ", "Accept: x"));
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("upgrade", Outcome.Fail, "101, but Sec-WebSocket-Accept 'x", "not made for this request", "RFC 6455");
        checks.ExpectEndAfter("upgrade");
    }

    [TestCase("Upgrade: websocket\r\n", "Upgrade: websocket")]
    [TestCase("Connection: Upgrade\r\n", "Connection: Upgrade")]
    public async Task A_101_without_a_header_is_named(string line, string name)
    {
        using var server = Scripted(request => ScriptedServer.Accept(request).Replace(line, ""));
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("upgrade", Outcome.Fail, $"101, but the answer has no '{name}'", "not complete", "drops headers");
    }

    [Test]
    public async Task A_server_that_hangs_after_accept_is_named_and_bounded()
    {
        using var server = new ScriptedServer((peer, _) => peer.ReadToEndAndDrop());
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri, connection: options => options with { Timeout = Wait.Lapse });
        checks.Expect("http", Outcome.Warn, "nothing within 3 s", "the server hangs, or it is not an HTTP server");
        checks.Expect("upgrade", Outcome.Fail, "nothing within 3 s", "the server hangs, or it is not an HTTP server", "restart it");
    }

    [Test]
    public async Task A_server_that_ends_the_connection_is_named()
    {
        using var server = new ScriptedServer((peer, _) => peer.ReadHead());
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("upgrade", Outcome.Fail, "the connection ended", "instead of answering");
    }

    [Test]
    public async Task A_server_that_resets_the_connection_is_named()
    {
        using var server = new ScriptedServer((peer, _) =>
        {
            peer.ReadHead();
            peer.Reset();
        });
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("upgrade", Outcome.Fail, "connection reset", "was reset instead of an answer");
    }

    [Test]
    public async Task What_is_no_HTTP_is_named()
    {
        using var server = new ScriptedServer((peer, _) => peer.Send("220 mail.example.org ESMTP\r\n"));
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("upgrade", Outcome.Fail, "no HTTP", "speaks no HTTP: the status line '220 mail.example.org ESMTP'");
    }

    [Test]
    public async Task A_port_on_which_nothing_listens_is_named()
    {
        Checks checks = await Checks.RunAsync($"ws://127.0.0.1:{FreePort.Find()}");
        checks.Expect("tcp", Outcome.Fail, "127.0.0.1 connection refused", "nothing listens on port", "start the server");
        checks.ExpectEndAfter("tcp");
    }

    [Test]
    public async Task A_port_that_drops_packets_is_named_and_bounded()
    {
        // Linux drops what asks for a connection while the queue of a listener is full.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var server = (IPEndPoint)listener.LocalEndPoint!;
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(server);

        Checks checks = await Checks.RunAsync($"ws://127.0.0.1:{server.Port}", connection: options => options with { Timeout = Wait.Lapse });
        checks.Expect("tcp", Outcome.Fail, "127.0.0.1 nothing within 3 s", "a firewall drops the packets", "--proxy");
        checks.ExpectEndAfter("tcp");
    }

    [Test]
    public async Task A_host_that_is_not_known_is_named()
    {
        // RFC 6761: names under .invalid never resolve.
        Checks checks = await Checks.RunAsync("wss://echo.invalid");
        checks.Expect("dns", Outcome.Fail, "", "'echo.invalid'");
        checks.ExpectEndAfter("dns");
    }

    [TestCase("https://localhost:1/", "wss://localhost:1/ (https:// is taken as wss://)", Outcome.Pass, "")]
    [TestCase("wss://echo.example.org:8080/", "", Outcome.Warn, "container")]
    [TestCase("wss://192.0.2.1/", "", Outcome.Warn, "an address instead of a host name")]
    [TestCase("wss://[2001:db8::1]/", "", Outcome.Warn, "an address instead of a host name")]
    [TestCase("wss://my_app.example.org/", "", Outcome.Warn, "underscore")]
    [TestCase("wss://my_app.example.org:8080/", "", Outcome.Warn, "only 80 and 443 answer; the host name has an underscore")]
    [TestCase("wss://192.0.2.1:8080/", "", Outcome.Warn, "only 80 and 443 answer; the URL has an address")]
    [TestCase("wss://echo.example.org/", "wss://echo.example.org/", Outcome.Pass, "")]
    public void What_the_url_alone_says_is_said(string typed, string text, Outcome outcome, string cause)
    {
        Finding finding = EchoServer.Check.Probes.Opening.UrlProbe.Judge(typed, EchoServer.Commands.Options.WebSocketUrl.Parse(typed));
        Assert.That(finding.Outcome, Is.EqualTo(outcome));
        Assert.That(finding.Text, Does.Contain(text));
        Assert.That(finding.Fault?.Cause ?? "", Does.Contain(cause));
    }

    [Test]
    public async Task A_proxys_tunnel_is_used_and_its_refusal_named()
    {
        int tunnels = 0;
        using var proxy = new ScriptedServer((peer, _) =>
        {
            string request = peer.ReadHead();
            if (!request.Contains("Proxy-Authorization: Basic dTpw\r\n"))
            {
                peer.Send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
                return;
            }

            Interlocked.Increment(ref tunnels);
            Assert.That(request, Does.StartWith("CONNECT echo.invalid:80 HTTP/1.1\r\n"));
            peer.Send("HTTP/1.1 200 Connection established\r\n\r\n");
            string inner = peer.ReadHead();
            if (!inner.Contains("Upgrade: websocket"))
            {
                peer.Send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                return;
            }

            peer.Send(ScriptedServer.Accept(inner));
            ScriptedServer.EchoAll(peer, 0, (_, _, message) => [message.Opcode == WireFrame.PingOpcode ? message with { Opcode = WireFrame.PongOpcode } : message]);
        });
        Uri url = new UriBuilder(proxy.Url) { Scheme = "http" }.Uri;
        Checks refused = await Checks.RunAsync("ws://echo.invalid", connection: options => options with { Proxy = new ProxyChoice(url, null) });
        refused.Expect("proxy", Outcome.Fail, "CONNECT answered with 407", $"the proxy {url.Authority} requires authentication", $"--proxy http://USER:PASSWORD@{url.Authority}");
        refused.ExpectEndAfter("proxy");

        Checks passed = await Checks.RunAsync("ws://echo.invalid", connection: options => options with { Proxy = new ProxyChoice(url, new BasicCredentials("u", "p")) });
        passed.Expect("proxy", Outcome.Pass, "opened a tunnel");
        passed.Expect("text", Outcome.Pass, "echoed");
        Assert.That(tunnels, Is.GreaterThan(1));
    }

    [TestCase(2, 0, Outcome.Pass, "")]
    [TestCase(0, 0, Outcome.Pass, "")]
    [TestCase(2, 2, Outcome.Fail, "does not allow a tunnel to echo.invalid:80")]
    [TestCase(0, 5, Outcome.Fail, "echo.invalid:80 refuses connections from the proxy 127.0.0.1:")]
    public async Task A_SOCKS_proxys_tunnel_is_used_and_its_refusal_named(byte method, byte reply, Outcome outcome, string cause)
    {
        using var proxy = new ScriptedServer((peer, _) =>
        {
            // RFC 1928 §3 and RFC 1929: nobody in particular, or user "u" with password "p".
            if (!peer.ReadExactly(4).SequenceEqual(new byte[] { 5, 2, 0, 2 }))
            {
                return;
            }

            peer.Send([5, method]);
            if (method == 2)
            {
                bool isUser = peer.ReadExactly(5).SequenceEqual("\u0001\u0001u\u0001p"u8.ToArray());
                peer.Send([1, (byte)(isUser ? 0 : 1)]);
            }

            bool isHost = peer.ReadExactly(19).SequenceEqual("\u0005\u0001\0\u0003\u000cecho.invalid\0\u0050"u8.ToArray());
            peer.Send([5, isHost ? reply : (byte)1, 0, 1, 127, 0, 0, 1, 0, 80]);
            string inner = peer.ReadHead();
            peer.Send(inner.Contains("Upgrade: websocket") ? ScriptedServer.Accept(inner) : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            ScriptedServer.EchoAll(peer, 0, (_, _, message) => EchoScripts.Good(message));
        });
        Uri url = new UriBuilder(proxy.Url) { Scheme = "socks5" }.Uri;
        Checks checks = await Checks.RunAsync("ws://echo.invalid", connection: options => options with { Proxy = new ProxyChoice(url, new BasicCredentials("u", "p")) });
        checks.Expect("proxy", outcome, "", cause);
        Assert.That(checks["close"].Outcome, Is.EqualTo(outcome == Outcome.Pass ? Outcome.Pass : Outcome.Skip));
    }

    private static ScriptedServer Answering(string answer) => new((peer, _) =>
    {
        peer.ReadHead();
        peer.Send(answer);
    });

    /// <summary>Answers upgrades by a script, and nothing else.</summary>
    private static ScriptedServer Scripted(Func<string, string> answer) => new((peer, _) =>
    {
        string request = peer.ReadHead();
        peer.Send(request.Contains("Upgrade: websocket", StringComparison.Ordinal)
            ? answer(request)
            : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
}
