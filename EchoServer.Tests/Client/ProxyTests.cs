namespace EchoServer.Tests.Client;

/// <summary>What is said of a proxy through which no connection comes about: that it is the proxy, and never its password.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class ProxyTests
{
    [Test]
    public async Task A_proxy_is_reached_over_TLS_and_its_certificate_is_checked()
    {
        using var certificates = new TestCertificates();
        using var inner = new ConnectProxy("me:geheim");
        using var proxy = new TlsFront(int.Parse(inner.Address.Split(':')[1]), certificates.Issue("localhost"));
        string url = SharedServers.Default.Url("/raw").AbsoluteUri;
        string named = $"https://me:geheim@{proxy.Url.Authority}";
        ProgramResult trusted = await RunAsync(url, named, "--quiet", "--ca", certificates.AuthorityFile);
        Assert.That(trusted, Is.EqualTo(new ProgramResult(0, "x\n", "")));
        Assert.That(inner.Targets, Is.EqualTo(new[] { $"CONNECT 127.0.0.1:{SharedServers.Default.Port}" }));

        ProgramResult unknown = await RunAsync(url, named);
        unknown.AssertFailed(1, Does.StartWith($"EchoServer: {url}: TLS with the proxy {proxy.Url.Authority} failed: the certificate cannot be traced to a trusted authority"));
    }

    [Test]
    public async Task A_proxy_that_speaks_no_TLS_is_named()
    {
        using var proxy = new ScriptedServer((peer, _) =>
        {
            peer.Send("SSH-2.0-OpenSSH_9.2p1\r\n");
            peer.ReadToEndAndDrop();
        });
        ProgramResult result = await RunAsync("ws://server.example:8080/", $"https://{proxy.Url.Authority}");
        Assert.That(result.Error, Does.StartWith(
            $"EchoServer: ws://server.example:8080/: TLS with the proxy {proxy.Url.Authority} failed: what listens on this port speaks no TLS; check host and port in --proxy"));
    }

    [Test]
    public async Task JSON_and_verbose_have_no_password_either()
    {
        using var proxy = new ConnectProxy("another:user");
        string inEnvironment = $"http://me:geheim@{proxy.Address}";
        ProgramResult result = await RunAsync(SharedServers.Default.Url("/raw").AbsoluteUri, inEnvironment, "--json", "--verbose");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Contain("(it answered 407 Proxy Authentication Required; Proxy-Authenticate: Basic realm=").And.Not.Contain("geheim"));
        Assert.That(result.Error, Does.StartWith("> CONNECT 127.0.0.1:").And.Not.Contain("geheim"));
    }

    [Test]
    public async Task TLS_that_hangs_behind_the_tunnel_is_not_the_proxys()
    {
        using var proxy = ScriptedServer.AnsweringAndStaying("HTTP/1.1 200 OK\r\n\r\n");
        ProgramResult result = await RunAsync("wss://server.example/", $"http://{proxy.Url.Authority}", "--timeout", Wait.LapseSeconds);
        Assert.That(result.Error, Does.StartWith("EchoServer: wss://server.example/: the TLS handshake was not answered within 3 s"));
    }

    [Test]
    public async Task Verbose_shows_the_servers_heads_through_a_tunnel()
    {
        using var certificates = new TestCertificates();
        using var server = new TlsFront(SharedServers.Default.Port, certificates.Issue("localhost"));
        using var proxy = new ConnectProxy();
        ProgramResult result = await RunAsync(server.Url.AbsoluteUri, $"http://{proxy.Address}", "--quiet", "--verbose", "--ca", certificates.AuthorityFile);
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Error, Does.StartWith("> GET /raw HTTP/1.1\n").And.Contain("\n< HTTP/1.1 101 Switching Protocols\n").And.Not.Contain("\\u{"));
    }

    private static Task<ProgramResult> RunAsync(string url, string proxy, params string[] options) => Programs.RunAsync(
        Programs.EchoServer(["client", url, "x", .. options], new Dictionary<string, string> { ["ALL_PROXY"] = proxy }));
}
