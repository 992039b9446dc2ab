using System.Text;
using EchoServer.Http;
using EchoServer.Tests.Support.Peers;

namespace EchoServer.Tests.Http;

internal sealed class HandshakeTests
{
    private static readonly string Good = RawPeer.UpgradeRequest("/chat");

    private static IEnumerable<TestCaseData> AcceptedRequests()
    {
        yield return Changed("RFC 6455 §1.2 as it stands", "/chat", "/chat");
        yield return Changed("Upgrade in another case", "Upgrade: websocket", "Upgrade: WebSocket");
        yield return Changed("Connection in another case", "Connection: Upgrade", "Connection: upgrade");
        yield return Changed("Upgrade as a list", "Upgrade: websocket", "Upgrade: h2c, websocket");
        yield return Changed("Connection as a list", "Connection: Upgrade", "Connection: keep-alive, Upgrade");
        yield return Changed("tokens in repeated lines", "Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade");
        yield return Changed("names as Cloud Foundry's router writes them", "Sec-WebSocket-", "Sec-Websocket-");
        yield return Changed("names in lower case", "Sec-WebSocket-Key", "sec-websocket-key");
        yield return Changed("white space around the values", "Version: 13", "Version:\t13 \t");
        yield return Changed("absolute-form", "GET /chat", "GET http://localhost/chat");
        yield return Changed("query", "GET /chat", "GET /chat?a=b");
        yield return Changed("empty Host", "Host: localhost", "Host:");
        yield return Changed("Host with a port", "Host: localhost", "Host: [::1]:8080");
        yield return Changed("empty content", "Version: 13", "Version: 13\r\nContent-Length: 0");
        yield return Changed("extensions that are not taken", "Version: 13", "Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate; x=\"y\"");
    }

    private static IEnumerable<TestCaseData> RefusedRequests()
    {
        yield return Refused("HTTP/1.0", "HTTP/1.1", "HTTP/1.0", 505, "'HTTP/1.0' is not supported");
        yield return Refused("HTTP/2.0", "HTTP/1.1", "HTTP/2.0", 505, "'HTTP/2.0' is not supported");
        yield return Refused("§4.2.1 POST", "GET", "POST", 405, "The method 'POST' is not allowed");
        yield return Refused("RFC 9110 §9.1 method in lower case", "GET", "get", 405, "The method 'get' is not allowed");
        yield return Refused("CONNECT", "GET /chat", "CONNECT a:1", 405, "The method 'CONNECT' is not allowed");
        yield return Refused("RFC 9112 §3.2 no Host", "Host: localhost\r\n", "", 400, "exactly one Host");
        yield return Refused("two Host", "Host: localhost", "Host: localhost\r\nHOST: localhost", 400, "exactly one Host");
        yield return Refused("RFC 9112 §3.2 invalid Host", "Host: localhost", "Host: a b, c/d?", 400, "'a b, c/d?' is not a host");
        yield return Refused("content", "Version: 13", "Version: 13\r\nContent-Length: 8", 400, "must not have content");
        yield return Refused("RFC 9112 §6.3 invalid length", "Version: 13", "Version: 13\r\nContent-Length: abc", 400, "must not have content");
        yield return Refused(
            "two lengths", "Version: 13", "Version: 13\r\nContent-Length: 0\r\nContent-Length: 0", 400, "must not have content");
        yield return Refused("chunks", "Version: 13", "Version: 13\r\nTransfer-Encoding: chunked", 400, "must not have content");
        yield return Refused("asterisk-form", "GET /chat", "GET *", 400, "the request target '*' does not begin with '/'");
        yield return Refused("no Connection", "Connection: Upgrade\r\n", "", 400, "the header Connection must contain the token 'Upgrade'");
        yield return Refused("another Connection", "Connection: Upgrade", "Connection: close", 400, "Connection must contain");
        yield return Refused("Upgrade lost on the way", "Upgrade: websocket\r\n", "", 426, "lost its 'Upgrade: websocket' header");
        yield return Refused("Upgrade to something else", "Upgrade: websocket", "Upgrade: h2c", 426, "lost its 'Upgrade: websocket' header");
        yield return Refused("no version", "Sec-WebSocket-Version: 13\r\n", "", 400, "exactly one Sec-WebSocket-Version");
        yield return Refused(
            "two versions", "Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13", 400, "exactly one Sec-WebSocket-Version");
        yield return Refused("§4.4 old version", "Version: 13", "Version: 8", 426, "WebSocket version '8' is not supported: use 13");
        yield return Refused("version list", "Version: 13", "Version: 13, 8", 426, "WebSocket version '13, 8' is not supported");
        yield return Refused("leading zero in version", "Version: 13", "Version: 013", 426, "WebSocket version '013' is not supported");
        yield return Refused("empty version", "Version: 13", "Version:", 426, "WebSocket version '' is not supported");
        yield return Refused("no key", $"Sec-WebSocket-Key: {RawPeer.Key}\r\n", "", 400, "exactly one Sec-WebSocket-Key");
        yield return Refused(
            "§11.3.1 two keys", RawPeer.Key, $"{RawPeer.Key}\r\nSec-WebSocket-Key: {RawPeer.Key}", 400, "exactly one Sec-WebSocket-Key");
        yield return RefusedKey("", "empty key");
        yield return RefusedKey("dGhlIHNhbXBsZSBub25jZQ=", "23 characters");
        yield return RefusedKey("dGhlIHNhbXBsZSBub25jZQ", "without padding");
        yield return RefusedKey("dGhlIHNhbXBsZSBub25j", "15 bytes");
        yield return RefusedKey("dGhlIHNhbXBsZSBub25jZTE=", "17 bytes in 24 characters");
        yield return RefusedKey("dGhlIHNhbXBsZSBub25jZTEy", "18 bytes in 24 characters");
        yield return RefusedKey("dGhlIHNhbXBs-SBub25jZQ==", "URL alphabet");
        yield return RefusedKey("dGhlIHNhbXBs SBub25jZQ==", "space inside");
        yield return RefusedKey("=====hlIHNhbXBsZSBub25jZ", "padding in front");
        yield return RefusedProtocol("a b, chat", "a b", "space in a subprotocol");
        yield return RefusedProtocol("a/b", "a/b", "separator in a subprotocol");
    }

