using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Http;

internal sealed class ResponseHeadTests
{
    private const string Sound = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Empty:\r\nconnection: keep-alive, Upgrade\r\n\r\n";

    [Test]
    public void A_head_is_read_and_what_follows_is_left()
    {
        byte[] input = Encoding.ASCII.GetBytes(Sound + "frames");
        Assert.That(ResponseHead.Read(input, out ResponseHead head, out HeadError? error), Is.EqualTo(ParseStatus.Done), error?.Text);
        Assert.That((head.Status, Encoding.ASCII.GetString(head.Reason), head.Size), Is.EqualTo((101, "Switching Protocols", Sound.Length)));
        Assert.That(head.Fields.Find("UPGRADE"u8, out ReadOnlySpan<byte> upgrade), Is.EqualTo(1));
        Assert.That(Encoding.ASCII.GetString(upgrade), Is.EqualTo("websocket"));
        Assert.That(head.Fields.ListContains("Connection"u8, "upgrade"u8), Is.True);
    }

    [Test]
    public void Every_beginning_of_a_head_needs_more()
    {
        byte[] input = Encoding.ASCII.GetBytes(Sound);
        for (int length = 0; length < input.Length; length++)
        {
            Assert.That(ResponseHead.Read(input.AsSpan(0, length), out _, out _), Is.EqualTo(ParseStatus.NeedMore), $"{length}");
        }
    }

    [TestCase("\r\n", "a: b", false)]
    [TestCase("\r\n", "a: b\r\n", false)]
    [TestCase("\r\n", "\r\n", true)]
    [TestCase("\r\n\r", "\n", true)]
    [TestCase("\n", "\n", true)]
    public void A_long_head_that_trickles_in_is_read_again_only_where_it_may_be_whole(string seen, string fresh, bool isRead)
    {
        string before = $"HTTP/1.1 200 OK\r\na: {new string('x', HeadRules.Response.EagerBytes)}{seen}";
        byte[] input = Encoding.ASCII.GetBytes(before + fresh);
        Assert.That(HeadLine.IsToBeRead(input, before.Length, HeadRules.Response), Is.EqualTo(isRead));
        Assert.That(HeadLine.IsToBeRead(input, before.Length, HeadRules.Request), Is.EqualTo(fresh.Contains('\n')), "each line of a request");
    }

    [TestCase("HTTP/1.1 200 OK\r\n\r\n", 200, "OK")]
    [TestCase("HTTP/1.0 200 OK\r\n\r\n", 200, "OK")]
    [TestCase("HTTP/1.1 200 \r\n\r\n", 200, "", Description = "RFC 9112 §4: the reason phrase may be empty")]
    [TestCase("HTTP/1.1 200\r\n\r\n", 200, "", Description = "without the space, as some servers write it")]
    [TestCase("HTTP/1.1 999 a  b\r\n\r\n", 999, "a  b")]
    public void Status_lines_that_are_taken(string text, int status, string reason)
    {
        Assert.That(ResponseHead.Read(Encoding.ASCII.GetBytes(text), out ResponseHead head, out _), Is.EqualTo(ParseStatus.Done));
        Assert.That((head.Status, Encoding.ASCII.GetString(head.Reason)), Is.EqualTo((status, reason)));
    }

