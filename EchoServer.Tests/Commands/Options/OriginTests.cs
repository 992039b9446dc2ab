using EchoServer.Commands.Options;

namespace EchoServer.Tests.Commands.Options;

/// <summary>Origins are taken as people write them, and kept as browsers send them.</summary>
internal sealed class OriginTests
{
    [TestCase("https://example.org", "https://example.org")]
    [TestCase("HTTPS://Example.ORG", "https://example.org")]
    [TestCase("https://example.org/", "https://example.org")]
    [TestCase("https://example.org:443", "https://example.org")]
    [TestCase("http://example.org:80", "http://example.org")]
    [TestCase("http://example.org:443", "http://example.org:443")]
    [TestCase("https://bücher.example:8443", "https://xn--bcher-kva.example:8443")]
    [TestCase("https://BÜCHER.example", "https://xn--bcher-kva.example")]
    [TestCase("https://xn--bcher-kva.example", "https://xn--bcher-kva.example")]
    [TestCase("http://[::1]:3000", "http://[::1]:3000")]
    [TestCase("http://127.0.0.1", "http://127.0.0.1")]
    [TestCase("chrome-extension://abcdef", "chrome-extension://abcdef")]
    [TestCase("ws://example.org", null)]
    [TestCase("wss://example.org", null)]
    [TestCase("example.org", null)]
    [TestCase("https://example.org/a", null)]
    [TestCase("https://example.org?a", null)]
    [TestCase("https://example.org#a", null)]
    [TestCase("https://me@example.org", null)]
    [TestCase("https://", null)]
    [TestCase("https://*", null)]
    [TestCase("*", null)]
    [TestCase("x y", null)]
    [TestCase("https://a b", null)]
    [TestCase("https://example.org:99999", null)]
    [TestCase("null", null)]
    [TestCase("", null)]
    public void It_is_kept_as_browsers_send_it(string text, string? expected)
    {
        Assert.That(SettingParsers.TryParseOrigin(text, out string origin), Is.EqualTo(expected is not null));
        Assert.That(origin, Is.EqualTo(expected ?? ""));
    }
}
