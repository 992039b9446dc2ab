namespace EchoServer.Tests.Client;

/// <summary>How a connection is opened: what the server is told, TLS, proxies, and what is said when it does not come to a connection.</summary>
internal sealed class ConnectionOptionTests
{
    [Test]
    public async Task The_request_has_what_was_asked_for()
    {
        string request = await CaptureAsync(
            [
                "-H", "X-One: 1", "--header", "x-two:  grüße ", "-H", "Host: other.example", "-H", "Content-Type: text/x", "-H", "Allow: GET", "--origin", "https://example.org",
                "--subprotocol", "chat", "-s", "superchat", "--basic-auth", "me:p:w",
                "--instance", "6f5a2a30-0d8e-4f4b-8a53-3a1f4de1d7c1:2",
            ]);
        string[] lines = request.Split("\r\n");
        Assert.That(lines[0], Is.EqualTo("GET /path?q=1 HTTP/1.1"));
        Assert.That(lines, Is.SupersetOf((string[])
        [
            "Host: other.example", "X-One: 1", "x-two: grüße", "Content-Type: text/x", "Allow: GET", "Origin: https://example.org",
            "Sec-WebSocket-Protocol: chat, superchat", "Authorization: Basic bWU6cDp3",
            "X-Cf-App-Instance: 6f5a2a30-0d8e-4f4b-8a53-3a1f4de1d7c1:2", "Sec-WebSocket-Version: 13",
        ]));
    }

    [Test]
    public async Task User_and_password_come_from_the_environment_or_from_the_URL_or_an_option_which_win()
    {
        var environment = new Dictionary<string, string> { ["ECHO_BASIC_AUTH"] = "env:1" };
        Assert.That(await CaptureAsync([], environment), Does.Contain("\r\nAuthorization: Basic ZW52OjE=\r\n"));
        Assert.That(await CaptureAsync([], environment, "url:2%40@"), Does.Contain("\r\nAuthorization: Basic dXJsOjJA\r\n"));
        Assert.That(await CaptureAsync([], environment, ":p@w@"), Does.Contain("\r\nAuthorization: Basic OnBAdw==\r\n"));
        Assert.That(await CaptureAsync([], user: "@"), Does.Not.Contain("Authorization"));
        Assert.That(await CaptureAsync(["--basic-auth", "opt:3"], environment), Does.Contain("\r\nAuthorization: Basic b3B0OjM=\r\n"));
        Assert.That(await CaptureAsync([]), Does.Not.Contain("Authorization"));
    }

