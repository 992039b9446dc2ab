using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EchoServer.Diagnosis;
using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Diagnosis;

/// <summary>Facts from what arrived: an answer, its flaws, the router's words in it, and a certificate.</summary>
internal sealed class ReceivedAnswerTests
{
    private static readonly Uri Url = new("ws://echo.example.org:81/");

    [Test]
    public void Repeated_fields_are_joined()
    {
        ReceivedAnswer answer = Read("HTTP/1.1 503 Busy\r\nVia: a\r\nX-Cf-RouterError: no_endpoints\r\nvia: b\r\n\r\n", "wait");
        Assert.That((answer.StatusLine, answer.Field("VIA"), answer.Field("Server"), answer.Words), Is.EqualTo(("503 Busy", "a, b", (string?)null, "wait")));
    }

    [TestCase("no_endpoints", false, true, true)]
    [TestCase(" Unknown_Route ", false, true, false)]
    [TestCase("endpoint_failure (EOF)", true, false, false)]
    [TestCase("deprecated-semicolon-params", false, false, false)]
    public void The_error_of_the_router_is_recognized(string error, bool isFailure, bool isWithoutInstance, bool hasNoEndpoints)
    {
        ReceivedAnswer answer = Read($"HTTP/1.1 502 x\r\nX-Cf-RouterError: {error}\r\n\r\n");
        Assert.That(
            (RouterDiagnosis.IsEndpointFailure(answer), RouterDiagnosis.IsWithoutInstance(answer), RouterDiagnosis.HasNoEndpoints(answer)),
            Is.EqualTo((isFailure, isWithoutInstance, hasNoEndpoints)));
    }

    [TestCase(RouterDiagnosis.InstanceField, "no Cloud Foundry router is on the way")]
    [TestCase(RouterDiagnosis.ProcessField, "the router is older than 2025 and ignores it")]
    public void A_field_without_effect_is_explained(string field, string cause) =>
        Assert.That(RouterDiagnosis.OfOtherInstance(field).Cause, Does.StartWith($"{field} has no effect: ").And.Contain(cause));

    [TestCase(HeadErrorKind.TooLarge, "the head of the answer is larger than the ")]
    [TestCase(HeadErrorKind.Cut, "FLAW")]
    [TestCase(HeadErrorKind.Faulty, "what answers on port 81 of echo.example.org speaks HTTP, but its answer has a fault: FLAW")]
    [TestCase(HeadErrorKind.Http2, "what answers on port 81 of echo.example.org speaks HTTP/2 without being asked for it")]
    [TestCase(HeadErrorKind.Tls, "this port speaks TLS, and ws:// does not")]
    [TestCase(HeadErrorKind.Malformed, "what answers on port 81 of echo.example.org speaks no HTTP: FLAW")]
    public void A_flaw_of_the_head_is_explained(HeadErrorKind kind, string cause) => Assert.That(
        NetworkDiagnosis.Of(new BadHeadException(new HeadError(kind, "FLAW")), Url, Stage.Answer).Cause, Does.StartWith(cause));

    [TestCase("HTTP/1.1 200", "the answer did not come to the end of its head within 2 s ('HTTP/1.1 200')")]
    [TestCase("220 mail", "what answers on port 81 of echo.example.org speaks no HTTP: it said '220 mail', and no more within 2 s")]
    public void The_beginning_of_an_answer_tells_what_hangs(string received, string cause) => Assert.That(
        NetworkDiagnosis.OfTimeout(Stage.Answer, TimeSpan.FromSeconds(2), Url, received: Encoding.ASCII.GetBytes(received)).Cause, Does.StartWith(cause));

    [Test]
    public void The_beginning_of_another_answer_of_a_proxy_tells_that_it_is_none() => Assert.That(
        NetworkDiagnosis.OfTimeout(Stage.Proxy, TimeSpan.FromSeconds(2), Url, new Uri("http://proxy.example.org/"), "220 mail"u8).Cause,
        Is.EqualTo("the proxy proxy.example.org:80 does not answer as an HTTP proxy does: it said '220 mail', and no more within 2 s"));

    [Test]
    public void Of_a_long_text_the_beginning_is_shown_with_the_size_of_all()
    {
        string letters = new('a', 20_000);
        Assert.That(ReceivedAnswer.Shown(letters), Is.EqualTo($"{letters[..100]}… (20000 bytes)"));
        Assert.That(ReceivedAnswer.Shown($"http://h/?token={letters}"), Does.Match(@"^http://h/\?token=\*\*\*… \(\d+ bytes\)$"));
    }

    [TestCase("ws://user:secret@echo.example.org/a", "ws://...@echo.example.org/a")]
    [TestCase("ws://[fe80::1%eth0]:81/", "ws://[fe80::1%eth0]:81/")]
    public void A_URL_is_shown_with_its_zone_and_without_its_user(string url, string shown) =>
        Assert.That((UrlText.Of(new Uri(url)), UrlText.Shown(new Uri(url))), Is.EqualTo((shown, shown)));

    [Test]
    public void A_certificate_has_names_and_addresses_and_with_a_malformed_list_none()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("a.example.org");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        using X509Certificate2 good = Certificate(names.Build());
        CertificateFacts facts = CertificateFacts.From(good);
        Assert.That((facts.Subject, facts.Issuer, facts.Authority), Is.EqualTo(("a subject", "a subject", "a subject")));
        Assert.That(facts.Names, Is.EqualTo(["a.example.org", "127.0.0.1"]));

        using X509Certificate2 malformed = Certificate(new X509Extension("2.5.29.17", [0x30, 0x05, 0x01], critical: false));
        Assert.That(CertificateFacts.From(malformed).Names, Is.Empty);
    }

    private static X509Certificate2 Certificate(X509Extension names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a subject", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
    }

    private static ReceivedAnswer Read(string head, string body = "")
    {
        Assert.That(ResponseHead.Read(Encoding.ASCII.GetBytes(head), out ResponseHead read, out _), Is.EqualTo(ParseStatus.Done));
        return ReceivedAnswer.From(read) with { Body = body };
    }
}