    [TestCase("https://example.org", true)]
    [TestCase("HTTPS://Example.ORG", true)]
    [TestCase("http://localhost:3000", true)]
    [TestCase(null, true)]
    [TestCase("http://example.org", false)]
    [TestCase("https://example.org:444", false)]
    [TestCase("https://example.org.evil.example", false)]
    [TestCase("https://sub.example.org", false)]
    [TestCase("null", false)]
    public void Only_pages_of_allowed_origins_may_connect(string? origin, bool mayConnect)
    {
        string[] lines = origin is null ? [] : [$"Origin: {origin}"];
        RequestHead head = HeadOutcome.Sound(RawPeer.UpgradeRequest("/", lines));
        HttpRejection? refusal = Handshake.CheckOrigin(head, ["https://example.org", "http://localhost:3000"]);
        Assert.That(refusal, Is.EqualTo(mayConnect
            ? null
            : new HttpRejection(HttpStatus.Forbidden, $"Pages from the origin '{origin}' may not connect here.")));
        Assert.That(Handshake.CheckOrigin(head, []), Is.Null, "any origin");
    }

    [TestCaseSource(nameof(AcceptedRequests))]
    public void Sound_requests_are_accepted(string request) => Assert.That(Handshake.Check(HeadOutcome.Sound(request)), Is.Null);

    [TestCaseSource(nameof(RefusedRequests))]
    public void Each_broken_rule_has_its_status_and_reason(string request, int status, string reason)
    {
        HttpRejection? rejection = Handshake.Check(HeadOutcome.Sound(request));
        Assert.That((int?)rejection?.Status, Is.EqualTo(status));
        Assert.That(rejection?.Reason, Does.Contain(reason).And.EndWith("."));
    }

    [Test]
    public void A_request_that_is_no_WebSocket_request_hears_so()
    {
        HttpRejection? rejection = Handshake.Check(HeadOutcome.Sound("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        Assert.That(rejection?.Status, Is.EqualTo(HttpStatus.UpgradeRequired));
        Assert.That(rejection?.Reason, Does.Contain("This is a WebSocket server"));
    }

    [Test]
    public void Rules_are_checked_in_a_fixed_order()
    {
        // A request that breaks every rule, and the one mended next.
        List<string> lines =
            ["POST * HTTP/1.0", "Sec-WebSocket-Version: 1", "Sec-WebSocket-Key: x", "Sec-WebSocket-Protocol: a b"];
        (string Reason, Action Mend)[] steps =
        [
            ("'HTTP/1.0' is not supported", () => lines[0] = "POST * HTTP/1.1"),
            ("The method 'POST'", () => lines[0] = "GET * HTTP/1.1"),
            ("exactly one Host", () => lines.Add("Host: localhost")),
            ("the request target '*'", () => lines[0] = "GET / HTTP/1.1"),
            ("lost its 'Upgrade: websocket'", () => lines.Add("Upgrade: websocket")),
            ("the header Connection", () => lines.Add("Connection: Upgrade")),
            ("WebSocket version '1'", () => lines[1] = "Sec-WebSocket-Version: 13"),
            ("Sec-WebSocket-Key 'x'", () => lines[2] = $"Sec-WebSocket-Key: {RawPeer.Key}"),
            ("the subprotocol 'a b'", () => lines[3] = "Sec-WebSocket-Protocol: a"),
        ];
        foreach ((string reason, Action mend) in steps)
        {
            Assert.That(Check()?.Reason, Does.Contain(reason));
            mend();
        }

        Assert.That(Check(), Is.Null);

        HttpRejection? Check() => Handshake.Check(HeadOutcome.Sound(string.Join("\r\n", [.. lines, "", ""])));
    }

    [Test]
    public void What_is_quoted_is_escaped_and_cut()
    {
        string request = Good.Replace("Version: 13", $"Version: \u202e{new string('1', 70)}", StringComparison.Ordinal);
        byte[] bytes = Encoding.UTF8.GetBytes(request);
        RequestHead.Read(bytes, 0, out RequestHead head, out _);
        Assert.That(Handshake.Check(head)?.Reason, Does.Contain($@"'\u{{202e}}{new string('1', 56)}… (73 bytes)'"));
    }

    private static TestCaseData Changed(string name, string part, string other) =>
        new TestCaseData(Replace(part, other)).SetName($"{{m}}({name})");

    private static TestCaseData Refused(string name, string part, string other, int status, string reason) =>
        new TestCaseData(Replace(part, other), status, reason).SetName($"{{m}}({name})");

    private static TestCaseData RefusedKey(string key, string name) =>
        Refused($"§4.1 {name}", RawPeer.Key, key, 400, $"Sec-WebSocket-Key '{key}' is not 16 bytes in base64");

    private static TestCaseData RefusedProtocol(string offers, string quoted, string name) =>
        Refused(name, "Version: 13", $"Version: 13\r\nSec-WebSocket-Protocol: {offers}", 400, $"the subprotocol '{quoted}' is not a token");

    private static string Replace(string part, string other) => Good.Contains(part, StringComparison.Ordinal)
        ? Good.Replace(part, other, StringComparison.Ordinal)
        : throw new ArgumentException($"'{part}' is not in the request", nameof(part));
}
