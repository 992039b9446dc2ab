using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Http;

internal sealed class RequestHeadRejectionTests
{
    private const string Line = "GET / HTTP/1.1\r\n";

    // Each vector ends with the byte that decides it, so that it also tells how early a head is refused.
    private static IEnumerable<TestCaseData> Beginnings()
    {
        yield return Bad("\u0016", "TLS handshake", "RFC 8446 §5.1 ClientHello");
        yield return Bad("\r\n\u0016", "TLS handshake", "ClientHello behind CRLF");
        yield return Bad("\0", "cannot begin with the byte 0x00", "NUL");
        yield return Bad("\n", "cannot begin with the byte 0x0A", "LF in front");
        yield return Bad("\r\n\n", "cannot begin with the byte 0x0A", "LF behind CRLF");
        yield return Bad(" ", "cannot begin with the byte 0x20", "space in front");
        yield return Bad("\u0080", "cannot begin with the byte 0x80", "WebSocket frame or other high byte");
        yield return Bad("(", "cannot begin with the byte 0x28", "separator");
    }

    private static IEnumerable<TestCaseData> RequestLines()
    {
        yield return Bad("\r\n\r\n", "the request line '' is not", "two empty lines");
        yield return Bad("\rGET / HTTP/1.1\r\n", @"the method '\rGET' is not a token", "CR in front");
        yield return Bad("PROXY TCP4 192.0.2.1 192.0.2.2 50000 8080\r\n", "this is the PROXY protocol", "PROXY protocol, version 1");
        yield return Bad("PROXY TCP6 2001:db8::1 2001:db8::2 50000 8080\r\n", "this is the PROXY protocol", "PROXY protocol over IPv6");
        yield return Bad("PROXY UNKNOWN\r\n", "this is the PROXY protocol", "PROXY protocol without addresses");
        yield return Bad("GET\r\n", "the request line 'GET' is not", "RFC 9112 §3 one word");
        yield return Bad("GET /\r\n", "the request line 'GET /' is not", "RFC 1945 HTTP/0.9");
        yield return Bad("GET\t/\tHTTP/1.1\r\n", @"the request line 'GET\t/\tHTTP/1.1' is not", "tabs");
        yield return Bad("GET / HTTP/1.1\n", "LF alone", "RFC 9112 §2.2 bare LF");
        yield return Bad("G(T / HTTP/1.1\r\n", "the method 'G(T' is not a token", "separator in the method");
        yield return Bad("G\u00c9T / HTTP/1.1\r\n", "the method 'G\ufffdT' is not a token", "method beyond ASCII");
        yield return Bad("GET  / HTTP/1.1\r\n", "the request target ' /' is malformed", "two spaces before the target");
        yield return Bad("GET /  HTTP/1.1\r\n", "the request target '/ ' is malformed", "two spaces before the version");
        yield return Bad("GET  HTTP/1.1\r\n", "the request target '' is malformed", "no target");
        yield return Bad("GET /a b HTTP/1.1\r\n", "the request target '/a b' is malformed", "space in the target");
        yield return Bad("GET /\t HTTP/1.1\r\n", @"the request target '/\t' is malformed", "tab in the target");
        yield return Bad("GET /\0 HTTP/1.1\r\n", @"the request target '/\u{0}' is malformed", "NUL in the target");
        yield return Bad("GET /\u007f HTTP/1.1\r\n", @"the request target '/\u{7f}' is malformed", "DEL in the target");
        yield return Bad("GET /#a HTTP/1.1\r\n", "the request target '/#a' is malformed", "fragment in the target");
        yield return Bad("GET a HTTP/1.1\r\n", "the request target 'a' does not begin with '/'", "relative target");
        yield return Bad("GET /?a=1&token=s3cret#f HTTP/1.1\r\n", "the request target '/?a=1&token=***#f' is malformed", "a secret in the target");
        yield return Bad("GET a?token=s3cret HTTP/1.1\r\n", "the request target 'a?token=***' does not begin with '/'", "a secret in a relative target");
        yield return Bad("GET /?token=s3cret\r\n", "the request line 'GET /?token=***' is not", "a secret without a version");
        yield return Bad("GET ** HTTP/1.1\r\n", "the request target '**' does not begin with '/'", "two asterisks");
        yield return Bad("GET a:443 HTTP/1.1\r\n", "the request target 'a:443' does not begin", "authority-form without CONNECT");
        yield return Bad("GET ftp://a/ HTTP/1.1\r\n", "the request target 'ftp://a/' does not begin", "another scheme");
    }

    private static IEnumerable<TestCaseData> Versions()
    {
        yield return BadVersion("", "a space at the end");
        yield return BadVersion("http/1.1", "RFC 9112 §2.3 lower case");
        yield return BadVersion("HTTP/1", "no minor version");
        yield return BadVersion("HTTP/1.10", "two digits");
        yield return BadVersion("HTTP/1,1", "comma");
        yield return BadVersion("HTTP/x.1", "letter for major");
        yield return BadVersion("HTTP/1.x", "letter for minor");
        yield return BadVersion("HTTPS/1.1", "HTTPS");
        yield return BadVersion("SIP/2.00", "another protocol");
    }

