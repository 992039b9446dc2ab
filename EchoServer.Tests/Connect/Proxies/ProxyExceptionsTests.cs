using EchoServer.Connect.Proxies;

namespace EchoServer.Tests.Connect.Proxies;

/// <summary><c>NO_PROXY</c>, a row for each kind of entry.</summary>
internal sealed class ProxyExceptionsTests
{
    [TestCase("*", "ws://anything.example/", true)]
    [TestCase("a.example, *", "ws://anything.example/", true)]
    [TestCase("example.org", "wss://example.org/", true)]
    [TestCase("example.org", "wss://EXAMPLE.org/", true)]
    [TestCase("Example.ORG", "wss://echo.example.org/", true)]
    [TestCase(".example.org", "wss://echo.example.org/", true)]
    [TestCase(".example.org", "wss://example.org/", true)]
    [TestCase("*.example.org", "wss://echo.example.org/", true)]
    [TestCase("example.org", "wss://counterexample.org/", false)]
    [TestCase("example.org", "wss://example.org.test/", false)]
    [TestCase("example.org.", "wss://echo.example.org/", true)]
    [TestCase("example.org", "wss://echo.example.org./", true)]
    [TestCase("bücher.example", "wss://bücher.example/", true)]
    [TestCase("xn--bcher-kva.example", "wss://bücher.example/", true)]
    [TestCase("other.example,example.org", "wss://example.org/", true)]
    [TestCase("other.example example.org", "wss://example.org/", true)]
    [TestCase(" other.example ,\texample.org ", "wss://example.org/", true)]
    [TestCase(",,", "wss://example.org/", false)]
    [TestCase("ex*ple.org", "wss://example.org/", true)]
    [TestCase("ex*ple.org", "wss://example.com/", false)]
    [TestCase("*.example", "wss://echo.example/", true)]
    [TestCase("*ample.org", "wss://EXAMPLE.org/", true)]
    [TestCase("*.*.org", "wss://echo.example.org/", true)]
    [TestCase("*.*.org", "wss://example.org/", false)]
    [TestCase("127.0.0.*", "ws://127.0.0.1/", true)]
    [TestCase("127.0.0.*", "ws://127.0.1.1/", false)]
    [TestCase("127.0.0.*:81", "ws://127.0.0.1/", false)]
    [TestCase("a.example;127.0.0.1", "ws://127.0.0.1/", true)]
    [TestCase("example.org:443", "wss://example.org/", true)]
    [TestCase("example.org:443", "wss://echo.example.org/", true)]
    [TestCase("example.org:443", "ws://example.org/", false)]
    [TestCase("example.org:8080", "ws://example.org:8080/", true)]
    [TestCase("10.1.2.3", "ws://10.1.2.3/", true)]
    [TestCase("10.1.2.3", "ws://10.1.2.30/", false)]
    [TestCase("10.1.2.3:81", "ws://10.1.2.3/", false)]
    [TestCase("10.1.2.3:80", "ws://10.1.2.3/", true)]
    [TestCase("10.0.0.0/8", "ws://10.1.2.3/", true)]
    [TestCase("10.9.9.9/8", "ws://10.1.2.3/", true)]
    [TestCase("10.0.0.0/8", "ws://11.1.2.3/", false)]
    [TestCase("10.1.2.0/25", "ws://10.1.2.127/", true)]
    [TestCase("10.1.2.0/25", "ws://10.1.2.128/", false)]
    [TestCase("10.1.2.3/32", "ws://10.1.2.3/", true)]
    [TestCase("0.0.0.0/0", "ws://10.1.2.3/", true)]
    [TestCase("10.0.0.0/8", "ws://ten.example/", false)]
    [TestCase("10.0.0.0/8", "ws://[::1]/", false)]
    [TestCase("::1", "ws://[::1]/", true)]
    [TestCase("[::1]", "ws://[::1]/", true)]
    [TestCase("0:0:0:0:0:0:0:1", "ws://[::1]/", true)]
    [TestCase("[::1]:80", "ws://[::1]/", true)]
    [TestCase("[::1]:81", "ws://[::1]/", false)]
    [TestCase("fe80::1", "ws://[fe80::1%25eth0]/", true)]
    [TestCase("fd00::/8", "ws://[fdab::1]/", true)]
    [TestCase("[fd00::]/8", "ws://[fdab::1]/", true)]
    [TestCase("fd00::/8", "ws://[fe80::1]/", false)]
    [TestCase("fd00::/9", "ws://[fd80::1]/", false)]
    [TestCase("localhost", "ws://127.0.0.1/", false)]
    public void A_host_is_excepted_or_not(string list, string url, bool expected)
    {
        bool isMatch = ProxyExceptions.Contains(list, new Uri(url), out string? flaw);
        Assert.That((isMatch, flaw), Is.EqualTo((expected, (string?)null)));
    }

    [TestCase("10.0.0.0/33", "10.0.0.0/33")]
    [TestCase("a.example,10.0.0.0/,b.example", "10.0.0.0/")]
    [TestCase("fd00::/129", "fd00::/129")]
    [TestCase("http://a.example", "http://a.example")]
    [TestCase("a.example/8", "a.example/8")]
    [TestCase("a.example:", "a.example:")]
    [TestCase("a.example:http", "a.example:http")]
    [TestCase("a.example:65536", "a.example:65536")]
    [TestCase(":8080", ":8080")]
    [TestCase(".", ".")]
    [TestCase("*.", "*.")]
    [TestCase("10.1.2", "10.1.2")]
    [TestCase("10.1.", "10.1.")]
    [TestCase("10", "10")]
    [TestCase("10/8", "10/8")]
    [TestCase("010.0.0.0/8", "010.0.0.0/8")]
    [TestCase("<local>", "<local>")]
    [TestCase("\"a.example\"", "\"a.example\"")]
    [TestCase("a.example|b.example", "a.example|b.example")]
    public void An_entry_that_means_nothing_is_named(string list, string entry)
    {
        bool isMatch = ProxyExceptions.Contains(list, new Uri("ws://10.1.2.3/"), out string? flaw);
        Assert.That((isMatch, flaw), Is.EqualTo((false, entry)));
    }
}