    [TestCase("\u0015\u0003", "it begins with a TLS alert", TestName = "{m}(two bytes of a TLS alert)")]
    [TestCase("\u0015\u0003\u0001\0\u0002\u0002\u0046", "it begins with a TLS alert", TestName = "{m}(a TLS alert)")]
    [TestCase("\0\0\u0006\u0004\0\0\0\0\0\0\u0003\0\0\0\n", "it begins with a frame of HTTP/2", TestName = "{m}(HTTP/2 SETTINGS)")]
    [TestCase("\0\0\0\u0004\0\0\0\0\0", "it begins with a frame of HTTP/2", TestName = "{m}(empty HTTP/2 SETTINGS)")]
    [TestCase("\0\0\u0008\u0007\0\0\0\0\0", "it begins with a frame of HTTP/2", TestName = "{m}(HTTP/2 GOAWAY)")]
    [TestCase("J\0\0\0\n8.0\0", "it begins with 'J\\u{0}\\u{0}\\u{0}\\n8.0\\u{0}'")]
    [TestCase("\n", "it begins with '\\n'")]
    [TestCase("\r\n", "the status line '' is not 'HTTP/1.1 status reason'")]
    [TestCase("SSH-2.0-OpenSSH_9.2\r\n", "the status line 'SSH-2.0-OpenSSH_9.2' is not 'HTTP/1.1 status reason'")]
    [TestCase("HTTP/2.0 101 x\r\n", "the status line 'HTTP/2.0 101 x' is not 'HTTP/1.1 status reason'")]
    [TestCase("HTTP/1.1 10 x\r\n", "the status line 'HTTP/1.1 10 x' is not 'HTTP/1.1 status reason'")]
    [TestCase("HTTP/1.1 099 x\r\n", "the status line 'HTTP/1.1 099 x' is not 'HTTP/1.1 status reason'")]
    [TestCase("HTTP/1.1 1010 x\r\n", "the status line 'HTTP/1.1 1010 x' is not 'HTTP/1.1 status reason'")]
    [TestCase("HTTP/1.1  101 x\r\n", "the status line 'HTTP/1.1  101 x' is not 'HTTP/1.1 status reason'")]
    [TestCase("HTTP/1.1 101 \u001b[2J\n", "a line ends with LF alone instead of CR LF", TestName = "{m}(an escape sequence in the status line)")]
    [TestCase("HTTP/1.1 101 x\r\nno colon\u0007\r\n", "the header line 'no colon\\u{7}' has no colon", TestName = "{m}(a control character in a header line)")]
    [TestCase("HTTP/1.1 101 x\r\nA : b\r\n", "the header name 'A ' is not a token")]
    [TestCase("HTTP/1.1 101 x\r\nA: b\0\r\n", "the value of header 'A' has a control character")]
    [TestCase("HTTP/1.1 101 x\r\nA: b\rc\r\n", "the value of header 'A' has a control character")]
    public void What_is_malformed_is_quoted(string text, string expected)
    {
        Assert.That(ResponseHead.Read(Encoding.ASCII.GetBytes(text), out _, out HeadError? error), Is.EqualTo(ParseStatus.Bad));
        Assert.That(error?.Text, Is.EqualTo(expected));
    }

    [TestCase("HTTP/1.1 404 x\nA: b\n\n", true)]
    [TestCase("HTTP/1.1 404 x\r\nA : b\r\n", true)]
    [TestCase("HTTP/1.1 404 x\r\nA\r\n", true)]
    [TestCase("HTTP/1.1 404 x\r\nA: \0\r\n", true)]
    [TestCase("HTTP/1.1 404 x\r\n A: b\r\n", true)]
    [TestCase("HTTP/1.1 40 x\r\n", true)]
    [TestCase("HTTP/2.0 404 x\r\n", true)]
    [TestCase("220 mail\r\n", false)]
    [TestCase("http\n", false)]
    public void HTTP_with_a_fault_is_told_from_what_is_not_HTTP(string text, bool isHttp)
    {
        Assert.That(ResponseHead.Read(Encoding.ASCII.GetBytes(text), out _, out HeadError? error), Is.EqualTo(ParseStatus.Bad));
        Assert.That(error?.Kind, Is.EqualTo(isHttp ? HeadErrorKind.Faulty : HeadErrorKind.Malformed));
    }

    // RFC 9112 §5.2.
    [TestCase("HTTP/1.1 404 x\r\nA: b\r\n c\r\n\r\n\r\n d", "HTTP/1.1 404 x\r\nA: b   c\r\n\r\n\r\n d")]
    [TestCase("HTTP/1.1 404 x\r\nA: b\r\n\tc\r\n\t d\r\nE: f\r\n\r\n", "HTTP/1.1 404 x\r\nA: b  \tc  \t d\r\nE: f\r\n\r\n")]
    [TestCase("HTTP/1.1 404 x\r\nA:\r\n b\r\n \r\n\r\n", "HTTP/1.1 404 x\r\nA:   b   \r\n\r\n")]
    [TestCase("HTTP/1.1 404 x\r\n\r\n a\r\n b", "HTTP/1.1 404 x\r\n\r\n a\r\n b")]
    public void Folded_lines_are_unfolded_and_what_follows_the_head_stays(string text, string expected)
    {
        byte[] input = Encoding.ASCII.GetBytes(text);
        Assert.That(ResponseHead.Read(input, out ResponseHead head, out HeadError? error), Is.EqualTo(ParseStatus.Done), error?.Text);
        Assert.That(Encoding.ASCII.GetString(input), Is.EqualTo(expected));
        Assert.That(head.Status, Is.EqualTo(404));
    }

