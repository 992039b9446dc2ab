using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Http;

internal sealed class RequestHeadTests
{
    // Each with the request line, the path and the fields that it must be read as.
    private static IEnumerable<TestCaseData> SoundHeads()
    {
        yield return Sound("GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1", "/", "", "no fields");
        yield return Sound("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1", "/", "Host=a", "one field");
        yield return Sound("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1", "/", "Host=a", "RFC 9112 §2.2 CRLF in front");
        yield return Sound("get / HTTP/1.1\r\n\r\n", "get / HTTP/1.1", "/", "", "RFC 9110 §9.1 method keeps its case");
        yield return Sound("!#$%&'*+-.^_`|~09AZaz / HTTP/1.1\r\n\r\n", "!#$%&'*+-.^_`|~09AZaz / HTTP/1.1", "/", "", "every kind of tchar");
        yield return Sound("GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0", "/", "", "HTTP/1.0");
        yield return Sound("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0", "*", "", "RFC 9113 §3.4 HTTP/2 preface");
        yield return Sound("OPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS * HTTP/1.1", "*", "", "RFC 9112 §3.2.4 asterisk-form");
        yield return Sound("CONNECT a:443 HTTP/1.1\r\n\r\n", "CONNECT a:443 HTTP/1.1", "a:443", "", "RFC 9112 §3.2.3 authority-form");
        yield return Sound("GET /\u00e9 HTTP/1.1\r\n\r\n", "GET /\u00e9 HTTP/1.1", "/\u00e9", "", "target beyond ASCII");
        yield return Sound("GET / HTTP/1.1\r\nA:\r\nB: \t \r\n\r\n", "GET / HTTP/1.1", "/", "A=|B=", "empty values");
        yield return Sound("GET / HTTP/1.1\r\nA:b\r\nC: \t d e\tf\t \r\n\r\n", "GET / HTTP/1.1", "/", "A=b|C=d e\tf", "white space around values");
        yield return Sound("GET / HTTP/1.1\r\nA: b: c:\r\n\r\n", "GET / HTTP/1.1", "/", "A=b: c:", "colons in a value");
        yield return Sound("GET / HTTP/1.1\r\nA: \u0080\u00ff\r\n\r\n", "GET / HTTP/1.1", "/", "A=\u0080\u00ff", "RFC 9110 §5.5 obs-text");
        yield return Sound("GET / HTTP/1.1\r\nA: 1\r\na: 2\r\nA: 1\r\n\r\n", "GET / HTTP/1.1", "/", "A=1|a=2|A=1", "repeated fields in order");
        yield return Sound("GET / HTTP/1.1\r\nA: b\r\n\r\n\u0016\u0000\n", "GET / HTTP/1.1", "/", "A=b", "garbage behind the head");
    }

    private static IEnumerable<TestCaseData> IncompleteHeads()
    {
        yield return Incomplete("", "nothing");
        yield return Incomplete("\r", "CR");
        yield return Incomplete("\r\n", "CRLF");
        yield return Incomplete("\r\n\r", "CRLF CR");
        yield return Incomplete("\rGET / HTTP/1.1", "CR without LF");
        yield return Incomplete("GET ( http/9", "a request line that will be wrong");
        yield return Incomplete("GET / HTTP/1.1\r\nno colon so far", "a field without its colon");
        yield return Incomplete("GET / HTTP/1.1\r\n folded", "a fold that is not complete");
        yield return Incomplete(new string('G', RequestHead.MaxBytes - 1), "a long method");
    }

    [TestCaseSource(nameof(SoundHeads))]
    public void Sound_heads_are_read_however_they_are_chopped(string text, string requestLine, string path, string fields)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        int size = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        var expected = new HeadOutcome(ParseStatus.Done, null, size, requestLine, path, fields);
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            Assert.That(HeadOutcome.Of(bytes, pieces), Is.EqualTo(expected), () => $"in pieces of {string.Join(' ', pieces)}");
        }
    }

    [TestCaseSource(nameof(SoundHeads))]
    public void Strict_prefixes_of_sound_heads_need_more(string text, string requestLine, string path, string fields)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        int size = HeadOutcome.OfPrefix(bytes).Size;
        Assert.That(size, Is.GreaterThan(0), () => $"{requestLine} {path} {fields}");
        for (int length = 0; length < size; length++)
        {
            Assert.That(HeadOutcome.OfPrefix(bytes.AsSpan(0, length)), Is.EqualTo(HeadOutcome.NeedMore), () => $"{length} bytes");
        }
    }

    [TestCaseSource(nameof(IncompleteHeads))]
    public void Incomplete_heads_need_more(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            Assert.That(HeadOutcome.Of(bytes, pieces), Is.EqualTo(HeadOutcome.NeedMore), () => $"first piece of {pieces[0]}");
        }
    }

    [TestCase("/", "/", TestName = "{m}(root)")]
    [TestCase("/a/b", "/a/b", TestName = "{m}(path)")]
    [TestCase("/a?b=c", "/a", TestName = "{m}(query)")]
    [TestCase("/?", "/", TestName = "{m}(empty query)")]
    [TestCase("/a?b?c/d", "/a", TestName = "{m}(question mark in query)")]
    [TestCase("/%2e%3F?q", "/%2e%3F", TestName = "{m}(percent-encoded)")]
    [TestCase("/http://b/c", "/http://b/c", TestName = "{m}(scheme in path)")]
    [TestCase("/?u=http://b/c", "/", TestName = "{m}(scheme in query)")]
    [TestCase("//b", "//b", TestName = "{m}(two slashes)")]
    [TestCase("http://a/b/c?d", "/b/c", TestName = "{m}(absolute-form)")]
    [TestCase("https://a:1/", "/", TestName = "{m}(absolute-form of https)")]
    [TestCase("ws://a/b", "/b", TestName = "{m}(absolute-form of ws)")]
    [TestCase("wss://a/b", "/b", TestName = "{m}(absolute-form of wss)")]
    [TestCase("HTTP://A/B", "/B", TestName = "{m}(RFC 3986 §3.1 scheme in another case)")]
    [TestCase("http://a", "/", TestName = "{m}(absolute-form without path)")]
    [TestCase("http://a?b", "/", TestName = "{m}(absolute-form with query alone)")]
    [TestCase("http://a?b=/c", "/", TestName = "{m}(absolute-form with a slash in its query alone)")]
    public void Path_is_the_target_without_origin_and_query(string target, string path)
    {
        RequestHead head = HeadOutcome.Sound($"GET {target} HTTP/1.1\r\n\r\n");
        Assert.That(Encoding.Latin1.GetString(head.Path), Is.EqualTo(path));
        Assert.That(Encoding.Latin1.GetString(head.Target), Is.EqualTo(target));
    }

    private static TestCaseData Sound(string text, string requestLine, string path, string fields, string name) =>
        new TestCaseData(text, requestLine, path, fields).SetName($"{{m}}({name})");

    private static TestCaseData Incomplete(string text, string name) => new TestCaseData(text).SetName($"{{m}}({name})");
}
