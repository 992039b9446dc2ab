namespace EchoServer.Tests.Site;

/// <summary>Plain HTTP on the wire, against the server as a process of its own.</summary>
internal sealed class PlainHttpTests
{
    private static int Port => SharedServers.Default.Port;

    private static IEnumerable<TestCaseData> Requests()
    {
        yield return Case("page", HttpReply.Request("GET", "/"), 200, "text/html; charset=utf-8");
        yield return Case("page with a query", HttpReply.Request("GET", "/?a=b"), 200, "text/html; charset=utf-8");
        yield return Case("page by HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 200, "text/html; charset=utf-8");
        yield return Case("page in absolute-form", HttpReply.Request("GET", "http://localhost/"), 200, "text/html; charset=utf-8");
        yield return Case("page with an offer of HTTP/2", HttpReply.Request("GET", "/", "Connection: Upgrade", "Upgrade: h2c"), 200, "text/html; charset=utf-8");
        yield return Case("health", HttpReply.Request("GET", "/health"), 200, "text/plain; charset=utf-8");
        yield return Case("info", HttpReply.Request("GET", "/info"), 200, "application/json; charset=utf-8");
        yield return Case("metrics", HttpReply.Request("GET", "/metrics"), 200, "text/plain; version=0.0.4; charset=utf-8");
        yield return Case("page known", HttpReply.Request("GET", "/", "If-None-Match: *"), 304, "text/html; charset=utf-8");
        yield return Case("no Host", "GET / HTTP/1.1\r\n\r\n", 400);
        yield return Case("malformed", "GET / HTTP/1.1\r\nHost localhost\r\n", 400);
        yield return Case("unknown path", HttpReply.Request("GET", "/healthy"), 404);
        yield return Case("path in another case", HttpReply.Request("GET", "/Health"), 404);
        yield return Case("path up and down", HttpReply.Request("GET", "/../health"), 404);
        yield return Case("another method", HttpReply.Request("DELETE", "/health"), 405);
        yield return Case("raw", HttpReply.Request("GET", "/raw"), 426);
        yield return Case("too many header lines", HttpReply.Request("GET", "/", [.. Enumerable.Repeat("A: b", 101)]), 431);
        yield return Case("another version", "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505);

        static TestCaseData Case(string name, string request, int status, string type = "text/plain; charset=utf-8") =>
            new TestCaseData(request, status, type).SetName($"{{m}}({status}, {name})");
    }

    [TestCaseSource(nameof(Requests))]
    public void Every_answer_is_whole_and_ends_the_connection(string request, int status, string type)
    {
        HttpReply reply = HttpReply.To(Port, request);
        Assert.Multiple(() =>
        {
            Assert.That(reply.Status, Is.EqualTo(status));
            Assert.That(reply.Fields["Content-Type"], Is.EqualTo(type));
            Assert.That(reply.Fields["Connection"], Does.StartWith("close"));
            Assert.That(reply.Fields["X-Content-Type-Options"], Is.EqualTo("nosniff"));
            Assert.That(DateTimeOffset.Parse(reply.Fields["Date"]), Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
            Assert.That(reply.Body, status == 304 ? Is.Empty : Is.Not.Empty);
            if (status != 304)
            {
                Assert.That(reply.Fields["Content-Length"], Is.EqualTo($"{reply.Body.Length}"));
            }
        });
    }

    [TestCaseSource(nameof(Requests))]
    public void A_request_split_at_any_byte_gets_the_same_answer(string request, int status, string type)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(request);
        for (int at = 1; at < bytes.Length; at += bytes.Length > 300 ? 37 : 1)
        {
            using var peer = new RawPeer(Port);
            peer.Send(bytes.AsSpan(0, at));
            peer.Send(bytes.AsSpan(at));
            HttpReply reply = HttpReply.Parse(peer.ReadToEnd());
            Assert.That((reply.Status, reply.Fields["Content-Type"]), Is.EqualTo((status, type)), $"split at {at}");
        }
    }

    [Test]
    public void HEAD_gets_what_GET_gets_without_the_body([Values("/", "/health", "/nowhere", "/raw")] string path)
    {
        HttpReply get = HttpReply.Get(Port, path);
        HttpReply head = HttpReply.To(Port, HttpReply.Request("HEAD", path));
        Assert.That(head.Body, Is.Empty);
        Assert.That(head.StatusLine, Is.EqualTo(get.StatusLine));
        Assert.That(head.Fields.Where(IsNotDate), Is.EqualTo(get.Fields.Where(IsNotDate)));

        static bool IsNotDate(KeyValuePair<string, string> field) => field.Key != "Date";
    }

    [Test]
    public void A_file_is_not_sent_again_to_who_has_it()
    {
        string tag = HttpReply.Get(Port, "/").Fields["ETag"];
        HttpReply known = HttpReply.Get(Port, "/", $"If-None-Match: \"other\", {tag}");
        HttpReply changed = HttpReply.Get(Port, "/", "If-None-Match: \"other\"");
        Assert.That((known.Status, known.Fields["ETag"], known.Body.Length), Is.EqualTo((304, tag, 0)));
        Assert.That((changed.Status, changed.Fields["ETag"]), Is.EqualTo((200, tag)));
    }

    [Test]
    public void A_second_request_on_the_connection_is_ignored()
    {
        HttpReply reply = HttpReply.To(Port, HttpReply.Request("GET", "/health") + HttpReply.Request("GET", "/info"));
        Assert.That((reply.Status, reply.Text), Is.EqualTo((200, "ok\n")));
    }

    [Test]
    public void Content_of_a_request_is_dropped_and_the_answer_arrives([Values(5, 2_000_000)] int bytes)
    {
        using var peer = new RawPeer(Port);
        peer.Send(HttpReply.Request("GET", "/health", $"Content-Length: {bytes}"));
        peer.Send(new byte[bytes]);
        Assert.That(HttpReply.Parse(peer.ReadToEnd()).Text, Is.EqualTo("ok\n"));
    }

    [Test]
    public void Content_that_never_comes_is_not_waited_for() =>
        Assert.That(HttpReply.Get(Port, "/health", "Content-Length: 1000").Text, Is.EqualTo("ok\n"));

    [Test]
    public void An_upgrade_on_any_path_is_an_echo([Values("/", "/health", "/info", "/metrics", "/nowhere")] string path)
    {
        using RawPeer peer = RawPeer.Open(Port, path);
        peer.Send(WireFrame.Text("a"));
        Assert.That(peer.ReadText(), Is.EqualTo("Hi, this is the Echo-Server"));
        Assert.That(peer.ReadText(), Is.EqualTo("Echo: a"));
    }

    [Test]
    public void A_405_names_the_methods_that_are_allowed() =>
        Assert.That(HttpReply.To(Port, HttpReply.Request("PUT", "/")).Fields["Allow"], Is.EqualTo("GET, HEAD"));

    [Test]
    public void A_404_quotes_the_path_and_names_those_there_are() => Assert.That(
        HttpReply.Get(Port, "/<b>\u009b31m").Text,
        Is.EqualTo("Nothing is at '/<b>\uFFFD31m'. There is / (the test page), /health, /info, /metrics; WebSocket clients may connect to any path.\n"));

    [TestCase("--head", "/", "HTTP/1.1 200 OK")]
    [TestCase("--http1.0", "/health", "HTTP/1.1 200 OK")]
    [TestCase("--http2", "/health", "HTTP/1.1 200 OK")]
    [TestCase("--compressed", "/", "HTTP/1.1 200 OK")]
    [TestCase("--data=x", "/", "HTTP/1.1 405 Method Not Allowed")]
    [TestCase("--get", "/nowhere", "HTTP/1.1 404 Not Found")]
    [TestCase("--get", "/raw", "HTTP/1.1 426 Upgrade Required")]
    [WholeMachine]
    public async Task Curl_understands_the_answers(string option, string path, string statusLine)
    {
        Requires.Curl();
        ProgramResult curl = await Programs.RunAsync(Programs.Start(
            "curl", ["--silent", "--show-error", "--include", "--noproxy", "*", .. option.Split('='), $"http://127.0.0.1:{Port}{path}"]));
        Assert.That((curl.ExitCode, curl.Error), Is.EqualTo((0, "")));
        Assert.That(curl.Output, Does.StartWith($"{statusLine}\r\n"));
    }
}
