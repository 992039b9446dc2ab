using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using EchoServer.Connect;
using EchoServer.Connect.Proxies;
using EchoServer.Diagnosis;
using EchoServer.Http;
using EchoServer.Tests.Check;
using EchoServer.Transport;

namespace EchoServer.Tests.Connect;

/// <summary>The one way to open a WebSocket as a client, against scripted peers.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class DialerTests
{
    private const string EarlyHints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";

    private static IEnumerable<TestCaseData> InterimAnswers()
    {
        yield return new TestCaseData(EarlyHints).SetName("{m}(103)");
        yield return new TestCaseData("HTTP/1.1 100 Continue\r\n\r\n").SetName("{m}(100)");
        yield return new TestCaseData("HTTP/1.1 102 Processing\r\n\r\n" + EarlyHints + "HTTP/1.1 199 x\r\n\r\n").SetName("{m}(three)");

        // All of them together are larger than a head may be.
        yield return new TestCaseData(string.Concat(Enumerable.Repeat(EarlyHints, HeadRules.Response.MaxBytes / 20))).SetName("{m}(many)");
    }

    [TestCaseSource(nameof(InterimAnswers))]
    public async Task Interim_answers_before_the_101_are_passed_over(string interim)
    {
        using ScriptedServer server = ScriptedServer.Echoing((request, _) => interim + ScriptedServer.Accept(request));
        await using ClientConnection connection = await OpenAsync(Options(server.Url));
        Assert.That(connection.Heads.Response, Does.StartWith("HTTP/1.1 101 ").And.EndWith("\r\n\r\n"));
    }

    [TestCase("ws://localhost:1/", null, true)]
    [TestCase("ws://127.0.0.1:1/", null, true)]
    [TestCase("ws://echo.example.org/", null, false)]
    [TestCase("ws://echo.example.org/", "http://localhost:3128", true)]
    [TestCase("ws://localhost:1/", "http://proxy.example.org:3128", false)]
    public void Where_there_is_a_proxy_TCP_connects_to_it(string url, string? proxy, bool isLoopback)
    {
        Uri target = new(proxy ?? url);
        var dialer = new Dialer(Options(new Uri(url)) with { Proxy = proxy is null ? null : new ProxyChoice(target, null) });
        Assert.That((dialer.Target, dialer.IsTargetLoopback), Is.EqualTo(((target.Host, target.Port), isLoopback)));
    }

    [Test]
    public async Task Interim_answers_may_come_in_any_pieces()
    {
        using var server = new ScriptedServer((peer, _) =>
        {
            peer.SendChopped(Encoding.ASCII.GetBytes(EarlyHints + ScriptedServer.Accept(peer.ReadHead())), 1);
            peer.ReadToEndAndDrop();
        });
        await using ClientConnection connection = await OpenAsync(Options(server.Url));
        Assert.That(connection.Heads.Response, Does.StartWith("HTTP/1.1 101 "));
    }

    [Test]
    public async Task So_may_a_head_of_many_lines()
    {
        string[] lines = [.. Enumerable.Range(0, 200).Select(number => $"X-Line-{number}: of a head that is longer than a first receive")];
        using var server = new ScriptedServer((peer, _) =>
        {
            peer.SendChopped(Encoding.ASCII.GetBytes(EarlyHints + ScriptedServer.Accept(peer.ReadHead(), lines)), 1);
            peer.ReadToEndAndDrop();
        });
        await using ClientConnection connection = await OpenAsync(Options(server.Url));
        Assert.That(connection.Heads.Response, Does.StartWith("HTTP/1.1 101 ").And.EndsWith($"{lines[^1]}\r\n\r\n"));
    }

    [Test]
    public void A_request_with_a_line_break_in_a_value_is_never_written() => Assert.That(
        () => HttpExchange.Upgrade(Options(new Uri("ws://localhost/")) with { Instance = "a:0\r\nHost: b" }, "key", [], null),
        Throws.InstanceOf<InvalidOperationException>());

    [Test]
    public async Task A_refusal_after_an_interim_answer_is_what_counts()
    {
        using ScriptedServer server = ScriptedServer.Answering(EarlyHints + "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnever");
        ConnectionFailedException failure = await FailAsync(Options(server.Url));
        Assert.That(failure.Answer?.Status, Is.EqualTo(404));
        Assert.That(failure.Heads?.Response, Does.StartWith("HTTP/1.1 404 Not Found\r\n"));
        Assert.That(failure.Fault.Cause, Does.Contain("(it says: never)"));
    }

    [Test]
    public async Task An_interim_answer_of_a_proxy_is_passed_over()
    {
        using var proxy = new ScriptedServer((peer, _) =>
        {
            peer.ReadHead();
            peer.Send("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
            peer.Send(ScriptedServer.Accept(peer.ReadHead()));
            peer.ReadToEndAndDrop();
        });
        await using ClientConnection connection = await OpenAsync(Options("ws://server.example/") with { Proxy = ProxyChoice.TryParse($"http://{proxy.Url.Authority}") });
        Assert.That(connection.Heads.Request, Does.StartWith("GET / HTTP/1.1\r\nHost: server.example\r\n"));
    }

    [Test]
    public async Task Each_attempt_has_a_nonce_of_its_own_and_is_made_once()
    {
        const int Attempts = 3;
        using ScriptedServer server = ScriptedServer.Answering("");
        var dialer = new Dialer(Options(server.Url));
        for (int i = 0; i < Attempts; i++)
        {
            await Assert.ThrowsAsync<ConnectionFailedException>(() => dialer.OpenWebSocketAsync(CancellationToken.None));
        }

        // A request that was sent again behind the caller's back would have come by then.
        using var last = new RawPeer(server.Url.Port);
        last.Send(RawPeer.UpgradeRequest());
        await Task.Run(last.ReadToEndAndDrop);
        string[] keys = [.. server.RequestLines("Sec-WebSocket-Key: ").Select(line => line[19..])];
        Assert.That(keys, Has.Length.EqualTo(Attempts + 1).And.Unique);
        Assert.That(keys.Select(Convert.FromBase64String), Has.All.Length.EqualTo(Handshake.KeyBytes));
    }

    [Test]
    public async Task Any_other_header_is_sent_as_it_was_given(
        [Values("Content-Type", "Content-Language", "Content-Disposition", "Allow", "Expires", "Last-Modified", "User-Agent", "Cookie", "X-Own")] string name)
    {
        using ScriptedServer server = ScriptedServer.Upgrading((_, _) => { });
        await using ClientConnection connection = await OpenAsync(Options(server.Url) with { Headers = [new(name, "a; b=\"ü\"")] });
        Assert.That(connection.Heads.Request, Does.Contain($"\r\n{name}: a; b=\"ü\"\r\n"));
    }

    [Test]
    public void A_header_takes_the_place_of_the_one_that_is_sent_without_it()
    {
        ConnectionOptions options = Options("ws://server.example/") with { Headers = [new("ACCEPT", "text/x"), new("Host", "other.example")] };
        Assert.That(Encoding.UTF8.GetString(HttpExchange.Get(options, "/a")), Is.EqualTo(
            "GET /a HTTP/1.1\r\nConnection: close\r\nACCEPT: text/x\r\nHost: other.example\r\n\r\n"));
    }

    [Test]
    public async Task What_comes_behind_the_101_is_the_first_message()
    {
        using var server = new ScriptedServer((peer, _) =>
        {
            byte[] greeting = (WireFrame.Text("hello") with { Masked = false }).ToBytes();
            peer.Send([.. Encoding.ASCII.GetBytes(ScriptedServer.Accept(peer.ReadHead())), .. greeting]);
            peer.ReadToEndAndDrop();
        });
        await using ClientConnection connection = await OpenAsync(Options(server.Url));
        ClientEvent received = await connection.ReceiveAsync(CancellationToken.None);
        Assert.That((received.Kind, Encoding.UTF8.GetString(received.Payload)), Is.EqualTo((ClientEventKind.Text, "hello")));
    }

    [TestCase(0, true)]
    [TestCase(1, false)]
    public async Task A_head_has_one_limit(int extraBytes, bool isAccepted)
    {
        using var server = new ScriptedServer((peer, _) =>
        {
            string head = ScriptedServer.Accept(peer.ReadHead());
            string padding = new('x', HeadRules.Response.MaxBytes + extraBytes - head.Length - "X-Pad: \r\n".Length);
            peer.Send(head.Insert(head.Length - 2, $"X-Pad: {padding}\r\n"));
            peer.ReadToEndAndDrop();
        });
        if (isAccepted)
        {
            await using ClientConnection connection = await OpenAsync(Options(server.Url));
            Assert.That(connection.Heads.Response, Has.Length.EqualTo(HeadRules.Response.MaxBytes));
            return;
        }

        ConnectionFailedException failure = await FailAsync(Options(server.Url));
        Assert.That((failure.Finding, failure.Fault.Cause), Is.EqualTo(("a head that is too large", "the head of the answer is larger than the 64 KiB that this client takes")));
    }

    [Test]
    public async Task An_IPv6_address_may_have_a_zone()
    {
        using var listener = new TcpListener(IPAddress.IPv6Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Task<ClientConnection> opening = OpenAsync(Options($"ws://[::1%251]:{port}/"));
        using var peer = new RawPeer(await listener.AcceptSocketAsync());
        string request = peer.ReadHead();
        peer.Send(ScriptedServer.Accept(request));
        await using ClientConnection connection = await opening;
        Assert.That(request, Does.Contain($"\r\nHost: [::1]:{port}\r\n"));
    }

    // RFC 4291 §2.5.5.2.
    [TestCase("[::ffff:127.0.0.1]", false)]
    [TestCase("[::ffff:7f00:1]", false)]
    [TestCase("[::ffff:127.0.0.1]", true)]
    public async Task An_IPv4_address_that_is_mapped_into_IPv6_is_connected_to(string host, bool isOfProxy)
    {
        using var server = new ScriptedServer((peer, _) =>
        {
            string head = peer.ReadHead();
            if (head.StartsWith("CONNECT ", StringComparison.Ordinal))
            {
                peer.Send("HTTP/1.1 200 OK\r\n\r\n");
                head = peer.ReadHead();
            }

            peer.Send(ScriptedServer.Accept(head));
            peer.ReadToEndAndDrop();
        });
        string authority = $"{host}:{server.Url.Port}";
        ConnectionOptions options = isOfProxy
            ? Options("ws://server.example/") with { Proxy = ProxyChoice.TryParse($"http://{authority}") }
            : Options($"ws://{authority}/");
        await using ClientConnection connection = await OpenAsync(options);
        Assert.That(connection.Heads.Response, Does.StartWith("HTTP/1.1 101 "));
    }

    [Test]
    public async Task Folded_lines_of_an_answer_are_read_in_any_pieces()
    {
        using var server = new ScriptedServer((peer, _) =>
        {
            peer.ReadHead();
            peer.SendChopped("HTTP/1.1 103 x\r\nLink: a;\r\n b\r\n\r\nHTTP/1.1 404 Not Found\r\nX-A: b\r\n c\r\n\td\r\nContent-Length: 8\r\n\r\na\r\n\r\n b"u8, 1);
        });
        ConnectionFailedException failure = await FailAsync(Options(server.Url));
        Assert.That((failure.Answer?.Status, failure.Answer?.Field("X-A"), failure.Answer?.Body), Is.EqualTo((404, "b   c  \td", "a\r\n\r\n b")));
    }

    [Test]
    public async Task No_body_is_awaited_behind_an_answer_that_has_none([Values("101 Switching Protocols", "204 No Content", "304 Not Modified")] string status)
    {
        using var server = ScriptedServer.AnsweringAndStaying($"HTTP/1.1 {status}\r\n\r\n");
        var dialer = new Dialer(Options(server.Url));
        using TcpLink link = await dialer.OpenAsync(CancellationToken.None);
        ReceivedHead head = await HttpExchange.AskAsync(link, HttpExchange.Get(dialer.Options, "/"), dialer.Step(Stage.Answer), CancellationToken.None);
        Task<ReceivedAnswer> reading = HttpExchange.ReadBodyAsync(link.Stream, head, 100, Timeout.InfiniteTimeSpan, CancellationToken.None);
        Assert.That(reading.IsCompletedSuccessfully, Is.True);
        Assert.That((await reading).Body, Is.Empty);
    }

    [TestCase("wss://server.example/", "server.example")]
    [TestCase("wss://server.example./", "server.example")]
    [TestCase("wss://SERVER.example:8443/", "server.example")]
    [TestCase("wss://bücher.example/", "xn--bcher-kva.example")]
    public async Task The_name_in_TLS_is_the_URLs_without_a_trailing_dot(string url, string expected)
    {
        using var certificates = new TestCertificates();
        TestCertificate issued = certificates.Issue(expected);
        using var own = X509Certificate2.CreateFromPemFile(issued.CertificateFile, issued.KeyFile);
        var asked = new TaskCompletionSource<string>();
        using var proxy = new ScriptedServer((peer, _) =>
        {
            peer.ReadHead();
            peer.Send("HTTP/1.1 200 OK\r\n\r\n");
            using var tls = new SslStream(new NetworkStream(peer.Socket), leaveInnerStreamOpen: true);
            tls.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    asked.SetResult(hello.ServerName);
                    return ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = own });
                },
                null,
                CancellationToken.None).Wait(ServerProcess.Patience);
        });
        ConnectionOptions options = Checks.Trusting(certificates)(Options(url)) with
        {
            Proxy = ProxyChoice.TryParse($"http://{proxy.Url.Authority}"),
            Headers = [new("Host", "other.example")],
        };

        // The server ends instead of answering: then its certificate was accepted.
        ConnectionFailedException failure = await FailAsync(options);
        Assert.That(failure.Stage, Is.EqualTo(Stage.Answer), failure.ToString());

        // The runtime shows a server the name as it is read, not as it is on the wire.
        Assert.That(new UriBuilder("wss", await asked.Task).Uri.IdnHost, Is.EqualTo(expected));
    }

    [TestCase("ws://127.0.0.1/", new byte[] { 5, 1, 0, 1, 127, 0, 0, 1, 0, 80 })]
    [TestCase("ws://[::1]:81/", new byte[] { 5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 81 })]
    [TestCase("wss://a.example/", new byte[] { 5, 1, 0, 3, 9, 97, 46, 101, 120, 97, 109, 112, 108, 101, 1, 187 })]
    public async Task A_SOCKS_proxy_is_told_addresses_as_addresses_and_names_as_names(string url, byte[] expected)
    {
        var asked = new TaskCompletionSource<byte[]>();
        using var proxy = new ScriptedServer((peer, _) =>
        {
            peer.ReadExactly(3);
            peer.Send([5, 0]);
            asked.SetResult(peer.ReadExactly(expected.Length));
            peer.Send([5, 5, 0, 1, 0, 0, 0, 0, 0, 0]);
        });
        ConnectionFailedException failure = await FailAsync(Options(url) with { Proxy = ProxyChoice.TryParse($"socks5://{proxy.Url.Authority}") });
        Assert.That(failure.Stage, Is.EqualTo(Stage.Proxy));
        Assert.That(await asked.Task, Is.EqualTo(expected));
    }

    [Test]
    [Slow]
    public async Task An_address_that_does_not_answer_leaves_time_for_the_next_one()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) => peer.ReadToEndAndDrop());

        // Linux drops what asks a listener whose queue is full: a queue of 0 has room for one.
        var silent = IPAddress.Parse("127.0.0.2");
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(silent, server.Url.Port));
        listener.Listen(0);
        using var first = new RawPeer(server.Url.Port, silent);
        var dialer = new Dialer(Options(server.Url) with { Timeout = 2 * Wait.Lapse });
        dialer.Prefer(IPAddress.Loopback);
        dialer.Prefer(silent);
        await using ClientConnection connection = await dialer.OpenWebSocketAsync(CancellationToken.None);
        Assert.That(connection.Heads.Response, Does.StartWith("HTTP/1.1 101 "));
    }

    [Test]
    [Slow]
    public async Task The_time_is_for_all_steps_together()
    {
        using var server = new ScriptedServer((peer, _) =>
        {
            // Each byte comes in time; the head never does.
            peer.ReadHead();
            while (true)
            {
                peer.Send("HTTP/1.1 103 Early Hints\r\n\r\n");
                Thread.Sleep(100);
            }
        });
        ConnectionFailedException failure = await FailAsync(Options(server.Url) with { Timeout = Wait.Lapse });
        Assert.That((failure.Stage, failure.IsTimeout), Is.EqualTo((Stage.Answer, true)));
        Assert.That(failure.Fault.Cause, Does.StartWith("the request was not answered within 3 s"));
    }

    [Test]
    public async Task Io_threads_take_over_a_plain_connection_and_leave_a_tunnel_to_the_runtime()
    {
        using var threads = new IoThreads(1);
        using var proxy = new ConnectProxy();
        ConnectionOptions options = Options(SharedServers.Default.Url("/raw"));
        using TcpLink plain = await UpgradeAsync(options);
        using TcpLink tunnel = await UpgradeAsync(options with { Proxy = ProxyChoice.TryParse($"http://{proxy.Address}") });
        Assert.That((plain.NonBlockingSocket is not null, tunnel.NonBlockingSocket is not null), Is.EqualTo((true, false)));

        async Task<TcpLink> UpgradeAsync(ConnectionOptions options) =>
            (await new Dialer(options, threads).UpgradeAsync([], extensions: null, CancellationToken.None)).Link;
    }

    private static ConnectionOptions Options(string url) => Options(new Uri(url));

    private static ConnectionOptions Options(Uri url) => new() { Url = url, Timeout = ServerProcess.Patience };

    private static Task<ClientConnection> OpenAsync(ConnectionOptions options) => new Dialer(options).OpenWebSocketAsync(CancellationToken.None);

    private static async Task<ConnectionFailedException> FailAsync(ConnectionOptions options) =>
        (await Assert.ThrowsAsync<ConnectionFailedException>(() => OpenAsync(options)))!;
}
