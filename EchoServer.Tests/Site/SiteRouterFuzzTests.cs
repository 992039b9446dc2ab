using System.Net;
using EchoServer.Echo;
using EchoServer.Http;
using EchoServer.Server;
using EchoServer.Site;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace EchoServer.Tests.Site;

/// <summary>Whatever is asked, one whole answer comes back, and nothing of the request gets into its head.</summary>
internal sealed class SiteRouterFuzzTests
{
    private const int Rounds = 3_000;

    private static readonly string[] Fields =
    [
        "Date", "Connection", "Content-Type", "Content-Length", "X-Content-Type-Options", "Cache-Control", "ETag", "Content-Security-Policy",
        "Referrer-Policy", "X-Frame-Options", "Allow", "Retry-After", "Upgrade", "Sec-WebSocket-Version",
    ];

    private static readonly string[] Requests =
    [
        HttpReply.Request("GET", "/", "If-None-Match: \"a\", W/\"b\", *"),
        HttpReply.Request("HEAD", "/page.js", "Accept-Encoding: gzip;q=0.5"),
        HttpReply.Request("GET", "http://localhost/info?x", "Cookie: a=b", "X-Odd: \u00e9\t\u0085\"\\<>", "X-Forwarded-For: 1.1.1.1, 2.2.2.2"),
        HttpReply.Request("GET", "/metrics"),
        HttpReply.Request("GET", "/health", "Content-Length: 5"),
        HttpReply.Request("GET", "/nowhere/%0d%0aSet-Cookie:x"),
        HttpReply.Request("POST", "/raw"),
        "GET / HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    ];

    private static readonly WebSocketServer Engine = new(new ServerOptions(), NullLoggerFactory.Instance);

    private static readonly SiteRouter Router =
        new(new SiteOptions(), Engine.Context.Limits, new EchoOptions(), InstanceFacts.Read(_ => null));

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Mutated_requests(int seed) => FuzzSeeds.Run(seed, Rounds, random =>
        Check(Mutations.Apply(Encoding.Latin1.GetBytes(Requests[random.Next(Requests.Length)]), random)));

    [Test]
    public void The_requests_themselves()
    {
        int[] statuses = [.. Requests.Select(request => Check(Encoding.Latin1.GetBytes(request))!.Value)];
        Assert.That(statuses, Is.EqualTo([304, 200, 200, 200, 200, 404, 405, 200, 405]));
    }

    private static int? Check(byte[] bytes)
    {
        if (RequestHead.Read(bytes, 0, out RequestHead head, out _) != ParseStatus.Done)
        {
            return null;
        }

        HttpAnswer answer = Router.Answer(head, new IPEndPoint(IPAddress.Loopback, 1), Engine.Context, DateTimeOffset.UtcNow);
        HttpReply reply = HttpReply.Parse([.. answer.Head.Span, .. answer.Body.Span]);
        bool hasNoBody = head.Method.SequenceEqual("HEAD"u8) || answer.Status == HttpStatus.NotModified;
        Assert.That(reply.Status, Is.EqualTo((int)answer.Status));
        Assert.That(reply.Fields.Keys, Is.SubsetOf(Fields));
        Assert.That(reply.Body, Has.Length.EqualTo(hasNoBody ? 0 : int.Parse(reply.Fields["Content-Length"])));
        if ((int)answer.Status >= 400)
        {
            Assert.That(reply.Text.TrimEnd('\n'), Is.EqualTo(EscapedText.From(reply.Text.TrimEnd('\n').AsSpan())), "not escaped");
        }

        return reply.Status;
    }
}
