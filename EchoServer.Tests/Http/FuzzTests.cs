using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Http;

/// <summary>Whatever arrives, a head is read, waited for or refused for a documented reason, and the chunking does not matter.</summary>
internal sealed class FuzzTests
{
    private const int Rounds = 4_000;

    // Parts that mean something to the parser; random bytes alone would hardly ever make a line.
    private static readonly string[] Words =
    [
        "GET", "POST", " ", " ", "/", "*", "http://a", "://", "?", "HTTP/1.1", "HTTP/1.0", "\r\n", "\r\n", "\r\n\r\n", "\r", "\n", ":", ": ",
        "\t", ",", "Host: a", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", $"Sec-WebSocket-Key: {RawPeer.Key}",
        "Sec-WebSocket-Protocol: a", "\0", "\u0016", "\u007f", "\u00e9",
    ];

    private static readonly string[] Heads =
    [
        RawPeer.UpgradeRequest(),
        RawPeer.UpgradeRequest("http://a/b?c", "Sec-WebSocket-Protocol: a, b", "Origin: http://localhost", "Connection: keep-alive"),
        "\r\n" + RawPeer.UpgradeRequest("/a?b"),
        "GET / HTTP/1.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        RawPeer.UpgradeRequest("/", [.. Enumerable.Repeat("A: b", RequestHead.MaxFields - 5)]),
        RawPeer.UpgradeRequest("/" + new string('a', RequestHead.MaxBytes - RawPeer.UpgradeRequest("/").Length)),
    ];

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Arbitrary_bytes(int seed) => FuzzSeeds.Run(seed, Rounds, random =>
    {
        byte[] bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        Check(bytes, random);
    });

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Words_of_the_protocol(int seed) => FuzzSeeds.Run(seed, Rounds, random =>
    {
        string start = random.Next(4) == 0 ? "" : "GET / HTTP/1.1\r\n";
        Check(Encoding.Latin1.GetBytes(start + string.Concat(random.GetItems(Words, random.Next(40)))), random);
    });

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Mutated_heads(int seed) => FuzzSeeds.Run(seed, Rounds, random =>
        Check(Mutations.Apply(Encoding.Latin1.GetBytes(Heads[random.Next(Heads.Length)]), random), random));

    private static void Check(byte[] bytes, Random random)
    {
        HeadOutcome whole = HeadOutcome.OfPrefix(bytes);
        switch (whole.Status)
        {
            case ParseStatus.NeedMore:
                Assert.That(bytes, Has.Length.LessThan(RequestHead.MaxBytes));
                break;
            case ParseStatus.Bad:
                AssertDocumented(whole.Rejection!, HttpStatus.BadRequest, HttpStatus.RequestHeaderFieldsTooLarge);
                break;
            case ParseStatus.Done:
                Assert.That(whole.Size, Is.InRange(1, Math.Min(bytes.Length, RequestHead.MaxBytes)));
                Assert.That(bytes.AsSpan(0, whole.Size).EndsWith("\r\n\r\n"u8), Is.True);
                CheckHandshake(bytes);
                break;
            default:
                Assert.Fail($"{whole.Status}");
                break;
        }

        int[] pieces = Splits.Random(bytes.Length, random);
        Assert.That(HeadOutcome.Of(bytes, pieces), Is.EqualTo(whole), () => $"{Convert.ToHexString(bytes)} in {string.Join(' ', pieces)}");
    }

    private static void CheckHandshake(byte[] bytes)
    {
        RequestHead.Read(bytes, 0, out RequestHead head, out _);
        if (Handshake.Check(head) is HttpRejection rejection)
        {
            AssertDocumented(
                rejection,
                HttpStatus.BadRequest, HttpStatus.MethodNotAllowed, HttpStatus.UpgradeRequired, HttpStatus.HttpVersionNotSupported);
        }
        else
        {
            byte[] response = new byte[Handshake.MaxResponseBytes(head)];
            Assert.That(response.AsSpan(0, Handshake.WriteResponse(head, response)).EndsWith("\r\n\r\n"u8), Is.True);
        }
    }

    private static void AssertDocumented(HttpRejection rejection, params HttpStatus[] statuses)
    {
        Assert.That(rejection.Status, Is.AnyOf(statuses));

        // One line for a log: nothing that was sent gets through unescaped.
        Assert.That(rejection.Reason, Is.EqualTo(EscapedText.From(rejection.Reason.AsSpan())).And.Not.Empty);
    }
}
