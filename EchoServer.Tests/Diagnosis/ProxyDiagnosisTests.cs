using EchoServer.Diagnosis;
using EchoServer.Http;

namespace EchoServer.Tests.Diagnosis;

/// <summary>Failures on the way to a proxy name the proxy, not the server, and its answers, of HTTP and of SOCKS, are explained.</summary>
internal sealed class ProxyDiagnosisTests
{
    private static readonly Uri Url = new("wss://echo.example.org/");
    private static readonly Uri Proxy = new("http://proxy.example.org:8080/");
    private static readonly Uri Socks = new("socks5://proxy.example.org:1080/");

    [TestCase(SocketError.ConnectionRefused, Stage.Connect, "the proxy proxy.example.org:8080 refuses connections")]
    [TestCase(SocketError.HostNotFound, Stage.Resolve, "the host name of the proxy proxy.example.org:8080 is not known")]
    [TestCase(SocketError.TryAgain, Stage.Resolve, "no name server answered for the host name of the proxy")]
    [TestCase(SocketError.TimedOut, Stage.Connect, "the proxy proxy.example.org:8080 did not answer")]
    [TestCase(SocketError.HostUnreachable, Stage.Connect, "no route to the proxy proxy.example.org:8080")]
    [TestCase(SocketError.ConnectionReset, Stage.Proxy, "was reset by the proxy proxy.example.org:8080 instead of an answer")]
    [TestCase(SocketError.MessageSize, Stage.Connect, "the proxy proxy.example.org:8080 cannot be reached: the network says '")]
    public void A_socket_error_names_the_proxy(SocketError error, Stage stage, string cause) =>
        Expect(NetworkDiagnosis.Of(new IOException("x", new SocketException((int)error)), Url, stage, Proxy), cause);

    [Test]
    public void A_cause_on_this_machine_is_the_same_as_without_a_proxy([Values(SocketError.AccessDenied, SocketError.TooManyOpenSockets)] SocketError error)
    {
        var exception = new SocketException((int)error);
        Assert.That(NetworkDiagnosis.Of(exception, Url, Stage.Connect, Proxy), Is.EqualTo(NetworkDiagnosis.Of(exception, Url, Stage.Connect)));
    }

    [TestCase(Stage.Resolve, "for the host name of the proxy proxy.example.org:8080 within 2 s")]
    [TestCase(Stage.Connect, "the proxy proxy.example.org:8080 did not answer within 2 s")]
    [TestCase(Stage.Proxy, "the proxy proxy.example.org:8080 accepted the connection, but opened no tunnel within 2 s")]
    public void A_time_out_names_the_proxy(Stage stage, string cause) =>
        Expect(NetworkDiagnosis.OfTimeout(stage, TimeSpan.FromSeconds(2), Url, Proxy), cause);

    [Test]
    public void An_end_and_nonsense_name_the_proxy()
    {
        Expect(NetworkDiagnosis.Of(new EndOfStreamException(), Url, Stage.Proxy, Proxy), "the proxy proxy.example.org:8080 ended the connection");
        Expect(
            NetworkDiagnosis.Of(new InvalidDataException("220 mail\u001b"), Url, Stage.Proxy, Proxy),
            "the proxy proxy.example.org:8080 does not answer as an HTTP proxy does: 220 mail\\u{1b}");
    }

    [TestCase("http", "put them into its URL: --proxy http://USER:PASSWORD@proxy.example.org:8080")]
    [TestCase("https", "put them into its URL: --proxy https://USER:PASSWORD@proxy.example.org:8080")]
    public void Who_must_say_who_asks_is_told_where(string scheme, string advice)
    {
        var answer = new ReceivedAnswer(407, "Login\u001b", new Dictionary<string, string>());
        Fault diagnosis = ProxyDiagnosis.OfAnswer(answer, Url, new UriBuilder(Proxy) { Scheme = scheme }.Uri);
        Assert.That(diagnosis.Cause, Does.StartWith("the proxy proxy.example.org:8080 requires authentication").And.EndWith("(it answered 407 Login\\u{1b})"));
        Assert.That(diagnosis.Advice, Is.EqualTo(advice));
    }

    [Test]
    public void TLS_with_the_proxy_itself_is_not_the_servers() => Assert.That(
        NetworkDiagnosis.Of(new System.Security.Authentication.AuthenticationException("x", new IOException("error:0A000999:SSL routines::no\u001b")), Url, Stage.Proxy, Proxy).Cause,
        Is.EqualTo("TLS with the proxy proxy.example.org:8080 failed: OpenSSL says 'no\\u{1b}'"));

    [Test]
    public void A_proxy_that_asks_for_a_client_certificate_gets_advice_about_that()
    {
        var alert = new System.Security.Authentication.AuthenticationException("x", new IOException("error:0A00045C:SSL routines::tlsv13 alert certificate required"));
        Fault fault = NetworkDiagnosis.Of(alert, Url, Stage.Proxy, Proxy);
        Assert.That(fault.Cause, Does.StartWith("TLS with the proxy proxy.example.org:8080 failed: ").And.Contain("a client certificate"));
        Assert.That(fault.Advice, Does.StartWith("pass one that it trusts with --cert and --key; check host and port in --proxy"));
    }

