using EchoServer.Diagnosis;
using EchoServer.Http;

namespace EchoServer.Tests.Diagnosis;

/// <summary>What an answer of a proxy means, of HTTP and of SOCKS.</summary>
internal sealed class ProxyAnswerTests
{
    private static readonly Uri Url = new("wss://echo.example.org/");
    private static readonly Uri Http = new("http://proxy.example.org:8080/");
    private static readonly Uri Socks = new("socks5://proxy.example.org:1080/");

    [TestCase(403, "the proxy proxy.example.org:8080 does not allow a tunnel to echo.example.org:443 (it answered 403 Answer)", "have the host and the port allowed there")]
    [TestCase(405, "the proxy proxy.example.org:8080 does not allow a tunnel to echo.example.org:443 (it answered 405 Answer)", "have the host and the port allowed there")]
    [TestCase(502, "the proxy proxy.example.org:8080 could not reach echo.example.org:443 (it answered 502 Answer)", "check host and port in the URL")]
    [TestCase(504, "the proxy proxy.example.org:8080 could not reach echo.example.org:443 (it answered 504 Answer)", "check host and port in the URL")]
    [TestCase(200, "with 200 Answer: it may be no proxy, or not for tunnels", "check host and port in --proxy")]
    public void An_answer_to_CONNECT_is_explained(int status, string cause, string advice)
    {
        Fault fault = ProxyDiagnosis.OfAnswer(Answer(status), Url, Http);
        Assert.That(fault.Cause, Does.EndWith(cause));
        Assert.That(fault.Advice, Does.StartWith(advice));
    }

    [Test]
    public void A_407_without_Basic_does_not_send_to_a_password()
    {
        Fault fault = ProxyDiagnosis.OfAnswer(Answer(407, ("Proxy-Authenticate", "Negotiate")), Url, Http);
        Assert.That(fault.Cause, Is.EqualTo(
            "the proxy proxy.example.org:8080 requires authentication with a scheme that this client does not have (it answered 407 Answer; Proxy-Authenticate: Negotiate)"));
        Assert.That(fault.Advice, Does.StartWith("have Basic allowed there"));
    }

    [Test]
    public void A_proxy_that_speaks_TLS_is_named_with_https()
    {
        ReceivedAnswer answer = Answer(400) with { Body = "The plain HTTP request was sent to HTTPS port" };
        Fault[] faults = [ProxyDiagnosis.OfAnswer(answer, Url, Http), ProxyDiagnosis.OfHead(HeadErrorKind.Tls, "a TLS alert", Http)];
        Assert.That(faults.Select(fault => fault.Cause), Has.All.EqualTo("the port of the proxy proxy.example.org:8080 speaks TLS, and http:// does not"));
        Assert.That(faults.Select(fault => fault.Advice), Has.All.EndsWith("https://proxy.example.org:8080"));
    }

    [TestCase(2, "the proxy proxy.example.org:1080 does not allow a tunnel to [2001:db8::1]:443 (it answered SOCKS reply 2)")]
    [TestCase(3, "the proxy proxy.example.org:1080 could not reach [2001:db8::1]:443 (it answered SOCKS reply 3)")]
    [TestCase(4, "the proxy proxy.example.org:1080 could not reach [2001:db8::1]:443 (it answered SOCKS reply 4)")]
    [TestCase(6, "the proxy proxy.example.org:1080 could not reach [2001:db8::1]:443 (it answered SOCKS reply 6)")]
    [TestCase(5, "[2001:db8::1]:443 refuses connections from the proxy proxy.example.org:1080")]
    [TestCase(1, "the proxy proxy.example.org:1080 could not open a tunnel to [2001:db8::1]:443 (it answered SOCKS reply 1)")]
    [TestCase(255, "the proxy proxy.example.org:1080 could not open a tunnel to [2001:db8::1]:443 (it answered SOCKS reply 255)")]
    public void A_reply_of_SOCKS_is_explained(byte reply, string cause) =>
        Assert.That(ProxyDiagnosis.OfSocksReply(reply, new Uri("wss://[2001:db8::1]/"), Socks).Cause, Is.EqualTo(cause));

    [Test]
    public void A_SOCKS_proxy_that_wants_a_login_is_told_from_one_that_is_none()
    {
        Fault login = ProxyDiagnosis.OfSocksLogin(Socks);
        Assert.That(login.Cause, Is.EqualTo("the proxy proxy.example.org:1080 requires authentication, or does not accept the user and password that it got"));
        Assert.That(login.Advice, Is.EqualTo("put them into its URL: --proxy socks5://USER:PASSWORD@proxy.example.org:1080"));
        Assert.That(
            ProxyDiagnosis.OfHead(HeadErrorKind.Malformed, "HTTP", Socks).Cause,
            Is.EqualTo("the proxy proxy.example.org:1080 does not answer as a SOCKS proxy does: HTTP"));
        Assert.That(
            ProxyDiagnosis.OfHead(HeadErrorKind.Faulty, "a fault", Http).Cause,
            Is.EqualTo("the proxy proxy.example.org:8080 speaks HTTP, but its answer has a fault: a fault"));
    }

    private static ReceivedAnswer Answer(int status, params (string Name, string Value)[] fields) =>
        new(status, "Answer", fields.ToDictionary(field => field.Name, field => field.Value, StringComparer.OrdinalIgnoreCase));
}
