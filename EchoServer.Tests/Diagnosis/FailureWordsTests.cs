using EchoServer.Check;
using EchoServer.Diagnosis;
using EchoServer.Tests.Check;

namespace EchoServer.Tests.Diagnosis;

/// <summary>
/// Client, ping, check, check --quick and load name the same cause and give the same advice for the same failure of a peer, and work
/// with the same peers.
/// </summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class FailureWordsTests
{
    // In seconds: no answer of these is so late, however busy the machine is.
    private const string Patience = "60";

    // RFC 8446 §5.1, §6: a record of two bytes, fatal and 116.
    private const string CertificateRequiredAlert = "\u0015\u0003\u0003\0\u0002\u0002\u0074";

    private static IEnumerable<TestCaseData> Peers()
    {
        yield return Answer("400", "HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nwhy?", "the server refused the handshake with 400 Bad Request (it says: why?)", isChecked: false);
        yield return Answer("400 of Node's ws", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 11\r\n\r\nBad Request", "most often its WebSocket is at another path than '/'", isChecked: false);
        yield return Answer("400 of nginx", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<title>400 No required SSL certificate was sent</title>", "a proxy or balancer in front asks for a client certificate", isChecked: false);
        yield return Answer("401", "HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=a\r\nContent-Length: 0\r\n\r\n", "(Basic realm=a)");
        yield return Answer("404", "HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n", "no WebSocket is at the path '/' (it says: nope)");
        yield return Answer("404 in chunks with extensions", "HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nno\r\n2 ; c=\"d\"\r\npe\r\n0\r\n\r\n", "no WebSocket is at the path '/' (it says: nope)");
        yield return Answer("404 of the router", "HTTP/1.1 404 x\r\nX-Cf-RouterError: unknown_route\r\nContent-Length: 0\r\n\r\n", "the router has no route '127.0.0.1'");
        yield return Answer("502 of the router", "HTTP/1.1 502 x\r\nX-Cf-RouterError: endpoint_failure (EOF)\r\nContent-Length: 0\r\n\r\n", "nothing listens on $PORT behind the platform's sidecar");
        yield return Answer("502 alone", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "if it is Cloud Foundry's router, the app's 101 is not valid; any other proxy got no answer");
        yield return Answer("426 to h2c", "HTTP/1.1 426 x\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n", "is not a WebSocket server: it wants an upgrade to h2c", isChecked: true);
        yield return Answer("redirect with a password", "HTTP/1.1 302 x\r\nLocation: https://bob:secret@other.example/x\r\nContent-Length: 0\r\n\r\n", "redirected to another place, https://...@other.example/x, and");
        yield return Answer("503", "HTTP/1.1 503 x\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", "cannot serve now (Retry-After: 7)");
        yield return Answer("redirect", "HTTP/1.1 302 x\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", "a login stands in front");
        yield return Answer("103, then 404", "HTTP/1.1 103 x\r\nLink: a\r\n\r\nHTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", "no WebSocket is at the path");
        yield return Answer("no HTTP", "SSH-2.0-OpenSSH\r\n", "speaks no HTTP: the status line 'SSH-2.0-OpenSSH'", isChecked: false);
        yield return Answer("TLS alert", "\u0015\u0003\u0001\0\u0002\u0002\u0046", "this port speaks TLS, and ws:// does not; use wss:// instead of ws://");
        yield return Answer("bare LF", "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n", "speaks HTTP, but its answer has a fault: a line ends with LF alone", isChecked: false);
        yield return Answer("white space before a colon", "HTTP/1.1 101 x\r\nUpgrade : websocket\r\n\r\n", "speaks HTTP, but its answer has a fault: the header name 'Upgrade ' is not a token; have this mended in the server", isChecked: true);
        yield return Answer("folded line", "HTTP/1.1 404 Not Found\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n", "no WebSocket is at the path '/'", isChecked: true);
        yield return Accepting("key twice", answer => answer.Replace("Sec-WebSocket-Accept", answer[answer.IndexOf("Sec-")..].Split("\r\n")[0] + "\r\nSec-WebSocket-Accept"), "the 101 is not valid: the answer has Sec-WebSocket-Accept 2 times, and it may be there once");
        yield return Answer("FIN", "", "ended the connection instead of answering", isChecked: false);
        yield return Answer("half a head", "HTTP/1.1 101 x\r\nUpgr", "the answer ended in the middle of its head ('HTTP/1.1 101 x\\r\\nUpgr')", isChecked: false);
        yield return Answer("half a status line", "HTT", "the answer ended in the middle of its head ('HTT')", isChecked: false);
        yield return Answer("interim answer alone", "HTTP/1.1 103 x\r\n\r\n", "the connection ended behind an interim answer (1xx), before the answer itself", isChecked: false);
        yield return Answer("page without a head", "<html>\u0001", "speaks no HTTP: it began with '<html>\\u{1}', and ended", isChecked: false);
        yield return Answer("NULs", "\0\0\0\0", "speaks no HTTP: it began with '\\u{0}\\u{0}\\u{0}\\u{0}', and ended", isChecked: false);
        yield return Answer("SMTP", "220 mail", "speaks no HTTP: it began with '220 mail', and ended", isChecked: false);
        yield return Answer("HTTP/2", "\0\0\u0006\u0004\0\0\0\0\0\0\u0003\0\0\0\n", "speaks HTTP/2 without being asked for it, and WebSocket needs HTTP/1.1 there", isChecked: false);
        yield return Peer("half a head, RST", "ws", peer => SendAndReset(peer, "HTTP/1.1 200 OK\r\n"), "the answer ended in the middle of its head ('HTTP/1.1 200 OK\\r\\n')", isChecked: false);
        yield return Peer("no HTTP, RST", "ws", peer => SendAndReset(peer, "login:"), "speaks no HTTP: it began with 'login:', and reset the connection", isChecked: false);

        // 30 s, because four programs start at once, perhaps on a busy machine, and the first bytes are to come in time.
        yield return Peer("no HTTP, silence", "ws", peer => SendAndListen(peer, "login:"), "speaks no HTTP: it said 'login:', and no more within 30 s", isChecked: false);
        yield return Peer("half a head, silence", "ws", peer => SendAndListen(peer, "HTTP/1.1 101 x\r\n"), "the answer did not come to the end of its head within 30 s ('HTTP/1.1 101 x\\r\\n')", isChecked: false);
        yield return Answer("head too large", $"HTTP/1.1 101 x\r\nX: {new string('x', 70_000)}", "the head of the answer is larger than the 64 KiB that this client takes", isChecked: false);
        yield return Peer("RST", "ws", peer => ReadAnd(peer, peer.Reset), "the connection was reset instead of an answer", isChecked: false);
        yield return Peer("silence", "ws", peer => peer.ReadToEndAndDrop(), "the request was not answered within 10 s", isChecked: false);
        yield return Peer("silence in TLS", "wss", peer => peer.ReadToEndAndDrop(), "the TLS handshake was not answered within 10 s", isChecked: false);
        yield return Peer("RST in TLS", "wss", SkipAndReset, "reset during the TLS handshake: the server speaks no TLS on this port, or crashed");
        yield return Peer("plain on TLS", "wss", peer => AnswerAndEnd(peer, 5, "HTTP/1.1 400 Bad Request\r\n\r\n"), "what listens on this port speaks no TLS");
        yield return Peer("client certificate wanted", "wss", peer => AnswerAndEnd(peer, 5, CertificateRequiredAlert), "the server asks for a client certificate, and does not accept the one that was sent, or none was sent (it says: certificate required); pass one that it trusts with --cert and --key");
        yield return Accepting("wrong key", answer => answer[..answer.IndexOf("Sec-")] + "Sec-WebSocket-Accept: x\r\n\r\n", "the 101 was not made for this request");
        yield return Accepting("no Upgrade", answer => answer.Replace("Upgrade: websocket\r\n", ""), "the 101 is not complete: the answer has no 'Upgrade: websocket'");
        yield return Accepting("extension", answer => answer.Replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n"), "the 101 is not valid: the answer agrees on an extension");
    }

    [TestCaseSource(nameof(Peers))]
    public async Task They_say_the_same_of_a_peer(string scheme, Action<RawPeer> serve, string expected, bool isChecked)
    {
        using var server = new ScriptedServer((peer, _) => serve(peer));
        await ExpectAsync($"{scheme}://{server.Url.Authority}/", expected, isChecked);
    }

    [Test]
    public async Task They_say_the_same_where_nothing_is()
    {
        await ExpectAsync($"ws://127.0.0.1:{FreePort.Find()}/", "connection refused: nothing listens on port");
        await ExpectAsync("ws://server.invalid/", "'server.invalid'");
        await ExpectAsync("ws://bücher.invalid/", "bücher.invalid'");
    }

    [Test]
    public async Task They_say_the_same_of_a_certificate()
    {
        using var certificates = new TestCertificates();
        using var good = new TlsFront(SharedServers.Default.Port, certificates.Issue("localhost"));
        using var other = new TlsFront(SharedServers.Default.Port, certificates.Issue("other.example"));
        using var expired = new TlsFront(SharedServers.Default.Port, certificates.IssueExpired("localhost"));
        await ExpectAsync(good.Url.AbsoluteUri, "the certificate cannot be traced to a trusted authority");
        await ExpectAsync(other.Url.AbsoluteUri, "the certificate is for other.example, not for localhost", authorities: certificates);
        await ExpectAsync(expired.Url.AbsoluteUri, "the certificate expired 24 hours ago", authorities: certificates);
    }

    /// <summary>With TLS 1.3 the handshake is over for the client before the server looks for its certificate.</summary>
    [Test]
    public async Task They_say_the_same_of_a_server_that_misses_a_certificate_and_ends_without_an_alert([Values] bool resets)
    {
        using var certificates = new TestCertificates();
        using var front = new TlsFront(SharedServers.Default.Port, certificates.Issue("localhost"), onStranger: resets ? peer => peer.Reset() : peer =>
        {
            peer.EndSending();
            peer.ReadToEndAndDrop();
        });
        await ExpectAsync(
            front.Url.AbsoluteUri,
            $"{(resets ? "reset instead of an answer: the server" : "ended the connection instead of answering: it")} did not get the client certificate that it asks for, has no WebSocket at this path, ",
            authorities: certificates);
    }

    [Test]
    public async Task They_say_the_same_of_a_TLS_port_that_answers_plain_requests_with([Values("a reset", "an end", "a bare 400")] string answer)
    {
        using var certificates = new TestCertificates();
        using var front = new TlsFront(SharedServers.Default.Port, certificates.Issue("localhost"), onPlain: answer switch
        {
            "a reset" => peer => ReadAnd(peer, peer.Reset),
            "an end" => peer => ReadAnd(peer, () => AnswerAndEnd(peer, 0, "")),
            _ => peer => ReadAnd(peer, () => AnswerAndEnd(peer, 0, "HTTP/1.1 400 Bad Request\r\n\r\n")),
        });
        await ExpectAsync($"ws://localhost:{front.Url.Port}/", "this port speaks TLS, and ws:// does not; use wss:// instead of ws://");
    }

    [Test]
    public async Task They_do_not_blame_a_server_for_their_own_limit()
    {
        // The header of a message of 64 MiB (RFC 6455 §5.2).
        using var server = EchoScripts.Server((_, _, message) => EchoScripts.Good(message), peer => peer.Send([0x82, 127, 0, 0, 0, 0, 4, 0, 0, 0]));
        string url = server.Url.AbsoluteUri;
        const string cause = "the server sent more than this client takes, which is not against the protocol: a message of 67108864 bytes or more is over 16777216; the client closed with 1009 MessageTooBig";
        const string advice = "have the server send smaller messages: the limit is this client's own, and no option raises it";
        ProgramResult[] results = await RunAllAsync(url, ["--timeout", Patience]);
        Assert.That(results.Select(result => result.ExitCode), Is.All.EqualTo(1));
        Assert.That(results[1].Output, Does.Contain($"disconnected: {cause}\n"));
        Assert.That(((ProgramResult[])[results[0], results[2], results[3]]).Select(result => result.Error), Is.All.EqualTo($"EchoServer: {url}: {cause}; {advice}\n"));
        Checks checks = await Checks.RunAsync(url);
        Assert.That(string.Join(' ', checks.Which(Outcome.Fail)), Is.EqualTo("ping close"));
        Assert.That(checks.Results.Where(result => result.Finding.Outcome == Outcome.Fail).Select(result => result.Finding.Fault), Is.All.EqualTo(new Fault(cause, advice)));
    }

    [Test]
    public async Task They_all_pass_over_interim_answers()
    {
        const string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
        using ScriptedServer server = ScriptedServer.Echoing(
            (_, _, message) => EchoScripts.Good(message), (request, _) => interim + ScriptedServer.Accept(request));
        await ExpectSuccessAsync(server.Url.AbsoluteUri);
    }

    [Test]
    public async Task They_all_name_the_same_hosts_where_a_Host_header_is_given()
    {
        using ScriptedServer server = EchoScripts.Server((_, _, message) => EchoScripts.Good(message));
        using var certificates = new TestCertificates();
        using var front = new TlsFront(server.Url.Port, certificates.Issue("localhost"));
        await ExpectSuccessAsync(front.Url.AbsoluteUri, certificates, "-H", "Host: other.example");
        Assert.That(server.RequestLines("Host: ").Distinct().Single(), Is.EqualTo("Host: other.example"));
        Assert.That(front.Names, Is.Not.Empty.And.All.EqualTo("localhost"), "the certificate is that of the URL's host");
    }

    private static async Task ExpectAsync(string url, string expected, bool isChecked = true, TestCertificates? authorities = null)
    {
        string timeout = Regex.Match(expected, @" within (\d+) s") is { Success: true } lapse ? lapse.Groups[1].Value : Patience;
        ProgramResult[] results = await RunAllAsync(url, ["--timeout", timeout, .. Options(authorities)]);
        string shown = $"EchoServer: {url}: ";
        Assert.That(results[0].Error, Does.StartWith(shown).And.Contain(expected));
        Assert.That(results, Is.All.EqualTo(new ProgramResult(1, "", results[0].Error)));
        if (isChecked)
        {
            Checks checks = await Checks.RunAsync(url, connection: authorities is null ? null : Checks.Trusting(authorities));
            Assert.That(checks.Which(Outcome.Fail).Select(probe => $"{shown}{checks[probe].Fault}\n"), Is.Not.Empty.And.All.EqualTo(results[0].Error));
        }
    }

    private static async Task ExpectSuccessAsync(string url, TestCertificates? authorities = null, params string[] options)
    {
        ProgramResult[] results = await RunAllAsync(url, ["--timeout", Patience, .. options, .. Options(authorities)]);
        Assert.That(results.Select(result => (result.ExitCode, result.Error)), Is.All.EqualTo((0, "")));
        ProgramResult check = await Programs.RunAsync(Programs.EchoServer(["check", url, "--strict", .. options, .. Options(authorities)]));
        Assert.That((check.ExitCode, check.Error), Is.EqualTo((0, "")), check.Output);
    }

    private static Task<ProgramResult[]> RunAllAsync(string url, string[] options)
    {
        return Task.WhenAll(
            Run(["client", url, "x"]), Run(["ping", url, "-c", "1"]), Run(["check", url, "--quick"]), Run(["load", url, "--duration", "1", "--connections", "2"]));

        Task<ProgramResult> Run(string[] arguments) => Programs.RunAsync(Programs.EchoServer([.. arguments, .. options]));
    }

    private static string[] Options(TestCertificates? authorities) => authorities is null ? [] : ["--ca", authorities.AuthorityFile];

    private static TestCaseData Peer(string name, string scheme, Action<RawPeer> serve, string expected, bool isChecked = true) =>
        new TestCaseData(scheme, serve, expected, isChecked).SetName($"{{m}}({name})");

    private static TestCaseData Answer(string name, string answer, string expected, bool isChecked = true) =>
        Peer(name, "ws", peer => ReadAnd(peer, () => AnswerAndEnd(peer, 0, answer)), expected, isChecked);

    private static TestCaseData Accepting(string name, Func<string, string> change, string expected) => Peer(
        name,
        "ws",
        peer =>
        {
            string request = peer.ReadHead();
            AnswerAndEnd(peer, 0, request.Contains("Upgrade: websocket", StringComparison.Ordinal) ? change(ScriptedServer.Accept(request)) : ScriptedServer.NotFound);
        },
        expected);

    /// <summary>Ends a connection that begins with TLS at once: after such a failure the client asks whether the port speaks it.</summary>
    private static void ReadAnd(RawPeer peer, Action act)
    {
        byte[] first = new byte[1];
        if (peer.Socket.Receive(first, SocketFlags.Peek) == 1 && first[0] == TlsFront.HandshakeRecord)
        {
            return;
        }

        peer.ReadHead();
        act();
    }

    private static void SendAndListen(RawPeer peer, string answer)
    {
        peer.Send(answer);
        peer.ReadToEndAndDrop();
    }

    /// <summary>Linux hands out the bytes that arrived before a reset.</summary>
    private static void SendAndReset(RawPeer peer, string answer)
    {
        peer.ReadHead();
        peer.Send(answer);
        peer.Reset();
    }

    /// <summary>Has the client begin with TLS before the reset, which otherwise meets its connection.</summary>
    private static void SkipAndReset(RawPeer peer)
    {
        peer.Skip(1);
        peer.Reset();
    }

    private static void AnswerAndEnd(RawPeer peer, int bytesToSkip, string answer)
    {
        peer.Skip(bytesToSkip);
        peer.Send(answer);
        peer.EndSending();
        peer.ReadToEndAndDrop();
    }
}
