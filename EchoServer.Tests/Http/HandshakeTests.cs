using EchoServer.Http;

namespace EchoServer.Tests.Http;

internal sealed class HandshakeTests
{
    private static readonly string Good = RawPeer.UpgradeRequest("/chat");

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

    [TestCase("/chat", "/chat", TestName = "{m}(RFC 6455 §1.2 as it stands)")]
    [TestCase("HTTP/1.1", "HTTP/1.2", TestName = "{m}(RFC 9110 §2.5 a later minor version)")]
    [TestCase("HTTP/1.1", "HTTP/1.9", TestName = "{m}(RFC 9110 §2.5 the last minor version)")]
    [TestCase("Upgrade: websocket", "Upgrade: WebSocket", TestName = "{m}(Upgrade in another case)")]
    [TestCase("Connection: Upgrade", "Connection: upgrade", TestName = "{m}(Connection in another case)")]
    [TestCase("Upgrade: websocket", "Upgrade: h2c, websocket", TestName = "{m}(Upgrade as a list)")]
    [TestCase("Connection: Upgrade", "Connection: keep-alive, Upgrade", TestName = "{m}(Connection as a list)")]
    [TestCase("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade", TestName = "{m}(tokens in repeated lines)")]
    [TestCase("Sec-WebSocket-", "Sec-Websocket-", TestName = "{m}(names as Cloud Foundry's router writes them)")]
    [TestCase("Sec-WebSocket-Key", "sec-websocket-key", TestName = "{m}(names in lower case)")]
    [TestCase("Version: 13", "Version:\t13 \t", TestName = "{m}(white space around the values)")]
    [TestCase("GET /chat", "GET http://localhost/chat", TestName = "{m}(absolute-form)")]
    [TestCase("GET /chat", "GET /chat?a=b", TestName = "{m}(query)")]
    [TestCase("Host: localhost", "Host:", TestName = "{m}(empty Host)")]
    [TestCase("Host: localhost", "Host: [::1]:8080", TestName = "{m}(Host with a port)")]
    [TestCase("Host: localhost", "Host: localhost:", TestName = "{m}(Host with an empty port)")]
    [TestCase("Host: localhost", "Host: 127.0.0.1:65536", TestName = "{m}(a port is digits)")]
    [TestCase("Host: localhost", "Host: [2001:db8::ffff:192.0.2.1]", TestName = "{m}(IPv6 with IPv4 in it)")]
    [TestCase("Host: localhost", "Host: [v1F.a:b]", TestName = "{m}(an address of a later version)")]
    [TestCase("Host: localhost", "Host: b%C3%BCcher_~!$&'()*+,;=.example", TestName = "{m}(everything that a name may have)")]
    [TestCase("GET /chat", "GET ws://[::1]:80?a=/:", TestName = "{m}(absolute-form without a path)")]
    [TestCase("Version: 13", "Version: 13\r\nContent-Length: 0", TestName = "{m}(empty content)")]
    [TestCase("Version: 13", "Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate; x=\"y\"", TestName = "{m}(extensions that are not taken)")]
    [TestCase(RawPeer.Key, "AQIDBAUGBwgJCgsMDQ4PEC==", TestName = "{m}(RFC 6455 §4.1 stray bits in the last character of the key)")]
    [TestCase(RawPeer.Key, "//////////////////////==", TestName = "{m}(all of them)")]
    [TestCase(RawPeer.Key, "dGhlIHNhbXBs+SBub25jZf==", TestName = "{m}(a plus in the key)")]
    public void Sound_requests_are_accepted(string part, string other) =>
        Assert.That(Handshake.Check(HeadOutcome.Sound(Replace(part, other))), Is.Null);

