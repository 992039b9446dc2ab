using System.Net;
using EchoServer.Http;

namespace EchoServer.Tests.Http;

internal sealed class HttpResponseTests
{
    private static readonly HttpStatus[] Refusals = [.. Enum.GetValues<HttpStatus>().Where(status => (int)status >= 400)];

    [Test]
    public void The_whole_answer_to_a_bad_request() =>
        Assert.That(Encoding.UTF8.GetString(Write(new(HttpStatus.BadRequest, "No."))), Is.EqualTo(
            "HTTP/1.1 400 Bad Request\r\n" +
            "Date: Sun, 22 Nov 2026 13:20:05 GMT\r\n" +
            "Connection: close\r\n" +
            "Content-Type: text/plain; charset=utf-8\r\n" +
            "Content-Length: 4\r\n" +
            "X-Content-Type-Options: nosniff\r\n" +
            "\r\n" +
            "No.\n"));

    [TestCaseSource(nameof(Refusals))]
    public void Every_refusal_says_that_the_connection_ends(HttpStatus status)
    {
        var reply = HttpReply.Parse(Write(new(status, "Why.")));
        Assert.That(reply.StatusLine, Is.EqualTo($"HTTP/1.1 {(int)status} {HttpResponse.ReasonPhrase(status)}"));
        Assert.That(reply.Fields["Connection"].Split(',', StringSplitOptions.TrimEntries), Does.Contain("close"));
        Assert.That(reply.Fields["Content-Type"], Is.EqualTo("text/plain; charset=utf-8"));
    }

    // RFC 9110 §11.6.1, §11.7.1, §10.2.2 and §10.2.3; those without a field of their own are in the other tests.
    [TestCase(401, "WWW-Authenticate", "Basic realm=\"EchoServer\"")]
    [TestCase(407, "Proxy-Authenticate", "Basic realm=\"EchoServer\"")]
    [TestCase(302, "Location", "/")]
    [TestCase(399, "Location", "/")]
    [TestCase(429, "Retry-After", "5")]
    public void A_status_that_means_nothing_without_a_field_has_it(int status, string name, string value) =>
        Assert.That(HttpReply.Parse(Write(new((HttpStatus)status, "Why."))).Fields[name], Is.EqualTo(value));

    [TestCase("plain", 6)]
    [TestCase("é", 3)]
    [TestCase("… \U0001F600", 9)]
    [TestCase("", 1)]
    public void Content_length_counts_bytes_of_UTF_8(string reason, int bytes)
    {
        var reply = HttpReply.Parse(Write(new(HttpStatus.BadRequest, reason)));
        Assert.That(reply.Fields["Content-Length"], Is.EqualTo($"{bytes}"));
        Assert.That(reply.Body, Is.EqualTo(Encoding.UTF8.GetBytes(reason + "\n")).And.Length.EqualTo(bytes));
    }

    [TestCaseSource(nameof(Refusals))]
    public void The_answer_to_HEAD_is_the_same_without_its_body(HttpStatus status)
    {
        var rejection = new HttpRejection(status, "Why.");
        byte[] whole = Write(rejection);
        byte[] head = Write(rejection, withBody: false);
        Assert.That(head.AsSpan().EndsWith("\r\n\r\n"u8), Is.True);
        Assert.That(whole, Is.EqualTo(head.Concat("Why.\n"u8.ToArray())));
    }

    [Test]
    public void Only_405_names_the_methods_allowed()
    {
        foreach (HttpStatus status in Refusals)
        {
            string? allow = HttpReply.Parse(Write(new(status, "Why."))).Fields.GetValueOrDefault("Allow");
            Assert.That(allow, Is.EqualTo(status == HttpStatus.MethodNotAllowed ? "GET" : null), () => $"{status}");
        }
    }

    [Test]
    public void Only_426_says_what_to_upgrade_to()
    {
        foreach (HttpStatus status in Refusals)
        {
            IReadOnlyDictionary<string, string> fields = HttpReply.Parse(Write(new(status, "Why."))).Fields;
            bool isUpgrade = status == HttpStatus.UpgradeRequired;
            Assert.That(fields.GetValueOrDefault("Upgrade"), Is.EqualTo(isUpgrade ? "websocket" : null), () => $"{status}");
            Assert.That(fields.GetValueOrDefault("Sec-WebSocket-Version"), Is.EqualTo(isUpgrade ? "13" : null), () => $"{status}");

            // RFC 9110 §7.8: "A sender of Upgrade MUST also send an 'Upgrade' connection option".
            Assert.That(fields["Connection"], Is.EqualTo(isUpgrade ? "close, Upgrade" : "close"), () => $"{status}");
        }
    }

    [Test]
    public void Every_status_has_its_registered_reason_phrase()
    {
        foreach (HttpStatus status in Enum.GetValues<HttpStatus>())
        {
            // The runtime knows the registry too, but writes "Http" for "HTTP".
            using var other = new HttpResponseMessage((HttpStatusCode)(int)status);
            Assert.That(HttpResponse.ReasonPhrase(status), Is.EqualTo(other.ReasonPhrase).IgnoreCase, () => $"{status}");
        }
    }

    [Test]
    public void A_status_that_only_a_scenario_answers_with_is_called_by_its_number() =>
        Assert.That(HttpResponse.ReasonPhrase((HttpStatus)299), Is.EqualTo("Status 299"));

    private static byte[] Write(HttpRejection rejection, bool withBody = true) =>
        HttpResponse.Write(rejection, new DateTimeOffset(2026, 11, 22, 14, 20, 5, TimeSpan.FromHours(1)), withBody);
}