    [TestCase("HTTP/1.1 404 x\r\n A: b\r\n c\r\n\r\n", "a header line begins with white space (obsolete line folding)", Description = "§2.2: behind the status line nothing is there to be continued")]
    [TestCase("220 mail\r\n a\r\n b\r\n", "the status line '220 mail' is not 'HTTP/1.1 status reason'")]
    public void What_continues_no_field_is_not_unfolded(string text, string expected)
    {
        Assert.That(ResponseHead.Read(Encoding.ASCII.GetBytes(text), out _, out HeadError? error), Is.EqualTo(ParseStatus.Bad));
        Assert.That(error?.Text, Is.EqualTo(expected));
    }

    [TestCase("", true)]
    [TestCase("H", true)]
    [TestCase("HTTP/1.", true)]
    [TestCase("HTTP/1.1 200 OK\r\n", true)]
    [TestCase("HTTP/2 200", false)]
    [TestCase("http/1.1", false)]
    [TestCase("<", false)]
    public void The_beginning_of_a_response_is_known(string text, bool isOne) =>
        Assert.That(ResponseHead.IsBeginning(Encoding.ASCII.GetBytes(text)), Is.EqualTo(isOne));

    [Test]
    public void A_head_without_end_is_too_large()
    {
        byte[] input = Encoding.ASCII.GetBytes("HTTP/1.1 101 x\r\nA: " + new string('b', 70_000));
        Assert.That(ResponseHead.Read(input, out _, out HeadError? error), Is.EqualTo(ParseStatus.Bad));
        Assert.That(error, Is.EqualTo(new HeadError(HeadErrorKind.TooLarge, "the head is larger than 65536 bytes")));
    }

    [TestCase("", "HTTP/1.1 200 OK\r\n\r\n")]
    [TestCase("", "HTTP/1.1 101 x\r\n\r\nHTTP/1.1 103 x\r\n\r\n", Description = "a 101 is final, and the rest is not HTTP")]
    [TestCase("HTTP/1.1 100 Continue\r\n\r\n", "")]
    [TestCase("HTTP/1.1 103 x\r\nLink: a\r\n\r\n", "HTTP/1.1 101 x\r\n\r\n")]
    [TestCase("HTTP/1.1 103 x\r\nLink: a\r\n\r\nHTTP/1.1 199 x\r\n\r\n", "HTTP/1.1 10")]
    [TestCase("HTTP/1.1 102 x\r\n\r\n", "HTTP/1.1 103 x\r\nLink: a\r\n")]
    [TestCase("HTTP/1.1 102 x\r\n\r\n", "SSH-2.0-OpenSSH\r\n")]
    public void Whole_interim_answers_are_passed_over(string interim, string rest)
    {
        byte[] input = Encoding.ASCII.GetBytes(interim + rest);
        ResponseHead.ReadFinal(input, out int size, out _, out _);
        Assert.That(size, Is.EqualTo(interim.Length));
    }

    [Test]
    public void Many_fields_and_control_characters_are_taken()
    {
        byte[] input = Encoding.ASCII.GetBytes("HTTP/1.1 101 x\r\nA: \u001b[2J\u007f\r\n" + string.Concat(Enumerable.Repeat("A: b\r\n", 200)) + "\r\n");
        Assert.That(ResponseHead.Read(input, out ResponseHead head, out _), Is.EqualTo(ParseStatus.Done));
        Assert.That(head.Size, Is.EqualTo(input.Length));
    }

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Damaged_heads_are_read_or_refused_and_never_throw(int seed) => FuzzSeeds.Run(seed, 20_000, random =>
    {
        byte[] input = Mutations.Apply(Encoding.ASCII.GetBytes(Sound), random);
        ParseStatus status = ResponseHead.Read(input, out ResponseHead head, out HeadError? error);
        Assert.That(error is not null, Is.EqualTo(status == ParseStatus.Bad));
        if (status == ParseStatus.Done)
        {
            Assert.That(head.Size, Is.InRange(1, input.Length));
            Assert.That(head.Status, Is.InRange(100, 999));
        }
    });
}
