using System.Net;
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
    [TestCase("503 Service Unavailable", "Connection Limit Reached", "as many requests are under way")]
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
        using ScriptedServer router = ScriptedServer.Answering($"HTTP/1.1 {status}\r\nX-Cf-RouterError: {error}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
        Checks checks = await Checks.RunAsync(router.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Warn, error, cause);
        checks.Expect("upgrade", Outcome.Fail, $"answered with {status}, X-Cf-RouterError: {error}", cause);
        checks.ExpectEndAfter("upgrade");
    }

    [TestCase("endpoint_failure (EOF)", "503 Service Unavailable", "no_endpoints")]
    [TestCase("endpoint_failure (read tcp 10.0.0.1:1->10.0.0.2:61001: read: connection reset by peer)", "404 Not Found", "unknown_route")]
    [TestCase("endpoint_failure (read tcp 10.0.0.1:1->10.0.0.2:61001: read: connection reset by peer)", "502 Bad Gateway", "endpoint_failure (read tcp 10.0.0.1:3->10.0.0.3:61002: read: connection reset by peer)")]
    [TestCase("endpoint_failure (dial tcp 10.0.0.1:61001: connect: connection refused)", "502 Bad Gateway", "endpoint_failure (dial tcp 10.0.0.2:61002: connect: connection refused)")]
    public async Task What_follows_from_the_plain_GET_has_its_cause(string first, string status, string later)
    {
        using ScriptedServer router = Router(first, status, later);
        Checks checks = await Checks.RunAsync(router.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Warn, first);
        checks.Expect("upgrade", Outcome.Fail, $"answered with {status}, X-Cf-RouterError: {later}");
        Assert.That(checks["upgrade"].Fault, Is.EqualTo(checks["http"].Fault));
    }

    [Test]
    public async Task Another_error_of_the_router_keeps_its_own_cause()
    {
        using ScriptedServer router = Router("endpoint_failure (EOF)", "503 x", "Connection Limit Reached");
        Checks checks = await Checks.RunAsync(router.Url.AbsoluteUri);
        checks.Expect("upgrade", Outcome.Fail, "503", "as many requests are under way");
    }

    [TestCase(500, "failed while it answered")]
    [TestCase(502, "a proxy in front could not get an answer")]
    [TestCase(503, "cannot serve now")]
    [TestCase(530, "was answered with 530 x (it says: why)")]
    public async Task Any_status_from_500_on_is_a_warning_of_the_plain_GET(int status, string cause)
    {
        using var server = Scripted(request => ScriptedServer.Accept(request), $"HTTP/1.1 {status} x\r\nServer: y\r\nContent-Length: 3\r\nConnection: close\r\n\r\nwhy");
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Warn, $"{status} x, Server: y, 'why'", cause);
        checks.Expect("upgrade", Outcome.Pass, "101");
    }

    [Test]
    public async Task The_wrong_path_is_the_first_suspicion_where_a_WebSocket_server_answers()
    {
        // As Node's ws answers.
        using var server = Scripted(
            _ => "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nBad Request",
            "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 16\r\nContent-Type: text/plain\r\n\r\nUpgrade Required");
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri + "wrong");
        checks.Expect("http", Outcome.Pass, "426 Upgrade Required");
        checks.Expect("upgrade", Outcome.Fail, "answered with 400 Bad Request", "most often its WebSocket is at another path than '/wrong'", "ask for the path");
    }

    [TestCase("HTTP/1.1 404 Not Found\r\nServer: nginx/1.22.1\r\n", "a proxy is on the way (Server: nginx/1.22.1)")]
    [TestCase("HTTP/1.1 404 Not Found\r\nVia: 1.1 varnish\r\n", "a proxy is on the way (Via: 1.1 varnish)")]
    [TestCase("HTTP/1.1 404 Not Found\r\nX-Vcap-Request-Id: 7\r\n", "a proxy is on the way (X-Vcap-Request-Id: 7)")]
    [TestCase("HTTP/1.1 404 Not Found\r\n", "nothing shows a router on the way")]
    public async Task A_proxy_that_shows_in_the_answer_is_named(string head, string expected)
    {
        using ScriptedServer server = Informing(head, instance: null);
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Pass, $"404 Not Found, EchoServer ");
        checks.Expect("http", Outcome.Pass, expected);
    }

    [TestCase("X-Cf-Process-Instance", "g:1", 0, "X-Cf-Process-Instance has no effect: the router is older than 2025")]
    [TestCase("X-Cf-App-Instance", "g:1", 0, "X-Cf-App-Instance has no effect")]
    [TestCase(null, "11111111-2222-3333-4444-555555555555:1", 0, "X-Cf-App-Instance has no effect")]
    [TestCase("X-Cf-Process-Instance", "g:1", 1, null)]
    [TestCase("X-Cf-Process-Instance", "11111111-2222-3333-4444-555555555555", 0, null)]
    [TestCase(null, "11111111-2222-3333-4444-555555555555:1", 1, null)]
    public async Task Another_instance_than_the_one_that_was_asked_for_is_a_warning(string? field, string value, int answering, string? cause)
    {
        using ScriptedServer server = Informing("HTTP/1.1 404 Not Found\r\n", answering);
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri, connection: options => field is null
            ? options with { Instance = value }
            : options with { Headers = [new HeaderField(field, value)] });
        checks.Expect("http", cause is null ? Outcome.Pass : Outcome.Warn, $"instance {answering}", cause ?? "");
    }

    [Test]
    public async Task TLS_on_the_port_is_the_cause_of_what_the_upgrade_meets([Values] bool resets)
    {
        using var certificates = new TestCertificates();
        using var front = new TlsFront(SharedServers.Default.Port, certificates.Issue("localhost"), onPlain: resets ? peer => peer.Reset() : null);
        Checks checks = await Checks.RunAsync($"ws://localhost:{front.Url.Port}/");
        checks.Expect("http", Outcome.Fail, "this port speaks TLS", "this port speaks TLS, and ws:// does not", "use wss://");
        Assert.That(checks["upgrade"].Fault, Is.EqualTo(checks["http"].Fault));
    }

    [Test]
    public async Task A_login_is_named()
    {
        using ScriptedServer login = ScriptedServer.Answering("HTTP/1.1 302 Found\r\nLocation: https://login.example.org/oauth/authorize\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Checks checks = await Checks.RunAsync(login.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Warn, "302 Found: a login", "login");
        checks.Expect("upgrade", Outcome.Fail, "302 Found", "a login stands in front", "websockets");
    }

    [Test]
    public async Task A_password_in_a_redirect_is_shown_nowhere()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 302 Found\r\nLocation: https://bob:secret@other.example/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Pass, "302 Found to https://...@other.example/x");
        Assert.That(checks["http"].Facts, Does.Contain(new Fact("location", "https://...@other.example/x")));

        ProgramResult client = await Programs.RunAsync(Programs.EchoServer(["client", server.Url.AbsoluteUri, "x", "--verbose"]));
        Assert.That(client.Error, Does.Contain("\n< Location: https://...@other.example/x\n").And.Not.Contain("secret"));
        foreach (string command in (string[])["client", "check", "load"])
        {
            ProgramResult result = await Programs.RunAsync(Programs.EchoServer([command, server.Url.AbsoluteUri, "--json"]));
            Assert.That(result.Output + result.Error, Does.Contain("https://...@other.example/x").And.Not.Contain("secret"), command);
        }
    }

    [Test]
    public async Task A_502_that_says_nothing_more_has_one_cause()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Warn, "502 Bad Gateway", "if it is Cloud Foundry's router, the app's 101 is not valid; any other proxy got no answer");
        Assert.That(checks["upgrade"].Fault, Is.EqualTo(checks["http"].Fault));
    }

    [Test]
    public async Task A_proxy_that_answers_200_is_named()
    {
        using ScriptedServer proxy = ScriptedServer.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nServer: nginx\r\nConnection: close\r\n\r\n14\r\n<title>Hello</title>\r\n0\r\n\r\n");
        Checks checks = await Checks.RunAsync(proxy.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Pass, "200 OK, Server: nginx, 'Hello': not an EchoServer");
        checks.Expect("upgrade", Outcome.Fail, "answered with 200 OK", "a page instead of a WebSocket (it says: Hello)");
    }

    [Test]
    public async Task A_page_counts_although_only_info_is_not_answered()
    {
        using var server = new ScriptedServer((peer, _) =>
        {
            if (peer.ReadHead().StartsWith("GET /info ", StringComparison.Ordinal))
            {
                peer.Reset();
                return;
            }

            peer.Send("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 20\r\n\r\n<title>Hello</title>");
        });
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("http", Outcome.Pass, "200 OK, Server: nginx, 'Hello': not an EchoServer");
    }

    [Test]
    [Slow]
    public async Task A_page_that_does_not_end_keeps_its_status()
    {
        using var endless = ScriptedServer.AnsweringAndStaying("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n<title>Hello</title>");
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

    private static IEnumerable<TestCaseData> WrongAnswers()
    {
        yield return Case("another key's answer", Changed("Accept: ", "Accept: x"), "101, but Sec-WebSocket-Accept 'x", "not made for this request", "RFC 6455");
        yield return Case("no Upgrade", Changed("Upgrade: websocket\r\n", ""), "101, but the answer has no 'Upgrade: websocket'", "not complete", "drops headers");
        yield return Case("no Connection", Changed("Connection: Upgrade\r\n", ""), "101, but the answer has no 'Connection: Upgrade'", "not complete", "drops headers");
        yield return Case("the end", peer => peer.ReadHead(), "the connection ended", "instead of answering");
        yield return Case("a reset", Reset, "connection reset", "was reset instead of an answer");
        yield return Case("no HTTP", peer => peer.Send("220 mail.example.org ESMTP\r\n"), "no HTTP", "speaks no HTTP: the status line '220 mail.example.org ESMTP'");

        static Action<RawPeer> Changed(string part, string other) => peer => peer.Send(ScriptedServer.Accept(peer.ReadHead()).Replace(part, other));

        static void Reset(RawPeer peer)
        {
            peer.ReadHead();
            peer.Reset();
        }

        static TestCaseData Case(string name, Action<RawPeer> serve, string text, string cause, string advice = "") =>
            new TestCaseData(serve, text, cause, advice).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(WrongAnswers))]
    public async Task An_answer_that_is_not_the_right_101_is_named(Action<RawPeer> serve, string text, string cause, string advice)
    {
        using var server = new ScriptedServer((peer, _) => serve(peer));
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri);
        checks.Expect("upgrade", Outcome.Fail, text, cause, advice);
        checks.ExpectEndAfter("upgrade");
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

    [TestCase("localhost:1", "ws://localhost:1/ (without a scheme, ws:// is meant)", Outcome.Pass, "")]
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
        Finding finding = EchoServer.Check.Probes.Opening.UrlProbe.Judge(typed, EchoServer.Commands.Options.WebSocketUrl.Parse(typed, out _));
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
            peer.Send(ScriptedServer.Accept(peer.ReadHead()));
            ScriptedServer.EchoAll(peer, 0, (_, _, message) => EchoScripts.Good(message));
        });
        Uri url = new UriBuilder(proxy.Url) { Scheme = "http" }.Uri;
        Checks refused = await Checks.RunAsync("ws://echo.invalid", connection: options => options with { Proxy = new ProxyChoice(url, null) });
        refused.Expect("proxy", Outcome.Fail, "CONNECT answered with 407", $"the proxy {url.Authority} requires authentication", $"--proxy http://USER:PASSWORD@{url.Authority}");
        refused.ExpectEndAfter("proxy");

        Checks passed = await Checks.RunEchoAsync("ws://echo.invalid", connection: options => options with { Proxy = new ProxyChoice(url, new BasicCredentials("u", "p")) });
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
            peer.Send(ScriptedServer.Accept(peer.ReadHead()));
            ScriptedServer.EchoAll(peer, 0, (_, _, message) => EchoScripts.Good(message));
        });
        Uri url = new UriBuilder(proxy.Url) { Scheme = "socks5" }.Uri;
        Checks checks = await Checks.RunAsync("ws://echo.invalid", connection: options => options with { Proxy = new ProxyChoice(url, new BasicCredentials("u", "p")) });
        checks.Expect("proxy", outcome, "", cause);
        Assert.That(checks["close"].Outcome, Is.EqualTo(outcome == Outcome.Pass ? Outcome.Pass : Outcome.Skip));
    }

    /// <summary>Answers its first request with 502 and an error, and all others with another status and error.</summary>
    private static ScriptedServer Router(string first, string status, string later)
    {
        int requests = 0;
        return ScriptedServer.Upgrading((_, _) => { }, (_, _) =>
        {
            (string line, string error) = Interlocked.Increment(ref requests) == 1 ? ("502 Bad Gateway", first) : (status, later);
            return $"HTTP/1.1 {line}\r\nX-Cf-RouterError: {error}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        });
    }

    /// <summary>Answers upgrades by a script, and all else alike.</summary>
    private static ScriptedServer Scripted(
        Func<string, string> answer, string otherwise = ScriptedServer.NotFound) => new((peer, _) =>
    {
        string request = peer.ReadHead();
        peer.Send(request.Contains("Upgrade: websocket", StringComparison.Ordinal) ? answer(request) : otherwise);
    });

    /// <summary>Answers /info as an EchoServer does, and all else with a head.</summary>
    private static ScriptedServer Informing(string head, int? instance)
    {
        string info = HttpReply.Get(SharedServers.Default.Port, "/info").Text.Replace("\"index\": null", $"\"index\": {instance?.ToString(CultureInfo.InvariantCulture) ?? "null"}");
        return new((peer, _) => peer.Send(peer.ReadHead().StartsWith("GET /info ", StringComparison.Ordinal)
            ? $"HTTP/1.1 200 OK\r\nContent-Length: {Encoding.UTF8.GetByteCount(info)}\r\n\r\n{info}"
            : $"{head}Content-Length: 0\r\n\r\n"));
    }
}
