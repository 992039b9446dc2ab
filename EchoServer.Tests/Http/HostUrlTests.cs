using EchoServer.Http;

namespace EchoServer.Tests.Http;

internal sealed class HostUrlTests
{
    [TestCase("ws://example.org", "example.org", 80)]
    [TestCase("  wss://example.org/path?query ", "example.org", 443)]
    [TestCase("ws://example.org:8080#x", "example.org", 8080)]
    [TestCase("ws://example.org:/", "example.org", 80)]
    [TestCase("ws://[::1]:65535/", "::1", 65535)]
    [TestCase("ws://[fe80::1%25eth0]:81/", "fe80::1%eth0", 81)]
    [TestCase("ws://[fe80::1%eth0]/", "fe80::1%eth0", 80)]
    [TestCase("http://bücher.example", "xn--bcher-kva.example", 80)]
    public void A_URL_with_a_host_is_read(string text, string host, int port)
    {
        Assert.That(HostUrl.TryParse(text, out Uri? url), Is.True);
        Assert.That((url!.IdnHost, url.Port), Is.EqualTo((host, port)));
    }

    [TestCase("ws://", "the host", "is missing")]
    [TestCase("ws:///path", "the host", "is missing")]
    [TestCase("ws://:80/", "the host", "is missing")]
    [TestCase("example.org", "the host", "is missing")]
    [TestCase("ws://[::1", "the host '[::1'", "has no ']' at its end")]
    [TestCase("ws://[::1]x", "the host '[::1]x'", "has no ']' at its end")]
    [TestCase("ws://[1.2.3.4]/", "the host '[1.2.3.4]'", "is not an IPv6 address")]
    [TestCase("ws://::1/", "the host '::1'", "is an IPv6 address without brackets ([::1], [::1]:8080)")]
    [TestCase("ws://example.org:0", "the port '0'", "is not a number from 1 to 65535")]
    [TestCase("ws://example.org:65536", "the port '65536'", "is not a number from 1 to 65535")]
    [TestCase("ws://example.org:+80", "the port '+80'", "is not a number from 1 to 65535")]
    [TestCase("ws://a..b/", "the host 'a..b'", "has nothing before a dot")]
    [TestCase("ws://.a/", "the host '.a'", "has nothing before a dot")]
    [TestCase("ws://%zz/", "the host '%zz'", "has a '%'")]
    [TestCase("ws://a\u001bb/", @"the host 'a\u{1b}b'", @"has a '\u{1b}'")]
    [TestCase("ws://xn--ü.example", "the host 'xn--ü.example'", "is not a host name or an address")]
    public void The_flaw_of_another_is_named(string text, string part, string flaw)
    {
        Assert.That(HostUrl.Read(text, out Uri? url), Is.EqualTo((part, flaw)));
        Assert.That(url, Is.Null);
        Assert.That(HostUrl.TryParse(text, out _), Is.False);
    }
}
