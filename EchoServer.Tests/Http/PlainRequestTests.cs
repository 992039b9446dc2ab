using EchoServer.Http;

namespace EchoServer.Tests.Http;

internal sealed class PlainRequestTests
{
    [TestCase("Upgrade: websocket", true)]
    [TestCase("upgrade: WebSocket", true)]
    [TestCase("Upgrade: h2c, websocket", true)]
    [TestCase("Sec-WebSocket-Key: x", true)]
    [TestCase("Sec-Websocket-Version: 13", true)]
    [TestCase("sec-websocket-protocol: chat", true)]
    [TestCase("Upgrade: h2c", false)]
    [TestCase("Connection: Upgrade", false)]
    [TestCase("Sec-WebSocket-: x", false)]
    [TestCase("Sec-Fetch-Mode: websocket", false)]
    [TestCase("X-Sec-WebSocket-Key: x", false)]
    public void A_request_asks_for_a_WebSocket_by_Upgrade_or_by_what_a_router_leaves_of_it(string line, bool asks) =>
        Assert.That(PlainRequest.AsksForWebSocket(HeadOutcome.Sound($"GET / HTTP/1.1\r\n{line}\r\n\r\n")), Is.EqualTo(asks));

    [TestCase("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [TestCase("HEAD / HTTP/1.1\r\nHost: a:80\r\n\r\n")]
    [TestCase("GET / HTTP/1.0\r\n\r\n")]
    [TestCase("GET / HTTP/1.0\r\nHost: a\r\n\r\n")]
    [TestCase("GET / HTTP/1.2\r\nHost: a\r\n\r\n")]
    [TestCase("HEAD / HTTP/1.9\r\nHost: a\r\n\r\n")]
    [TestCase("GET http://a/health HTTP/1.1\r\nHost: a\r\n\r\n")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")]
    public void A_sound_request_is_accepted(string request) => Assert.That(Check(request), Is.Null);

    [TestCase("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "'HTTP/2.0'")]
    [TestCase("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505, "'HTTP/0.9'")]
    [TestCase("GET / HTTP/3.1\r\nHost: a\r\n\r\n", 505, "'HTTP/3.1'")]
    [TestCase("GET / HTTP/1.2\r\n\r\n", 400, "exactly one Host")]
    [TestCase("POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "'POST'")]
    [TestCase("get / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "'get'")]
    [TestCase("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 405, "'OPTIONS'")]
    [TestCase("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405, "'CONNECT'")]
    [TestCase("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "'*'")]
    [TestCase("GET / HTTP/1.1\r\n\r\n", 400, "exactly one Host")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "exactly one Host")]
    [TestCase("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "exactly one Host")]
    [TestCase("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "'a/b' is not a host")]
    [TestCase("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400, "'a:b' is not a host")]
    [TestCase("GET / HTTP/1.0\r\nHost: [::1\r\n\r\n", 400, "'[::1' is not a host")]
    [TestCase("GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "'a:b' is not a host")]
    [TestCase("GET http:///health HTTP/1.1\r\nHost: a\r\n\r\n", 400, "'' is not a host")]
    public void Another_is_refused_with_what_was_wrong(string request, int status, string quoted)
    {
        HttpRejection rejection = Check(request)!;
        Assert.That((int)rejection.Status, Is.EqualTo(status));
        Assert.That(rejection.Reason, Does.Contain(quoted).And.EndsWith("."));
        Assert.That(rejection.Allow, Is.EqualTo(status == 405 ? "GET, HEAD" : "GET"));
    }

    [TestCase("If-None-Match: \"abc\"", true)]
    [TestCase("if-none-match:\"abc\"", true)]
    [TestCase("If-None-Match: W/\"abc\"", true, TestName = "{m}(RFC 9110 §13.1.2 weak comparison)")]
    [TestCase("If-None-Match: \"x\", \"abc\"", true)]
    [TestCase("If-None-Match: \"x\"\r\nIf-None-Match: \"abc\"", true)]
    [TestCase("If-None-Match: *", true)]
    [TestCase("If-None-Match: \"abd\"", false)]
    [TestCase("If-None-Match: abc", false)]
    [TestCase("If-None-Match: \"ABC\"", false)]
    [TestCase("If-None-Match: w/\"abc\"", false)]
    [TestCase("If-None-Match: W/W/\"abc\"", false)]
    [TestCase("If-None-Match: \"a,\"abc\",c\"", true, TestName = "{m}(a list that is none is at worst taken for one)")]
    [TestCase("If-None-Match:", false)]
    [TestCase("If-Match: \"abc\"", false)]
    [TestCase("Host: a", false)]
    public void A_tag_is_known_when_If_None_Match_names_it(string lines, bool isKnown) =>
        Assert.That(PlainRequest.Knows(HeadOutcome.Sound($"GET / HTTP/1.1\r\n{lines}\r\n\r\n"), "\"abc\""u8), Is.EqualTo(isKnown));

    private static HttpRejection? Check(string request) => PlainRequest.Check(HeadOutcome.Sound(request));
}
