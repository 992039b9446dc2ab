namespace EchoServer.Tests.Diagnosis;

/// <summary>Client, ping, check and load name the same cause and give the same advice for the same failure of a proxy.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class ProxyWordsTests
{
    // In seconds: no answer of these is so late, however busy the machine is.
    private const string Patience = "60";

    private static IEnumerable<TestCaseData> Proxies()
    {
        yield return Http("407", "HTTP/1.1 407 Login first\r\nContent-Length: 0\r\n\r\n", "the proxy PROXY requires authentication, or does not accept the user and password that it got (it answered 407 Login first); put them into its URL: --proxy http://USER:PASSWORD@127.0.0.1:", ends: false);
        yield return Http("502", "HTTP/1.1 502 Bad\u001b Gateway\r\nContent-Length: 0\r\n\r\n", "the proxy PROXY could not reach server.example:443 (it answered 502 Bad\\u{1b} Gateway); ", ends: false);
        yield return Http("403", "HTTP/1.1 403 No\u001b\r\nContent-Length: 0\r\n\r\n", "the proxy PROXY does not allow a tunnel to server.example:443 (it answered 403 No\\u{1b}); ");
        yield return Http("404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the proxy PROXY answered the request for a tunnel to server.example:443 with 404 Not Found: it may be no proxy");
        yield return Http("407 without Basic", "HTTP/1.1 407 Login first\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n", "the proxy PROXY requires authentication with a scheme that this client does not have (it answered 407 Login first; Proxy-Authenticate: Negotiate, NTLM); have Basic allowed there, ");
        yield return Http("407 with Basic", "HTTP/1.1 407 Login first\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n", "(it answered 407 Login first; Proxy-Authenticate: Negotiate, basic realm=\"x\"); put them into its URL: ");
        yield return Http("TLS port of nginx", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html>The plain HTTP request was sent to HTTPS port</html>", "the port of the proxy PROXY speaks TLS, and http:// does not; name it with https:// in --proxy, or in the environment's ");
        yield return Http("TLS port", "\u0015\u0003\u0001\0\u0002\u0002\u0046", "the port of the proxy PROXY speaks TLS, and http:// does not; ");
        yield return Http("faulty answer", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "the proxy PROXY speaks HTTP, but its answer has a fault: the header name 'A ' is not a token; have the proxy mended; ");
        yield return Http("SSH", "SSH-2.0-OpenSSH\r\n\r\n", "the proxy PROXY does not answer as an HTTP proxy does: the status line 'SSH-2.0-OpenSSH' is not ", ends: false);
        yield return Http("FIN", "", "the proxy PROXY ended the connection instead of opening a tunnel; ");
        yield return Http("half an answer", "HTTP/1.1 200 OK\r\nX-", "the proxy PROXY does not answer as an HTTP proxy does: the answer ended in the middle of its head ('HTTP/1.1 200 OK\\r\\nX-'); ");
        yield return Http("half a greeting", "220 mail", "the proxy PROXY does not answer as an HTTP proxy does: it began with '220 mail', and ended; ");
        foreach (string scheme in (string[])["http", "socks5"])
        {
            yield return Proxy($"silence, {scheme}", scheme, peer => peer.ReadToEndAndDrop(), "the proxy PROXY accepted the connection, but opened no tunnel within 3 s: it hangs, ");
        }

        yield return Proxy("RST", "http", Reset, "the connection was reset by the proxy PROXY instead of an answer; ");
        yield return Proxy("407, then 403", "http", AskWhoThenRefuse, "the proxy PROXY does not allow a tunnel to server.example:443 (it answered 403 Forbidden); ");

        yield return Socks("SOCKS, refused", "server.example:443 refuses connections from the proxy PROXY; ", 5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0);
        yield return Socks("SOCKS, no method", "the proxy PROXY requires authentication, or does not accept the user and password that it got; ", 5, 255);
        yield return Socks("SOCKS, wrong password", "the proxy PROXY requires authentication, or does not accept the user and password that it got; ", 5, 2, 1, 1);
        yield return Socks("SOCKS, refused after the password", "server.example:443 refuses connections from the proxy PROXY; ", 5, 2, 1, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0);
        yield return Socks("SOCKS, odd address", "the proxy PROXY does not answer as a SOCKS proxy does: its reply has an address of an unknown kind; ", 5, 0, 5, 0, 0, 9, 0, 0, 0, 0, 0, 0);
        yield return Socks("SOCKS, odd reply", "the proxy PROXY does not answer as a SOCKS proxy does: the first byte of its answer is 0x04, not 0x05; ", 5, 0, 4, 0, 0, 1, 0, 0, 0, 0, 0, 0);
        yield return Proxy("no SOCKS", "socks5", AnswerAsHttp, "the proxy PROXY does not answer as a SOCKS proxy does: the first byte of its answer is 0x48, not 0x05; check scheme, ");
        yield return Socks("SOCKS, FIN", "the proxy PROXY ended the connection instead of opening a tunnel; ", 5, 0);
    }

    [TestCaseSource(nameof(Proxies))]
    public async Task Client_ping_check_and_load_say_the_same(string scheme, Action<RawPeer> serve, string expected)
    {
        using var proxy = new ScriptedServer((peer, _) => serve(peer));
        await ExpectAsync(scheme, proxy.Url.Authority, expected.Replace("PROXY", proxy.Url.Authority), expected.Contains(" within 3 s") ? Wait.LapseSeconds : Patience);
    }

    [Test]
    public async Task So_they_do_of_one_that_cannot_be_reached([Values("http", "socks5")] string scheme)
    {
        string address = $"127.0.0.1:{FreePort.Find()}";
        await ExpectAsync(scheme, address, $"the proxy {address} refuses connections: nothing listens there; check host and port in --proxy, ");

        // RFC 6761: names under .invalid never resolve. Where there is no name server either, it is that which is said.
        await ExpectAsync(scheme, "proxy.invalid:8080", "the host name of the proxy proxy.invalid:8080");
    }

    [Test]
    public async Task They_all_ask_for_the_ASCII_form_of_an_international_host()
    {
        using var proxy = ScriptedServer.AnsweringAndStaying("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
        string address = proxy.Url.Authority;
        await ExpectAsync("http", address, $"the proxy {address} does not allow a tunnel to xn--bcher-kva.example:443 (it answered 403 No)", host: "bücher.example");
    }

    /// <summary>
    /// Has all four go through a proxy to a TLS server, and the client to one without TLS as well: they must say one thing, with this in
    /// it, and never the password.
    /// </summary>
    private static async Task ExpectAsync(
        string scheme, string address, string expected, string timeout = Patience, string host = "server.example")
    {
        string url = $"wss://{host}/";
        string plain = $"ws://{host}:443/";
        var environment = new Dictionary<string, string> { ["ALL_PROXY"] = $"{scheme}://me:geheim@{address}" };
        ProgramResult[] results = await Task.WhenAll(
            Run("client", url, "x", "--timeout", timeout), Run("ping", url, "-c", "1", "--timeout", timeout), Run("check", url, "--json", "--timeout", timeout),
            Run("load", url, "--duration", "1", "--timeout", timeout));
        ProgramResult withoutTls = await Run("client", plain, "x", "--timeout", timeout);
        using var check = JsonDocument.Parse(results[2].Output);
        JsonElement failed = check.RootElement.GetProperty("probes").EnumerateArray().Single(probe => probe.GetProperty("outcome").GetString() == "fail");
        string said = $"{failed.GetProperty("cause").GetString()}; {failed.GetProperty("advice").GetString()}";
        Assert.Multiple(() =>
        {
            Assert.That(said, Does.Contain(expected));
            Assert.That(results[0], Is.EqualTo(new ProgramResult(1, "", $"EchoServer: {url}: {said}\n")));
            Assert.That(results[1], Is.EqualTo(new ProgramResult(1, "", $"EchoServer: {url}: {said}\n")));
            Assert.That(results[3], Is.EqualTo(results[0]));
            Assert.That(withoutTls, Is.EqualTo(new ProgramResult(1, "", $"EchoServer: {plain}: {said}\n")));
            Assert.That(results[2].ExitCode, Is.EqualTo(1));
            Assert.That(results[2].Output, Does.Not.Contain("geheim").And.Not.Contain("me:"));
            Assert.That(said, Does.Not.Contain("geheim").And.Not.Contain("container"));
        });

        Task<ProgramResult> Run(params string[] arguments) => Programs.RunAsync(Programs.EchoServer(arguments, environment));
    }

    private static TestCaseData Proxy(string name, string scheme, Action<RawPeer> serve, string expected) =>
        new TestCaseData(scheme, serve, expected).SetName($"{{m}}({name})");

    private static TestCaseData Http(string name, string answer, string expected, bool ends = true) => Proxy(
        name,
        "http",
        peer =>
        {
            peer.ReadHead();
            peer.Send(answer);
            if (ends)
            {
                peer.EndSending();
            }

            peer.ReadToEndAndDrop();
        },
        expected);

    /// <summary>Answers all that will be asked as soon as something is, and ends: of SOCKS 5 the first request has at least three bytes.</summary>
    private static TestCaseData Socks(string name, string expected, params byte[] answers) => Proxy(
        name,
        "socks5",
        peer =>
        {
            peer.Skip(3);
            peer.Send(answers);
            peer.EndSending();
            peer.ReadToEndAndDrop();
        },
        expected);

    private static void AnswerAsHttp(RawPeer peer)
    {
        peer.Skip(3);
        peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.ReadToEndAndDrop();
    }

    private static void Reset(RawPeer peer)
    {
        peer.ReadHead();
        peer.Reset();
    }

    private static void AskWhoThenRefuse(RawPeer peer)
    {
        while (!peer.ReadHead().Contains("Proxy-Authorization: Basic ", StringComparison.Ordinal))
        {
            peer.Send("HTTP/1.1 407 Login first\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 4\r\n\r\nwho?");
        }

        peer.Send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        peer.ReadToEndAndDrop();
    }
}
