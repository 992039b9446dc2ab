namespace EchoServer.Tests.Diagnosis;

/// <summary>Client, ping, check and load name the same cause and give the same advice for the same failure of a peer.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class FailureWordsTests
{
    // In seconds: no answer of these is so late, however busy the machine is.
    private const string Patience = "60";

    // As long as four programs take to start on a busy machine, and to connect: it is the answer that is to be late.
    private const string Lapse = "10";

    private static IEnumerable<TestCaseData> Peers()
    {
        yield return Answer("400", "HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nwhy?", "the handshake arrived broken (it says: why?)");
        yield return Answer("401", "HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=a\r\nContent-Length: 0\r\n\r\n", "(Basic realm=a)");
        yield return Answer("403", "HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n", "the server refuses this client");
        yield return Answer("404", "HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n", "no WebSocket is at the path '/' (it says: nope)");
        yield return Answer("404 of the router", "HTTP/1.1 404 x\r\nX-Cf-RouterError: unknown_route\r\nContent-Length: 0\r\n\r\n", "the router has no route '127.0.0.1'");
        yield return Answer("426", "HTTP/1.1 426 x\r\nContent-Length: 0\r\n\r\n", "lost its Upgrade header");
        yield return Answer("503", "HTTP/1.1 503 x\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", "cannot serve now (Retry-After: 7)");
        yield return Answer("redirect", "HTTP/1.1 302 x\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", "a login stands in front");
        yield return Answer("103, then 404", "HTTP/1.1 103 x\r\nLink: a\r\n\r\nHTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", "no WebSocket is at the path");
        yield return Answer("no HTTP", "SSH-2.0-OpenSSH\r\n", "speaks no HTTP: the status line 'SSH-2.0-OpenSSH'");
        yield return Answer("TLS alert", "\u0015\u0003\u0001\0\u0002\u0002\u0046", "ended the connection instead of answering");
        yield return Answer("FIN", "", "ended the connection instead of answering");
        yield return Answer("half a head", "HTTP/1.1 101 x\r\nUpgr", "ended the connection instead of answering");
        yield return Answer("head too large", $"HTTP/1.1 101 x\r\nX: {new string('x', 70_000)}", "the head of the answer is larger than 64 KiB");
        yield return Peer("RST", "ws", peer => ReadAnd(peer, peer.Reset), "the connection was reset instead of an answer");
        yield return Peer("silence", "ws", peer => peer.ReadToEndAndDrop(), "the request was not answered within 10 s");
        yield return Peer("silence in TLS", "wss", peer => peer.ReadToEndAndDrop(), "the TLS handshake was not answered within 10 s");
        yield return Peer("plain on TLS", "wss", peer => AnswerAndEnd(peer, 5, "HTTP/1.1 400 Bad Request\r\n\r\n"), "what listens on this port speaks no TLS");
        yield return Accepting("wrong key", answer => answer[..answer.IndexOf("Sec-")] + "Sec-WebSocket-Accept: x\r\n\r\n", "the 101 was not made for this request");
        yield return Accepting("no Upgrade", answer => answer.Replace("Upgrade: websocket\r\n", ""), "the 101 is not complete: the answer has no 'Upgrade: websocket'");
        yield return Accepting("extension", answer => answer.Replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n"), "the 101 is not valid: the answer agrees on an extension");
    }

    [TestCaseSource(nameof(Peers))]
    public async Task They_say_the_same_of_a_peer(string scheme, Action<RawPeer> serve, string expected)
    {
        using var server = new ScriptedServer((peer, _) => serve(peer));
        await ExpectAsync($"{scheme}://{server.Url.Authority}/", expected);
    }

    [Test]
    public async Task They_say_the_same_where_nothing_is()
    {
        await ExpectAsync($"ws://127.0.0.1:{FreePort.Find()}/", "connection refused: nothing listens on port");
        await ExpectAsync("ws://server.invalid/", "'server.invalid'");
    }

    [Test]
    public async Task They_say_the_same_of_a_certificate()
    {
        using var certificates = new TestCertificates();
        using var good = new TlsFront(SharedServers.Default.Port, certificates.Issue("localhost"));
        using var other = new TlsFront(SharedServers.Default.Port, certificates.Issue("other.example"));
        using var expired = new TlsFront(SharedServers.Default.Port, certificates.IssueExpired("localhost"));
        await ExpectAsync(good.Url.AbsoluteUri, "the certificate cannot be traced to a trusted authority");
        await ExpectAsync(other.Url.AbsoluteUri, "the certificate is for other.example, not for localhost", "--ca", certificates.AuthorityFile);
        await ExpectAsync(expired.Url.AbsoluteUri, "the certificate expired 24 hours ago", "--ca", certificates.AuthorityFile);

        using var demanding = new TlsFront(SharedServers.Default.Port, certificates.Issue("localhost"), isClientRequired: true);
        await ExpectAsync(demanding.Url.AbsoluteUri, "a client certificate", "--ca", certificates.AuthorityFile);
    }

    private static async Task ExpectAsync(string url, string expected, params string[] options)
    {
        ProgramResult[] results = await Task.WhenAll(
            Run(["client", url, "x"]), Run(["ping", url, "-c", "1"]), Run(["check", url, "--quick"]), Run(["load", url, "--duration", "1"]));
        Assert.That(results[0].Error, Does.StartWith($"EchoServer: {url}: ").And.Contain(expected));
        Assert.That(results, Is.All.EqualTo(new ProgramResult(1, "", results[0].Error)));

        Task<ProgramResult> Run(string[] arguments) => Programs.RunAsync(Programs.EchoServer(
            [.. arguments, "--timeout", expected.Contains(" within 10 s") ? Lapse : Patience, .. options]));
    }

    private static TestCaseData Peer(string name, string scheme, Action<RawPeer> serve, string expected) =>
        new TestCaseData(scheme, serve, expected).SetName($"{{m}}({name})");

    private static TestCaseData Answer(string name, string answer, string expected) =>
        Peer(name, "ws", peer => ReadAnd(peer, () => AnswerAndEnd(peer, 0, answer)), expected);

    private static TestCaseData Accepting(string name, Func<string, string> change, string expected) => Peer(
        name, "ws", peer => AnswerAndEnd(peer, 0, change(ScriptedServer.Accept(peer.ReadHead()))), expected);

    private static void ReadAnd(RawPeer peer, Action act)
    {
        peer.ReadHead();
        act();
    }

    private static void AnswerAndEnd(RawPeer peer, int bytesToSkip, string answer)
    {
        peer.Skip(bytesToSkip);
        peer.Send(answer);
        peer.EndSending();
        peer.ReadToEndAndDrop();
    }
}