    [Test]
    public async Task Verbose_shows_both_heads_and_no_password()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url("/raw"), ["--verbose", "--subprotocol", "chat", "--basic-auth", "me:geheim"]);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, "x\n")));
        Assert.That(result.Error, Does.Match(
            """
            ^> GET /raw HTTP/1\.1
            > Host: 127\.0\.0\.1:\d+
            > Connection: Upgrade
            > Upgrade: websocket
            > Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==
            > Sec-WebSocket-Version: 13
            > Sec-WebSocket-Protocol: chat
            > Authorization: \(not shown\)
            < HTTP/1\.1 101 Switching Protocols
            (< .*\n)*< Sec-WebSocket-Protocol: chat
            $
            """));
    }

    [Test]
    public async Task Verbose_shows_the_heads_of_a_refusal_too()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 302 Found\r\nLocation: https://login.example/oauth\r\nX-Odd: \u0007\r\nSet-Cookie:id=geheim\r\nX-Token:\tgeheim\r\nContent-Length: 0\r\n\r\n");
        ProgramResult result = await RunAsync(server.Url, ["-v"]);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("\n< HTTP/1.1 302 Found\n< Location: https://login.example/oauth\n< X-Odd: \\u{7}\n< Set-Cookie: (not shown)\n< X-Token: (not shown)\n"));
        Assert.That(result.Error, Does.Not.Contain("geheim"));
        Assert.That(result.Error, Does.Contain("a login stands in front of the app"));
    }

    private static IEnumerable<TestCaseData> Answers()
    {
        yield return Answer("HTTP/1.1 426 Upgrade Required\r\n", "the upgrade request lost its Upgrade header on the way");
        yield return Answer("HTTP/1.1 503 x\r\nX-Cf-RouterError: no_endpoints\r\n", "no healthy instance of the app is behind it");
        yield return Answer("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n", "the answer has no 'Upgrade: websocket'");
        yield return Answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n", "the answer has no 'Connection: Upgrade'");
        yield return Answer(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\u200e\r\n",
            "Sec-WebSocket-Accept 'wrong\\u{200e}' does not belong to the key that was sent");
        yield return Answer(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\u001b\r\n",
            "the 101 was not made for this request: a cache or proxy answered in the server's place, or the server has a fault (Sec-WebSocket-Accept 'wrong\\u{1b}'");
        yield return Answer("SSH-2.0-OpenSSH\r\n", "speaks no HTTP: the status line");

        static TestCaseData Answer(string head, string expected) => new TestCaseData(head, expected).SetName($"{{m}}({expected.Split('\'')[0]})");
    }

    [TestCaseSource(nameof(Answers))]
    public async Task An_answer_that_is_no_WebSocket_is_one_line(string head, string expected)
    {
        using ScriptedServer server = ScriptedServer.Answering(head + "Content-Length: 0\r\n\r\n");
        ProgramResult result = await RunAsync(server.Url, []);
        result.AssertFailed(1, Does.StartWith($"EchoServer: {server.Url}: ").And.Contain(expected));
    }

    [TestCase("Sec-WebSocket-Protocol: other", "the answer agrees on a subprotocol that was not offered: 'other'")]
    [TestCase("Sec-WebSocket-Extensions: permessage-deflate", "the answer agrees on an extension that was not offered: 'permessage-deflate'")]
    public async Task What_was_not_offered_must_not_be_agreed_on(string line, string expected)
    {
        using ScriptedServer server = ScriptedServer.Echoing((request, _) => ScriptedServer.Accept(request, line));
        ProgramResult result = await RunAsync(server.Url, ["--subprotocol", "chat"]);
        result.AssertFailed(1, Does.Contain(expected));
    }

    [Test]
    public async Task What_else_an_answer_has_is_not_the_clients_business()
    {
        // More fields than the server takes of a request, more bytes, and one with a control character.
        string[] more = [.. Enumerable.Range(0, 120).Select(i => $"Set-Cookie: c{i}={new string('x', 200)}"), "X-Odd: a\u001bb"];
        using ScriptedServer server = ScriptedServer.Echoing((request, _) => ScriptedServer.Accept(request, more));
        Assert.That(await RunAsync(server.Url, []), Is.EqualTo(new ProgramResult(0, "x\n", "")));
    }

    [Test]
    [WholeMachine]
    public async Task A_certificate_is_trusted_when_its_authority_is_named_or_nobody_cares()
    {
        using var certificates = new TestCertificates();
        await using Haproxy router = await Haproxy.StartAsync(
            new HaproxyOptions { Instances = [SharedServers.Default.Port], Certificate = certificates.Issue("localhost") });
        Uri url = router.Url("/raw");
        var fine = new ProgramResult(0, "x\n", "");
        Assert.That(await RunAsync(url, ["--ca", certificates.AuthorityFile]), Is.EqualTo(fine));
        Assert.That(await RunAsync(url, ["--insecure"]), Is.EqualTo(fine));
        Assert.That(await RunAsync(router.Url("/raw", "127.0.0.1"), ["-k"]), Is.EqualTo(fine));

        ProgramResult unknown = await RunAsync(url, []);
        unknown.AssertFailed(1, Does.Contain("--ca"));

        // The authority is right, the name is not.
        ProgramResult name = await RunAsync(router.Url("/raw", "127.0.0.1"), ["--ca", certificates.AuthorityFile]);
        name.AssertFailed(1, Does.Contain("the certificate is for localhost, not for 127.0.0.1"));

        using var others = new TestCertificates("Another CA");
        ProgramResult other = await RunAsync(url, ["--ca", others.AuthorityFile]);
        Assert.That((other.ExitCode, other.Output), Is.EqualTo((1, "")));
    }

    [TestCase(true, TestName = "{m}(one file)")]
    [TestCase(false, TestName = "{m}(two files)")]
    public async Task A_client_shows_its_certificate(bool isOneFile)
    {
        using var certificates = new TestCertificates();
        using var server = new TlsFront(SharedServers.Default.Port, certificates.Issue("localhost"));
        TestCertificate own = certificates.Issue("the-client");
        string[] files = isOneFile ? ["--cert", own.CombinedFile] : ["--cert", own.CertificateFile, "--key", own.KeyFile];
        Assert.That(await RunAsync(server.Url, ["--ca", certificates.AuthorityFile]), Is.EqualTo(new ProgramResult(0, "x\n", "")));
        Assert.That(server.Client, Is.Null);
        Assert.That(await RunAsync(server.Url, ["--ca", certificates.AuthorityFile, .. files]), Is.EqualTo(new ProgramResult(0, "x\n", "")));
        Assert.That(server.Client, Is.EqualTo("CN=the-client"));
    }

    [Test]
    public async Task A_key_that_is_another_certificates_is_wrong_usage()
    {
        using var certificates = new TestCertificates();
        ProgramResult result = await RunAsync(
            new Uri("wss://localhost"), ["--cert", certificates.Issue("a").CertificateFile, "--key", certificates.Issue("b").KeyFile]);
        result.AssertFailed(2, Does.StartWith("EchoServer: --key: '").And.Contain("has another key than that of the certificate"));
    }

    [TestCase(null, "", TestName = "{m}(for everybody)")]
    [TestCase("me:geheim", "me:geheim@", TestName = "{m}(with user and password)")]
    [TestCase(":geheim", ":geheim@", TestName = "{m}(with a password and no user)")]
    public async Task It_goes_through_a_proxy(string? user, string inUrl)
    {
        using var proxy = new ConnectProxy(user);
        Uri url = SharedServers.Default.Url("/raw");
        Assert.That(await RunAsync(url, ["--proxy", $"http://{inUrl}{proxy.Address}"]), Is.EqualTo(new ProgramResult(0, "x\n", "")));
        Assert.That(proxy.Targets, Is.EqualTo(new[] { $"CONNECT 127.0.0.1:{url.Port}" }));
    }

    [Test]
    public async Task TLS_goes_through_a_proxy_and_the_environment_names_one()
    {
        using var certificates = new TestCertificates();
        using var server = new TlsFront(SharedServers.Default.Port, certificates.Issue("localhost"));
        using var proxy = new ConnectProxy();
        var environment = new Dictionary<string, string> { ["https_proxy"] = $"http://{proxy.Address}" };
        Assert.That(await RunAsync(server.Url, ["--ca", certificates.AuthorityFile], environment), Is.EqualTo(new ProgramResult(0, "x\n", "")));
        Assert.That(proxy.Targets, Is.EqualTo(new[] { $"CONNECT localhost:{server.Url.Port}" }));
        Assert.That(
            await RunAsync(server.Url, ["--ca", certificates.AuthorityFile, "--proxy", "none"], environment), Is.EqualTo(new ProgramResult(0, "x\n", "")));
        Assert.That(proxy.Targets, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_proxy_that_wants_to_know_who_asks_is_named()
    {
        using var proxy = new ConnectProxy("me:geheim");
        ProgramResult result = await RunAsync(SharedServers.Default.Url("/raw"), ["--proxy", $"http://{proxy.Address}"]);
        result.AssertFailed(1, Does.Contain("proxy").And.Contain("407"));
    }

    private static async Task<string> CaptureAsync(string[] options, Dictionary<string, string>? environment = null, string user = "")
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        ProgramResult result = await RunAsync($"ws://{user}{server.Url.Authority}/path?q=1", options, environment);
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "x\n", "")));

        // The raw peer takes bytes for characters.
        return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(server.Requests.Single()));
    }

    private static Task<ProgramResult> RunAsync(Uri url, string[] options, Dictionary<string, string>? environment = null) =>
        RunAsync(url.OriginalString, options, environment);

    private static Task<ProgramResult> RunAsync(string url, string[] options, Dictionary<string, string>? environment = null) =>
        Programs.RunAsync(Programs.EchoServer(["client", url, "x", "--quiet", .. options], environment));
}
