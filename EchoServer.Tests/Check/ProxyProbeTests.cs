using EchoServer.Check;
using EchoServer.Connect.Proxies;

namespace EchoServer.Tests.Check;

/// <summary>What is said of a proxy, and what is not.</summary>
internal sealed class ProxyProbeTests
{
    [TestCase("", "pass  proxy .* http://127.0.0.1:[0-9]+ opened a tunnel", TestName = "{m}(text)")]
    [TestCase("--json", "\"proxy\": \"http://127.0.0.1:[0-9]+\"", TestName = "{m}(JSON)")]
    public async Task The_password_of_the_environments_proxy_is_used_but_not_shown(string option, string shown)
    {
        using var proxy = new ConnectProxy("me:geheim");
        var environment = new Dictionary<string, string> { ["http_proxy"] = $"http://me:geheim@{proxy.Address}" };
        string[] options = option.Length > 0 ? [option] : [];
        ProgramResult result = await Programs.RunAsync(
            Programs.EchoServer(["check", SharedServers.Default.Url("/raw").AbsoluteUri, .. options], environment));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Match(shown).And.Not.Contain("geheim").And.Not.Contain("me:"));
        Assert.That(proxy.Targets, Is.Not.Empty);
    }

    [Test]
    public async Task A_proxy_that_is_down_or_unknown_is_not_the_server()
    {
        int port = FreePort.Find();
        Checks down = await RunAsync("wss://echo.example.org", $"http://127.0.0.1:{port}");
        down.Expect("tcp", Outcome.Fail, "127.0.0.1 connection refused", $"the proxy 127.0.0.1:{port} refuses connections", "--proxy");
        down.ExpectEndAfter("tcp");

        // RFC 6761: names under .invalid never resolve.
        Checks unknown = await RunAsync("wss://echo.example.org", "http://proxy.invalid:8080");
        unknown.Expect("dns", Outcome.Fail, "", "the host name of the proxy proxy.invalid:8080");
        unknown.ExpectEndAfter("dns");
    }

    [TestCase("http", "an HTTP proxy does: the status line '220 mail.example.org ESMTP'", TestName = "{m}(CONNECT)")]
    [TestCase("socks5", "a SOCKS proxy does: the first byte of its answer is 0x32, not 0x05", TestName = "{m}(SOCKS 5)")]
    public async Task What_is_no_proxy_is_not_the_server(string scheme, string cause)
    {
        using var mail = new ScriptedServer((peer, _) => peer.Send("220 mail.example.org ESMTP\r\n"));
        Checks checks = await RunAsync("wss://echo.example.org", $"{scheme}://{mail.Url.Authority}");
        checks.Expect("proxy", Outcome.Fail, "no proxy's answer", $"the proxy {mail.Url.Authority} does not answer as {cause}");
    }

    [Test]
    public async Task A_host_name_with_other_letters_goes_to_the_proxy_in_ASCII([Values("http", "socks5")] string scheme)
    {
        var asked = new TaskCompletionSource<string>();
        using var proxy = new ScriptedServer((peer, _) =>
        {
            if (scheme == "http")
            {
                asked.TrySetResult(peer.ReadHead());
                return;
            }

            // RFC 1928 §3 and §4: the length of the name is the fifth byte.
            peer.ReadExactly(3);
            peer.Send([5, 0]);
            asked.TrySetResult(Encoding.Latin1.GetString(peer.ReadExactly(peer.ReadExactly(5)[4])));
        });
        await RunAsync("ws://bücher.invalid", $"{scheme}://{proxy.Url.Authority}");
        Assert.That(await asked.Task.WaitAsync(ServerProcess.Patience), scheme == "http"
            ? Does.StartWith("CONNECT xn--bcher-kva.invalid:80 HTTP/1.1\r\nHost: xn--bcher-kva.invalid:80\r\n")
            : Is.EqualTo("xn--bcher-kva.invalid"));
    }

    [TestCase("socks4://me:geheim@127.0.0.1:1080", "of SOCKS only version 5 is spoken")]
    [TestCase("socks4a://me:geheim@127.0.0.1:1080", "of SOCKS only version 5 is spoken")]
    [TestCase("ftp://me:geheim@127.0.0.1:21", "")]
    public async Task A_kind_of_proxy_that_is_not_spoken_is_refused(string proxy, string why)
    {
        ProgramResult option = await Programs.RunAsync(Programs.EchoServer(["check", "ws://localhost:1", "--proxy", proxy]));
        option.AssertFailed(2, Does.StartWith("EchoServer: --proxy: ").And.Contain("is not a proxy (http://[user:password@]host:port, https://"));

        var environment = new Dictionary<string, string> { ["all_proxy"] = proxy };
        ProgramResult variable = await Programs.RunAsync(Programs.EchoServer(["check", "ws://localhost:1"], environment));
        variable.AssertFailed(2, Does.StartWith("EchoServer: all_proxy: the value (not shown) is not a proxy ").And.Contain(why));
        Assert.That(option.Error + variable.Error, Does.Not.Contain("geheim"));
    }

    private static Task<Checks> RunAsync(string url, string proxy) =>
        Checks.RunAsync(url, connection: options => options with { Proxy = new ProxyChoice(new Uri(proxy), null) });
}
