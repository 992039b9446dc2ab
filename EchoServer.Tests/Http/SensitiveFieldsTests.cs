using EchoServer.Http;

namespace EchoServer.Tests.Http;

internal sealed class SensitiveFieldsTests
{
    private static readonly string[] Secret =
    [
        "Authorization", "authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "ApiKey", "X-Auth-Token",
        "X-CSRF-Token", "X-XSRF-TOKEN", "X-Amz-Security-Token", "X-Client-Secret", "X-Session-Id", "X-Hub-Signature-256",
        "X-Goog-IAP-JWT-Assertion", "X-Forwarded-Client-Cert", "X-CF-Proxy-Signature", "Php-Auth-Pw", "Password", "X-Pass", "X-Passphrase",
        "X-Pwd", "X-Sig", "SIG_V2", "X-Hmac-Sha256",
    ];

    [TestCaseSource(nameof(Secret))]
    public void What_only_its_sender_may_know_is_masked(string name) => Assert.That(SensitiveFields.Contains(name), Is.True);

    [TestCase("ws://h/a?access_token=abc", "ws://h/a?access_token=***")]
    [TestCase("GET /a?x=1&api_key=a%20b&y=2 HTTP/1.1", "GET /a?x=1&api_key=***&y=2 HTTP/1.1")]
    [TestCase("'wss://h/?TOKEN=abc' and /?sig=d#e", "'wss://h/?TOKEN=***' and /?sig=***#e")]
    [TestCase("/?access%5Ftoken=abc;password=d=e", "/?access%5Ftoken=***;password=***")]
    [TestCase("/?x-amz-signature=1&X-Amz-Credential=2&jwt=3", "/?x-amz-signature=***&X-Amz-Credential=***&jwt=***")]
    [TestCase("/?token=&signal=1&design=2&page=3&token", "/?token=&signal=1&design=2&page=3&token")]
    [TestCase("/?a=b?token=c", "/?a=b?token=***")]
    [TestCase("https://login/?a=1&next=%2Fx%3Faccess_token%3Dabc%26b%3D2&c=3", "https://login/?a=1&next=%2Fx%3Faccess_token%3D***%26b%3D2&c=3")]
    [TestCase("ws://h/#token=abc", "ws://h/#token=***")]
    [TestCase("/?code=1&sid=2&zipcode=3&x=1;OTP=4", "/?code=***&sid=***&zipcode=3&x=1;OTP=***")]
    public void Secrets_in_a_query_are_masked(string text, string expected)
    {
        Assert.That(SensitiveFields.HideInQueries(text), Is.EqualTo(expected));
        Assert.That(SensitiveFields.HideInQueries(expected), Is.EqualTo(expected));
    }

    [TestCase("?a=", "%3Fa=")]
    [TestCase("?a%3D", "%3Fa%3D")]
    [TestCase("?a=", "?a=")]
    [TestCase("?a=1", "%3Ba=1")]
    public void A_query_in_a_query_ends_no_stack_however_deep_it_is(string start, string nested)
    {
        // More than any head has room for.
        string text = start + string.Concat(Enumerable.Repeat(nested, 40_000));
        Assert.That(SensitiveFields.HideInQueries(text + "%3Ftoken%3Dabc&b=1"), Is.EqualTo(text + "%3Ftoken%3D***&b=1"));
    }

    private static readonly string[] Harmless =
    [
        "Sec-WebSocket-Key", "sec-websocket-key", "Host", "User-Agent", "X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Start",
        "X-Vcap-Request-Id", "X-Cf-Applicationid", "X-Cf-Instanceid", "X-Cf-Instanceindex", "X-B3-Traceid", "Accept-Encoding", "Connection",
        "Cache-Control", "Sec-Fetch-Site", "X-Signal-Strength", "X-Design",
    ];

    [TestCaseSource(nameof(Harmless))]
    public void What_shows_what_a_router_did_is_not(string name) => Assert.That(SensitiveFields.Contains(name), Is.False);
}