    [Test]
    public void A_flaw_of_its_certificate_is_named_with_what_to_do()
    {
        Fault fault = ProxyDiagnosis.OfCertificate(new Fault("the certificate expired 3 days ago", "have it renewed"), Proxy);
        Assert.That(fault.Cause, Is.EqualTo("TLS with the proxy proxy.example.org:8080 failed: the certificate expired 3 days ago"));
        Assert.That(fault.Advice, Does.StartWith("have it renewed; check host and port in --proxy").And.EndWith("; --insecure goes on without checking it"));
    }

    [Test]
    public void The_zone_of_its_address_is_shown() => Assert.That(
        NetworkDiagnosis.Of(new SocketException((int)SocketError.ConnectionRefused), Url, Stage.Connect, new Uri("http://[fe80::1%eth0]:8080/")).Cause,
        Is.EqualTo("the proxy [fe80::1%eth0]:8080 refuses connections: nothing listens there"));

    [Test]
    public void Behind_its_tunnel_it_is_the_server([Values(Stage.Tls, Stage.Answer, Stage.Echo)] Stage stage)
    {
        var timeout = TimeSpan.FromSeconds(2);
        Assert.That(NetworkDiagnosis.OfTimeout(stage, timeout, Url, Proxy), Is.EqualTo(NetworkDiagnosis.OfTimeout(stage, timeout, Url)));
        Assert.That(NetworkDiagnosis.Of(new IOException(), Url, stage, Proxy), Is.EqualTo(NetworkDiagnosis.Of(new IOException(), Url, stage)));
    }

    [Test]
    public void A_proxy_over_TLS_that_says_so_is_not_sent_to_TLS() => Assert.That(
        ProxyDiagnosis.OfAnswer(
            new ReceivedAnswer(400, "Bad Request", new Dictionary<string, string>(), "The plain HTTP request was sent to HTTPS port"), Url, new Uri("https://proxy.example.org/")).Cause,
        Does.EndWith("with 400 Bad Request: it may be no proxy, or not for tunnels"));

    [TestCase(403, "the proxy proxy.example.org:8080 does not allow a tunnel to echo.example.org:443 (it answered 403 Answer)", "have the host and the port allowed there")]
    [TestCase(405, "the proxy proxy.example.org:8080 does not allow a tunnel to echo.example.org:443 (it answered 405 Answer)", "have the host and the port allowed there")]
    [TestCase(502, "the proxy proxy.example.org:8080 could not reach echo.example.org:443 (it answered 502 Answer)", "check host and port in the URL")]
    [TestCase(504, "the proxy proxy.example.org:8080 could not reach echo.example.org:443 (it answered 504 Answer)", "check host and port in the URL")]
    [TestCase(200, "with 200 Answer: it may be no proxy, or not for tunnels", "check host and port in --proxy")]
    public void An_answer_to_CONNECT_is_explained(int status, string cause, string advice)
    {
        Fault fault = ProxyDiagnosis.OfAnswer(Answer(status), Url, Proxy);
        Assert.That(fault.Cause, Does.EndWith(cause));
        Assert.That(fault.Advice, Does.StartWith(advice));
    }

    [Test]
    public void A_407_without_Basic_does_not_send_to_a_password()
    {
        Fault fault = ProxyDiagnosis.OfAnswer(Answer(407, ("Proxy-Authenticate", "Negotiate")), Url, Proxy);
        Assert.That(fault.Cause, Is.EqualTo(
            "the proxy proxy.example.org:8080 requires authentication with a scheme that this client does not have (it answered 407 Answer; Proxy-Authenticate: Negotiate)"));
        Assert.That(fault.Advice, Does.StartWith("have Basic allowed there"));
    }

    [Test]
    public void A_proxy_that_speaks_TLS_is_named_with_https()
    {
        ReceivedAnswer answer = Answer(400) with { Body = "The plain HTTP request was sent to HTTPS port" };
        Fault[] faults = [ProxyDiagnosis.OfAnswer(answer, Url, Proxy), ProxyDiagnosis.OfHead(HeadErrorKind.Tls, "a TLS alert", Proxy)];
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
            ProxyDiagnosis.OfHead(HeadErrorKind.Faulty, "a fault", Proxy).Cause,
            Is.EqualTo("the proxy proxy.example.org:8080 speaks HTTP, but its answer has a fault: a fault"));
    }

    private static void Expect(Fault diagnosis, string cause)
    {
        Assert.That(diagnosis.Cause, Does.Contain(cause));
        Assert.That(diagnosis.ToString(), Does.Not.Contain("container").And.Not.Contain("Cloud Foundry").And.Not.Contain("echo.example.org"));
        Assert.That(diagnosis.Advice, Does.Contain("proxy").Or.Contain("DNS"));
    }

    private static ReceivedAnswer Answer(int status, params (string Name, string Value)[] fields) =>
        new(status, "Answer", fields.ToDictionary(field => field.Name, field => field.Value, StringComparer.OrdinalIgnoreCase));
}