    private static IEnumerable<TestCaseData> FieldLines()
    {
        yield return Bad(Line + " A: b\r\n", "line folding", "RFC 9112 §5.2 space before the first field");
        yield return Bad(Line + "A: b\r\n c\r\n", "line folding", "obs-fold with a space");
        yield return Bad(Line + "A: b\r\n\tc\r\n", "line folding", "obs-fold with a tab");
        yield return Bad(Line + "A: b\n", "LF alone", "bare LF");
        yield return Bad(Line + "A: b\r\n\n", "LF alone", "bare LF for the empty line");
        yield return Bad(Line + "\n", "LF alone", "bare LF for the empty line and no field");
        yield return Bad(Line + "Ab\r\n", "the header line 'Ab' has no colon", "no colon");
        yield return Bad(Line + "A\u001b[31m\r\n", @"the header line 'A\u{1b}[31m' has no colon", "quoted without its escape character");
        yield return Bad(Line + ": b\r\n", "the header name '' is not a token", "no name");
        yield return Bad(Line + "A : b\r\n", "the header name 'A ' is not a token", "RFC 9112 §5.1 space before the colon");
        yield return Bad(Line + "A\t: b\r\n", @"the header name 'A\t' is not a token", "tab before the colon");
        yield return Bad(Line + "A b: c\r\n", "the header name 'A b' is not a token", "space in the name");
        yield return Bad(Line + "A\0: b\r\n", @"the header name 'A\u{0}' is not a token", "NUL in the name");
        yield return Bad(Line + "\u00c4: b\r\n", "the header name '\ufffd' is not a token", "name beyond ASCII");
        yield return Bad(Line + "A: b\r\r\n", "the value of header 'A' has a control character", "CR CR LF");
        yield return Bad(Line + "\r\r\n", @"the header line '\r' has no colon", "CR CR LF for the empty line");
    }

    private static IEnumerable<TestCaseData> ControlCharacters()
    {
        // RFC 9110 §5.5: the C0 controls but for tab, and DEL; LF ends a line, see above.
        foreach (int character in Enumerable.Range(0, 0x20).Append(0x7F).Except(['\t', '\n']))
        {
            yield return new TestCaseData((char)character).SetName($"{{m}}(0x{character:X2})");
        }
    }

    [TestCaseSource(nameof(Beginnings))]
    [TestCaseSource(nameof(RequestLines))]
    [TestCaseSource(nameof(Versions))]
    [TestCaseSource(nameof(FieldLines))]
    public void Invalid_heads_are_refused_at_the_deciding_byte(string text, string reason)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        HeadOutcome whole = HeadOutcome.OfPrefix(bytes);
        Assert.That(whole.Status, Is.EqualTo(ParseStatus.Bad));
        Assert.That(whole.Rejection!.Status, Is.EqualTo(HttpStatus.BadRequest));
        Assert.That(whole.Rejection.Reason, Does.StartWith("Malformed request: ").And.Contain(reason).And.EndWith("."));
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            Assert.That(HeadOutcome.Of(bytes, pieces), Is.EqualTo(whole), () => $"in pieces of {string.Join(' ', pieces)}");
        }

        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.That(HeadOutcome.OfPrefix(bytes.AsSpan(0, length)), Is.EqualTo(HeadOutcome.NeedMore), () => $"{length} bytes");
        }
    }

    [TestCaseSource(nameof(Beginnings))]
    [TestCaseSource(nameof(RequestLines))]
    [TestCaseSource(nameof(FieldLines))]
    public void What_follows_a_fault_does_not_change_the_answer(string text, string reason)
    {
        HeadOutcome outcome = HeadOutcome.OfPrefix(Encoding.Latin1.GetBytes(text + "A: b\r\n\r\n"));
        Assert.That(outcome.Rejection?.Reason, Does.Contain(reason));
    }

    [Test]
    public void The_PROXY_protocol_version_2_is_named()
    {
        // Its signature, and the rest of a header for TCP over IPv4. It is sent at once, so that no other splitting counts.
        byte[] header = [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 192, 0, 2, 1, 192, 0, 2, 2, 0xC3, 0x50, 0x1F, 0x90];
        Assert.That(HeadOutcome.OfPrefix([.. header, .. "GET / HTTP/1.1\r\n\r\n"u8]).Rejection?.Reason, Does.StartWith("Malformed request: this is the PROXY protocol"));
    }

    [TestCaseSource(nameof(ControlCharacters))]
    public void Control_characters_in_a_value_are_refused(char character)
    {
        HeadOutcome outcome = HeadOutcome.OfPrefix(Encoding.Latin1.GetBytes($"{Line}Name: a{character}b\r\n\r\n"));
        Assert.That(outcome.Rejection?.Status, Is.EqualTo(HttpStatus.BadRequest));
        Assert.That(outcome.Rejection?.Reason, Does.Contain("the value of header 'Name' has a control character"));
    }

    [Test]
    public void A_long_value_is_quoted_only_in_part()
    {
        HeadOutcome outcome = HeadOutcome.OfPrefix(Encoding.Latin1.GetBytes($"{Line}{new string('a', 65)}\r\n"));
        Assert.That(outcome.Rejection?.Reason, Does.Contain($"'{new string('a', 64)}… (65 bytes)'"));
    }

    private static TestCaseData Bad(string text, string reason, string name) =>
        new TestCaseData(text, reason).SetName($"{{m}}({name})");

    private static TestCaseData BadVersion(string version, string name) =>
        Bad($"GET / {version}\r\n", $"'{version}' is not an HTTP version", name);
}
