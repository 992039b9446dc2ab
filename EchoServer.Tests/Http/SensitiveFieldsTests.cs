using EchoServer.Http;

namespace EchoServer.Tests.Http;

internal sealed class SensitiveFieldsTests
{
    [TestCase("Authorization")]
    [TestCase("authorization")]
    [TestCase("Proxy-Authorization")]
    [TestCase("Cookie")]
    [TestCase("Set-Cookie")]
    [TestCase("X-Api-Key")]
    [TestCase("ApiKey")]
    [TestCase("X-Auth-Token")]
    [TestCase("X-CSRF-Token")]
    [TestCase("X-XSRF-TOKEN")]
    [TestCase("X-Amz-Security-Token")]
    [TestCase("X-Client-Secret")]
    [TestCase("X-Session-Id")]
    [TestCase("X-Hub-Signature-256")]
    [TestCase("X-Goog-IAP-JWT-Assertion")]
    [TestCase("X-Forwarded-Client-Cert")]
    [TestCase("X-CF-Proxy-Signature")]
    [TestCase("Php-Auth-Pw")]
    [TestCase("Password")]
    [TestCase("X-Pass")]
    [TestCase("X-Passphrase")]
    [TestCase("X-Pwd")]
    [TestCase("X-Sig")]
    [TestCase("SIG_V2")]
    [TestCase("X-Hmac-Sha256")]
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

    [TestCase("Sec-WebSocket-Key")]
    [TestCase("sec-websocket-key")]
    [TestCase("Host")]
    [TestCase("User-Agent")]
    [TestCase("X-Forwarded-For")]
    [TestCase("X-Forwarded-Proto")]
    [TestCase("X-Request-Start")]
    [TestCase("X-Vcap-Request-Id")]
    [TestCase("X-Cf-Applicationid")]
    [TestCase("X-Cf-Instanceid")]
    [TestCase("X-Cf-Instanceindex")]
    [TestCase("X-B3-Traceid")]
    [TestCase("Accept-Encoding")]
    [TestCase("Connection")]
    [TestCase("Cache-Control")]
    [TestCase("Sec-Fetch-Site")]
    [TestCase("X-Signal-Strength")]
    [TestCase("X-Design")]
    public void What_shows_what_a_router_did_is_not(string name) => Assert.That(SensitiveFields.Contains(name), Is.False);
}