    [TestCase("HTTP/1.1", "HTTP/1.0", 505, "'HTTP/1.0' is not supported", TestName = "{m}(HTTP/1.0)")]
    [TestCase("HTTP/1.1", "HTTP/2.0", 505, "'HTTP/2.0' is not supported", TestName = "{m}(HTTP/2.0)")]
    [TestCase("GET", "POST", 405, "The method 'POST' is not allowed", TestName = "{m}(§4.2.1 POST)")]
    [TestCase("GET", "get", 405, "The method 'get' is not allowed", TestName = "{m}(RFC 9110 §9.1 method in lower case)")]
    [TestCase("GET /chat", "CONNECT a:1", 405, "The method 'CONNECT' is not allowed", TestName = "{m}(CONNECT)")]
    [TestCase("Host: localhost\r\n", "", 400, "exactly one Host", TestName = "{m}(RFC 9112 §3.2 no Host)")]
    [TestCase("Host: localhost", "Host: localhost\r\nHOST: localhost", 400, "exactly one Host", TestName = "{m}(two Host)")]
    [TestCase("Host: localhost", "Host: a b, c/d?", 400, "'a b, c/d?' is not a host", TestName = "{m}(RFC 9112 §3.2 invalid Host)")]
    [TestCase("Version: 13", "Version: 13\r\nContent-Length: 8", 400, "must not have content", TestName = "{m}(content)")]
    [TestCase("Version: 13", "Version: 13\r\nContent-Length: abc", 400, "must not have content", TestName = "{m}(RFC 9112 §6.3 invalid length)")]
    [TestCase("Version: 13", "Version: 13\r\nContent-Length: 0\r\nContent-Length: 0", 400, "must not have content", TestName = "{m}(two lengths)")]
    [TestCase("Version: 13", "Version: 13\r\nTransfer-Encoding: chunked", 400, "must not have content", TestName = "{m}(chunks)")]
    [TestCase("GET /chat", "GET *", 400, "the request target '*' does not begin with '/'", TestName = "{m}(asterisk-form)")]
    [TestCase("Connection: Upgrade\r\n", "", 400, "the header Connection must contain the token 'Upgrade'", TestName = "{m}(no Connection)")]
    [TestCase("Connection: Upgrade", "Connection: close", 400, "Connection must contain", TestName = "{m}(another Connection)")]
    [TestCase("Upgrade: websocket\r\n", "", 426, "lost its 'Upgrade: websocket' header", TestName = "{m}(Upgrade lost on the way)")]
    [TestCase("Upgrade: websocket", "Upgrade: h2c", 426, "lost its 'Upgrade: websocket' header", TestName = "{m}(Upgrade to something else)")]
    [TestCase("Sec-WebSocket-Version: 13\r\n", "", 400, "exactly one Sec-WebSocket-Version", TestName = "{m}(no version)")]
    [TestCase("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13", 400, "exactly one Sec-WebSocket-Version", TestName = "{m}(two versions)")]
    [TestCase("Version: 13", "Version: 8", 426, "WebSocket version '8' is not supported: use 13", TestName = "{m}(§4.4 old version)")]
    [TestCase("Version: 13", "Version: 13, 8", 426, "WebSocket version '13, 8' is not supported", TestName = "{m}(version list)")]
    [TestCase("Version: 13", "Version: 013", 426, "WebSocket version '013' is not supported", TestName = "{m}(leading zero in version)")]
    [TestCase("Version: 13", "Version:", 426, "WebSocket version '' is not supported", TestName = "{m}(empty version)")]
    [TestCase($"Sec-WebSocket-Key: {RawPeer.Key}\r\n", "", 400, "exactly one Sec-WebSocket-Key", TestName = "{m}(no key)")]
    [TestCase(RawPeer.Key, $"{RawPeer.Key}\r\nSec-WebSocket-Key: {RawPeer.Key}", 400, "exactly one Sec-WebSocket-Key", TestName = "{m}(§11.3.1 two keys)")]
    [TestCase(RawPeer.Key, "", 400, "Sec-WebSocket-Key '' is not 16 bytes in base64", TestName = "{m}(§4.1 empty key)")]
    [TestCase(RawPeer.Key, "dGhlIHNhbXBsZSBub25jZQ=", 400, "Sec-WebSocket-Key 'dGhlIHNhbXBsZSBub25jZQ=' is not 16 bytes in base64", TestName = "{m}(§4.1 23 characters)")]
    [TestCase(RawPeer.Key, "dGhlIHNhbXBsZSBub25jZQ", 400, "Sec-WebSocket-Key 'dGhlIHNhbXBsZSBub25jZQ' is not 16 bytes in base64", TestName = "{m}(§4.1 without padding)")]
    [TestCase(RawPeer.Key, "dGhlIHNhbXBsZSBub25j", 400, "Sec-WebSocket-Key 'dGhlIHNhbXBsZSBub25j' is not 16 bytes in base64", TestName = "{m}(§4.1 15 bytes)")]
    [TestCase(RawPeer.Key, "dGhlIHNhbXBsZSBub25jZTE=", 400, "Sec-WebSocket-Key 'dGhlIHNhbXBsZSBub25jZTE=' is not 16 bytes in base64", TestName = "{m}(§4.1 17 bytes in 24 characters)")]
    [TestCase(RawPeer.Key, "dGhlIHNhbXBsZSBub25jZTEy", 400, "Sec-WebSocket-Key 'dGhlIHNhbXBsZSBub25jZTEy' is not 16 bytes in base64", TestName = "{m}(§4.1 18 bytes in 24 characters)")]
    [TestCase(RawPeer.Key, "dGhlIHNhbXBs-SBub25jZQ==", 400, "Sec-WebSocket-Key 'dGhlIHNhbXBs-SBub25jZQ==' is not 16 bytes in base64", TestName = "{m}(§4.1 URL alphabet)")]
    [TestCase(RawPeer.Key, "dGhlIHNhbXBs SBub25jZQ==", 400, "Sec-WebSocket-Key 'dGhlIHNhbXBs SBub25jZQ==' is not 16 bytes in base64", TestName = "{m}(§4.1 space inside)")]
    [TestCase(RawPeer.Key, "dGhlIHNhbXBsZSBub25jZ=Q=", 400, "Sec-WebSocket-Key 'dGhlIHNhbXBsZSBub25jZ=Q=' is not 16 bytes in base64", TestName = "{m}(§4.1 padding inside)")]
    [TestCase(RawPeer.Key, "dGhlIHNhbXBsZSBub25jZ===", 400, "Sec-WebSocket-Key 'dGhlIHNhbXBsZSBub25jZ===' is not 16 bytes in base64", TestName = "{m}(§4.1 too much padding)")]
    [TestCase(RawPeer.Key, "=====hlIHNhbXBsZSBub25jZ", 400, "Sec-WebSocket-Key '=====hlIHNhbXBsZSBub25jZ' is not 16 bytes in base64", TestName = "{m}(§4.1 padding in front)")]
    [TestCase("Version: 13", "Version: 13\r\nSec-WebSocket-Protocol: a b, chat", 400, "the subprotocol 'a b' is not a token", TestName = "{m}(space in a subprotocol)")]
    [TestCase("Version: 13", "Version: 13\r\nSec-WebSocket-Protocol: a/b", 400, "the subprotocol 'a/b' is not a token", TestName = "{m}(separator in a subprotocol)")]
    public void Each_broken_rule_has_its_status_and_reason(string part, string other, int status, string reason)
    {
        HttpRejection? rejection = Handshake.Check(HeadOutcome.Sound(Replace(part, other)));
        Assert.That((int?)rejection?.Status, Is.EqualTo(status));
        Assert.That(rejection?.Reason, Does.Contain(reason).And.EndWith("."));
    }

