using EchoServer.Http;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Tests.Http;

/// <summary>The parameters accepted for each <c>Sec-WebSocket-Extensions</c> (RFC 7692 §5, §7.1).</summary>
internal sealed class DeflateOfferTests
{
    private const string Plain = "permessage-deflate";

    [TestCase("permessage-deflate", Plain)]
    [TestCase("Permessage-Deflate", Plain)]
    [TestCase("permessage-deflate; client_max_window_bits", Plain)]
    [TestCase("permessage-deflate; client_max_window_bits=8", Plain + "; client_max_window_bits=8")]
    [TestCase("permessage-deflate;client_max_window_bits=\"10\"", Plain + "; client_max_window_bits=10", TestName = "{m}(a quoted value of the client)")]
    [TestCase("permessage-deflate; server_no_context_takeover", Plain + "; server_no_context_takeover")]
    [TestCase("permessage-deflate; client_no_context_takeover", Plain + "; client_no_context_takeover")]
    [TestCase("permessage-deflate; server_max_window_bits=8", Plain + "; server_max_window_bits=8")]
    [TestCase("permessage-deflate; server_max_window_bits=9", Plain + "; server_max_window_bits=9")]
    [TestCase("permessage-deflate; server_max_window_bits=15", Plain + "; server_max_window_bits=15")]
    [TestCase("permessage-deflate; server_max_window_bits=\"1\\2\"", Plain + "; server_max_window_bits=12", TestName = "{m}(a quoted value)")]
    [TestCase(
        " permessage-deflate ; client_max_window_bits = 15;client_no_context_takeover ;server_max_window_bits=10;\tserver_no_context_takeover",
        Plain + "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=15", TestName = "{m}(everything, and white space)")]
    [TestCase(",, permessage-deflate ,", Plain)]
    public void An_offer_that_can_be_met_is_answered_with_as_much_as_it_needs(string offer, string answer) =>
        Assert.That(Select(offer), Is.EqualTo(answer));

    [TestCase("permessage-deflate; server_max_window_bits", TestName = "{m}(no value where one is due)")]
    [TestCase("permessage-deflate; server_max_window_bits=7")]
    [TestCase("permessage-deflate; server_max_window_bits=16")]
    [TestCase("permessage-deflate; server_max_window_bits=09")]
    [TestCase("permessage-deflate; server_max_window_bits=100")]
    [TestCase("permessage-deflate; server_max_window_bits=+9")]
    [TestCase("permessage-deflate; server_max_window_bits=\"999999999999999999\"", TestName = "{m}(a long quoted value)")]
    [TestCase("permessage-deflate; client_max_window_bits=7")]
    [TestCase("permessage-deflate; client_max_window_bits=0x9")]
    [TestCase("permessage-deflate; server_no_context_takeover=1")]
    [TestCase("permessage-deflate; client_no_context_takeover=true")]
    [TestCase("permessage-deflate; server_no_context_takeover; server_no_context_takeover", TestName = "{m}(repeated)")]
    [TestCase("permessage-deflate; client_max_window_bits; client_max_window_bits=9", TestName = "{m}(repeated in another form)")]
    [TestCase("permessage-deflate; mystery")]
    [TestCase("permessage-deflate; mystery=\"x\"", TestName = "{m}(unknown with a quoted value)")]
    [Test]
    public void An_offer_that_cannot_be_met_is_passed_over([Values("permessage-bzip2", "x-webkit-deflate-frame", "")] string offer)
    {
        Assert.That(Select(offer), Is.Null);
        Assert.That(Select($"{offer}, permessage-deflate"), Is.EqualTo(Plain));
        Assert.That(Select("other; a=b; c", offer, "permessage-deflate; server_no_context_takeover"), Is.EqualTo($"{Plain}; server_no_context_takeover"));
    }

    [Test]
    public void The_first_offer_that_can_be_met_counts() => Assert.That(
        Select("permessage-deflate; server_max_window_bits=7, permessage-deflate; server_max_window_bits=10", "permessage-deflate"),
        Is.EqualTo($"{Plain}; server_max_window_bits=10"));

    [TestCase("permessage-deflate;")]
    [TestCase("permessage-deflate; ; server_no_context_takeover", TestName = "{m}(an empty parameter)")]
    [TestCase("permessage-deflate server_no_context_takeover", TestName = "{m}(no semicolon)")]
    [TestCase("permessage-deflate; server_max_window_bits=", TestName = "{m}(no value)")]
    [TestCase("permessage-deflate; server_max_window_bits=\"9", TestName = "{m}(an open quotation mark)")]
    [TestCase("permessage-deflate; server_max_window_bits=\"9\\", TestName = "{m}(an open backslash)")]
    [TestCase("permessage-deflate; server_max_window_bits=\"\"", TestName = "{m}(an empty quoted value)")]
    [TestCase("permessage-deflate; mystery=\"a b\"", TestName = "{m}(a quoted value that is not a token)")]
    [TestCase("permessage-deflate; server_max_window_bits=9=9", TestName = "{m}(two values)")]
    [TestCase("=")]
    [TestCase("permessage-deflate, (", TestName = "{m}(nonsense behind a good offer)")]
    public void What_breaks_the_grammar_is_refused_with_what_was_sent(string offer)
    {
        HttpRejection? rejection = Read([offer], out DeflateParameters? _);
        Assert.That(rejection?.Status, Is.EqualTo(HttpStatus.BadRequest));
        Assert.That(rejection!.Reason, Does.Contain($"Sec-WebSocket-Extensions '{EscapedText.Quote(Encoding.ASCII.GetBytes(offer))}' is not a list of extensions"));
    }

    [Test]
    public void The_answer_needs_no_more_room_than_it_says()
    {
        var most = new DeflateParameters(true, true, 15, 15);
        byte[] bytes = Request([]);
        Assert.That(RequestHead.Read(bytes, 0, out RequestHead head, out _), Is.EqualTo(ParseStatus.Done));
        byte[] room = new byte[Handshake.MaxResponseBytes(head)];
        int length = Handshake.WriteResponse(head, room, most.ToString());
        Assert.That(
            Encoding.ASCII.GetString(room, 0, length),
            Does.EndWith("\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15; client_max_window_bits=15\r\n\r\n"));
    }

    private static string? Select(params string[] offers)
    {
        HttpRejection? rejection = Read(offers, out DeflateParameters? agreed);
        Assert.That(rejection, Is.Null);
        return agreed?.ToString();
    }

    private static HttpRejection? Read(string[] offers, out DeflateParameters? agreed)
    {
        Assert.That(RequestHead.Read(Request(offers), 0, out RequestHead head, out _), Is.EqualTo(ParseStatus.Done));
        return DeflateOffer.Select(head.Fields, out agreed);
    }

    private static byte[] Request(string[] offers) => Encoding.ASCII.GetBytes(
        $"GET / HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{string.Concat(offers.Select(offer => $"sec-websocket-extensions: {offer}\r\n"))}\r\n");
}
