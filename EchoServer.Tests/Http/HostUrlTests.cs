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

    // WebSocketUrlTests has the other flaws.
    [TestCase("example.org", "the host", "is missing")]
    [TestCase("ws://example.org:65536", "the port '65536'", "is not a number from 1 to 65535")]
    [TestCase("ws://xn--ü.example", "the host 'xn--ü.example'", "is not a host name or an address")]
    [TestCase("ws://256.1.1.1:80/", "the host '256.1.1.1'", "is not a host name or an address")]
    [TestCase("ws://1.2.3.4.5", "the host '1.2.3.4.5'", "is not a host name or an address")]
    [TestCase("http://example.08", "the host 'example.08'", "is not a host name or an address")]
    [TestCase("http://example.0xAf.", "the host 'example.0xAf.'", "is not a host name or an address")]
    public void The_flaw_of_another_is_named(string text, string part, string flaw)
    {
        Assert.That(HostUrl.Read(text, out Uri? url), Is.EqualTo((part, flaw)));
        Assert.That(url, Is.Null);
        Assert.That(HostUrl.TryParse(text, out _), Is.False);
    }
}