    // RFC 9112 §3.2 and RFC 3986 §3.2.2; in the field, and as the authority of a target in absolute-form.
    private static readonly string[] NoHosts =
    [
        "localhost:80a", "localhost:80:80", "localhost:-1", ":80", ":", "::1", "[::1", "::1]", "[]", "[::1]80", "[::1]:80x", "[::1%25eth0]",
        "[1::2::3]", "[::12345]", "[1.2.3.4]", "[localhost]", "[v1]", "[v.a]", "[vG.a]", "[v1.[]", "local[host]", "local%host", "local%4",
        "local%zz", "user@localhost", "user:password@localhost", "\"localhost\"", "local\\host", "b\u00fccher.example",
    ];

    [TestCaseSource(nameof(NoHosts))]
    public void What_is_not_a_host_is_refused(string host)
    {
        foreach (string request in (string[])[Replace("Host: localhost", $"Host: {host}"), Replace("GET /chat", $"GET ws://{host}/chat")])
        {
            HttpRejection? rejection = Handshake.Check(HeadOutcome.Sound(request));
            Assert.That(rejection?.Status, Is.EqualTo(HttpStatus.BadRequest), request);
            Assert.That(rejection?.Reason, Does.EndWith("' is not a host."), request);
        }
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

    private static string Replace(string part, string other) => Good.Contains(part, StringComparison.Ordinal)
        ? Good.Replace(part, other, StringComparison.Ordinal)
        : throw new ArgumentException($"'{part}' is not in the request", nameof(part));
}
