using EchoServer.Check;

namespace EchoServer.Tests.Check;

/// <summary>Real proxies on the way: haproxy as Cloud Foundry's router, and nginx as it is often set up.</summary>
[WholeMachine]
[Parallelizable(ParallelScope.Children)]
internal sealed class PathProbeTests
{
    [Test]
    public async Task Behind_a_router_with_TLS_all_passes()
    {
        using var certificates = new TestCertificates();
        await using ServerProcess server = await StartAsync();
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [server.Port], Certificate = certificates.Issue("localhost") });
        Checks checks = await Checks.RunAsync(router.HttpUrl().AbsoluteUri, connection: Checks.Trusting(certificates));
        Assert.That(checks.Which(Outcome.Fail).Concat(checks.Which(Outcome.Warn)), Is.Empty);
        checks.Expect("url", Outcome.Pass, "https:// is taken as wss://");
        checks.Expect("dns", Outcome.Pass, "127.0.0.1");
        checks.Expect("tls", Outcome.Pass, "TLS 1.3, TLS_");
        checks.Expect("tls", Outcome.Pass, "ALPN http/1.1; certificate 'localhost' by 'EchoServer Test CA', 29 days left");
        checks.Expect("http", Outcome.Pass, "a router adds X-Forwarded-For, X-Forwarded-Proto");
        checks.Expect("subprotocol", Outcome.Pass, "came back");
        checks.Expect("headers", Outcome.Pass, "arrived as sent");
        checks.Expect("close", Outcome.Pass, "the server's own arrived: Close 1002");
    }

    [Test]
    public async Task A_certificate_for_another_name_is_named_and_insecure_goes_on()
    {
        using var certificates = new TestCertificates();
        await using ServerProcess server = await StartAsync();
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [server.Port], Certificate = certificates.Issue("other.example.org") });
        Checks checks = await Checks.RunAsync(router.Url().AbsoluteUri, connection: Checks.Trusting(certificates));
        checks.Expect("tls", Outcome.Fail, "TLS 1.3", "is for other.example.org, not for localhost", "--insecure");
        checks.ExpectEndAfter("tls");

        Checks insecure = await Checks.RunAsync(router.Url().AbsoluteUri, connection: options => options with { IsInsecure = true });
        insecure.Expect("tls", Outcome.Warn, "certificate 'other.example.org'", "is for other.example.org, not for localhost", "use a name that is in the certificate");
        Assert.That(insecure["tls"].Fault!.Advice, Does.Not.Contain("--insecure"));
        insecure.Expect("text", Outcome.Pass, "echoed");
    }

    [Test]
    public async Task An_expired_certificate_is_named()
    {
        using var certificates = new TestCertificates();
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [SharedServers.Default.Port], Certificate = certificates.IssueExpired("localhost") });
        Checks checks = await Checks.RunAsync(router.Url().AbsoluteUri, connection: Checks.Trusting(certificates));
        checks.Expect("tls", Outcome.Fail, "by 'EchoServer Test CA', expired 24 hours ago", "expired 24 hours ago", "renewed where TLS ends");
    }

    [Test]
    public async Task A_certificate_that_expires_soon_or_is_not_trusted_is_named()
    {
        using var certificates = new TestCertificates();
        TestCertificate soon = certificates.Issue(DateTimeOffset.UtcNow.AddDays(-5), DateTimeOffset.UtcNow.AddDays(3), "localhost");
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [SharedServers.Default.Port], Certificate = soon });
        Checks checks = await Checks.RunAsync(router.Url().AbsoluteUri, connection: Checks.Trusting(certificates));
        checks.Expect("tls", Outcome.Warn, "2 days left", "expires soon");
        checks.Expect("text", Outcome.Pass, "echoed");

        Checks stranger = await Checks.RunAsync(router.Url().AbsoluteUri);
        stranger.Expect("tls", Outcome.Fail, "by 'EchoServer Test CA'", "'EchoServer Test CA'", "--ca");
    }

    [Test]
    public async Task Plain_ws_to_a_port_with_TLS_and_TLS_to_a_plain_port_are_named()
    {
        using var certificates = new TestCertificates();
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [SharedServers.Default.Port], Certificate = certificates.Issue("localhost") });
        Checks plain = await Checks.RunAsync($"ws://localhost:{router.Port}/");
        plain.Expect("http", Outcome.Fail, "this port speaks TLS", "this port speaks TLS, and ws:// does not", "use wss://");
        plain.Expect("upgrade", Outcome.Fail, "", "this port speaks TLS, and ws:// does not");

        Checks tls = await Checks.RunAsync($"wss://127.0.0.1:{SharedServers.Default.Port}/");
        tls.Expect("tls", Outcome.Fail, "TLS failed", "speaks no TLS", "use ws://");
    }

    [Test]
    public async Task Plain_ws_to_a_host_that_speaks_TLS_as_well_is_a_warning()
    {
        // A network of its own, where 80 and 443 are free.
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        using var certificates = new TestCertificates();
        await using ServerProcess server = await ServerProcess.StartAsync(network.Enter(Programs.EchoServer(["--port", "80"])));
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions
        {
            Instances = [server.Port],
            Certificate = certificates.Issue("localhost"),
            Port = 443,
            Namespace = network,
        });
        ProgramResult result = await Programs.RunAsync(network.Enter(Programs.EchoServer(["check", "ws://localhost"])));
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Output, Does.Match("warn  tls .* ws:// goes without, but the host speaks TLS on port 443"));
        Assert.That(result.Output, Does.Contain("mixed content").And.Contains("use wss://localhost/"));
    }

    [Test]
    public async Task Headers_that_are_stripped_are_named()
    {
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions
        {
            Instances = [SharedServers.Default.Port],
            Rules = ["http-request del-header X-Echo-Check", "http-request del-header Sec-WebSocket-Protocol"],
        });
        Checks checks = await Checks.RunAsync(router.Url().AbsoluteUri);
        checks.Expect("headers", Outcome.Fail, "X-Echo-Check did not arrive", "drops or alters headers");
        checks.Expect("subprotocol", Outcome.Fail, "offered, but not agreed on", "drops Sec-WebSocket-Protocol");
    }

    [Test]
    public async Task An_Upgrade_header_that_is_lost_is_named()
    {
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [SharedServers.Default.Port], DropsUpgrade = true });
        Checks checks = await Checks.RunAsync(router.Url().AbsoluteUri);
        checks.Expect("http", Outcome.Pass, "EchoServer");
        checks.Expect("upgrade", Outcome.Fail, "answered with 426", "lost its Upgrade header on the way", "proxy_http_version 1.1");
    }

    [Test]
    public async Task Nginx_without_upgrade_headers_is_named_and_with_them_passes()
    {
        // What nginx does when nobody tells it otherwise.
        await using Nginx plain = await Nginx.StartAsync(SharedServers.Default.Port);
        Checks checks = await Checks.RunAsync($"ws://127.0.0.1:{plain.Port}/");
        checks.Expect("upgrade", Outcome.Fail, "answered with 505", "another version of HTTP", "proxy_http_version 1.1");
        checks.ExpectEndAfter("upgrade");

        await using Nginx halfway = await Nginx.StartAsync(SharedServers.Default.Port, "proxy_http_version 1.1;");
        Checks half = await Checks.RunAsync($"ws://127.0.0.1:{halfway.Port}/");
        half.Expect("upgrade", Outcome.Fail, "answered with 426", "lost its Upgrade header", "proxy_set_header Upgrade");

        await using Nginx good = await Nginx.StartAsync(
            SharedServers.Default.Port, "proxy_http_version 1.1;", "proxy_set_header Upgrade $http_upgrade;", "proxy_set_header Connection \"upgrade\";");
        Checks passing = await Checks.RunAsync($"ws://127.0.0.1:{good.Port}/");
        Assert.That(passing.Which(Outcome.Fail), Is.Empty);
        passing.Expect("http", Outcome.Pass, "a proxy is on the way (Server: nginx");
    }

    [Test]
    public async Task An_idle_limit_on_the_way_is_named_and_pings_prevent_it()
    {
        await using ServerProcess server = await StartAsync("--keep-alive-interval", "off");
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [server.Port], IdleTimeout = TimeSpan.FromSeconds(4) });
        Checks checks = await Checks.RunAsync(router.Url("/raw").AbsoluteUri, options => options with { Idle = TimeSpan.FromSeconds(8) });
        checks.Expect("idle", Outcome.Warn, "with a ping every 2 s: lives after ", "something on the way ended (FIN) the connection after ", "send pings more often");

        // When they are looked at depends on the machine, but is not before the limit, or before the time that was asked for.
        Assert.That(checks["idle"].Text, Does.Match("silent: ended after [4-7]([.][0-9]+)? s").And.Match("lives after ([89]|[1-9][0-9])([.][0-9]+)? s"));
        Assert.That(checks["idle"].Facts, Does.Contain(new Fact("silentSurvived", false)).And.Contains(new Fact("pingSurvived", true)));
    }

    [Test]
    public async Task Pings_of_the_server_keep_an_idle_connection()
    {
        await using ServerProcess server = await StartAsync("--keep-alive-interval", "0.5");
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [server.Port], IdleTimeout = TimeSpan.FromSeconds(4) });
        Checks checks = await Checks.RunAsync(router.Url("/raw").AbsoluteUri, options => options with { Idle = TimeSpan.FromSeconds(6) });
        checks.Expect("idle", Outcome.Pass, "(the server sent ");
    }

    /// <summary>With a Close of this code, with a reset where it is 0, otherwise with the end of the stream.</summary>
    [TestCase(1001, "the server itself closes ", "with Close 1001 GoingAway")]
    [TestCase(0, "something on the way ends connections ", "a reset (RST)")]
    [TestCase(null, "something on the way ends connections ", "the end of the stream (FIN)")]
    public async Task A_cut_after_a_time_is_named_with_who_ended_it(int? code, string cause, string end)
    {
        using ScriptedServer server = EchoScripts.Server(
            (_, _, message) => EchoScripts.Good(message),
            peer => new Thread(() => CutLater(peer, code)) { IsBackground = true }.Start());
        Checks checks = await Checks.RunAsync(server.Url.AbsoluteUri, options => options with { Idle = TimeSpan.FromSeconds(6) });
        checks.Expect("idle", Outcome.Fail, end, cause);
    }

    [Test]
    public async Task Connections_are_spread_over_the_instances()
    {
        await using ServerProcess zero = await StartInstanceAsync(0);
        await using ServerProcess one = await StartInstanceAsync(1);
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions
        {
            Instances = [zero.Port, one.Port],
        });
        Checks spread = await Checks.RunAsync(router.Url("/raw").AbsoluteUri, options => options with { Connections = 20 });
        spread.Expect("http", Outcome.Pass, "instance ");
        spread.Expect("connections", Outcome.Pass, "20 of 20 open at once");
        spread.Expect("connections", Outcome.Pass, "open by instance: 0: 10, 1: 10");

    }

    [Test]
    public async Task An_instance_that_is_asked_for_in_vain_is_named()
    {
        await using ServerProcess zero = await StartInstanceAsync(0);
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions
        {
            Instances = [zero.Port],
            Rules =
            [
                "http-request return status 400 hdr X-Cf-RouterError unknown_route content-type text/plain string \"Requested instance\" " +
                "if { req.fhdr(X-Cf-App-Instance) -m end :2 }",
            ],
        });

        // Nothing here heeds the header: whichever instance is asked for, the first one answers.
        Checks ignored = await Checks.RunAsync(router.Url("/raw").AbsoluteUri, options => options with { ReachesInstances = true });
        ignored.Expect("instances", Outcome.Fail, "asked for instance ", "X-Cf-App-Instance has no effect");
    }

    private static void CutLater(RawPeer peer, int? code)
    {
        Thread.Sleep(1500);
        try
        {
            if (code == 0)
            {
                peer.Reset();
                return;
            }

            if (code is int number)
            {
                peer.Send(WireFrame.Close(number, "") with { Masked = false });
            }

            peer.EndSending();
        }
        catch (Exception exception) when (exception is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    private static Task<ServerProcess> StartAsync(params string[] arguments) =>
        ServerProcess.StartAsync(["--log-messages", "false", .. arguments]);

    private static Task<ServerProcess> StartInstanceAsync(int index) => ServerProcess.StartAsync(
        ["--log-messages", "false"],
        new Dictionary<string, string> { ["CF_INSTANCE_INDEX"] = index.ToString(CultureInfo.InvariantCulture) });
}
