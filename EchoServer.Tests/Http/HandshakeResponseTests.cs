using System.Text;
using EchoServer.Http;
using EchoServer.Tests.Support.Peers;

namespace EchoServer.Tests.Http;

internal sealed class HandshakeResponseTests
{
    private static IEnumerable<TestCaseData> Offers()
    {
        yield return Offered("", "none");
        yield return Offered("chat", "one", "Sec-WebSocket-Protocol: chat");
        yield return Offered("chat", "the first of a list", "Sec-WebSocket-Protocol: chat, superchat");
        yield return Offered("chat", "white space around it", "Sec-WebSocket-Protocol: \t chat \t,superchat");
        yield return Offered("chat", "§11.3.4 the first of repeated lines", "sec-websocket-protocol: chat", "Sec-WebSocket-Protocol: superchat");
        yield return Offered("Chat", "case is kept", "Sec-WebSocket-Protocol: Chat");
        yield return Offered("chat", "RFC 9110 §5.6.1.2 empty elements before it", "Sec-WebSocket-Protocol:", "Sec-WebSocket-Protocol: , ,chat");
        yield return Offered("", "RFC 9110 §5.6.1.2 empty elements only", "Sec-WebSocket-Protocol: , ");
        yield return Offered("chat", "nothing behind the comma", "Sec-WebSocket-Protocol: chat,");
    }

    [Test]
    public void The_accept_value_is_that_of_RFC_6455_section_1_3()
    {
        byte[] accept = new byte[28];
        int written = Handshake.WriteAccept("dGhlIHNhbXBsZSBub25jZQ=="u8, accept);
        Assert.That(written, Is.EqualTo(28));
        Assert.That(Encoding.ASCII.GetString(accept), Is.EqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    }

    [Test]
    public void The_response_without_subprotocol() => Assert.That(Response(RawPeer.UpgradeRequest()), Is.EqualTo(
        "HTTP/1.1 101 Switching Protocols\r\n" +
        "Upgrade: websocket\r\n" +
        "Connection: Upgrade\r\n" +
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
        "\r\n"));

    [Test]
    public void The_response_with_a_subprotocol() => Assert.That(
        Response(RawPeer.UpgradeRequest("/", "Sec-WebSocket-Protocol: chat, superchat")),
        Is.EqualTo(
            "HTTP/1.1 101 Switching Protocols\r\n" +
            "Upgrade: websocket\r\n" +
            "Connection: Upgrade\r\n" +
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
            "Sec-WebSocket-Protocol: chat\r\n" +
            "\r\n"));

    [Test]
    public void The_key_is_used_without_the_white_space_around_it()
    {
        string request = RawPeer.UpgradeRequest().Replace($"Key: {RawPeer.Key}", $"Key:\t {RawPeer.Key}\t", StringComparison.Ordinal);
        Assert.That(Response(request), Is.EqualTo(Response(RawPeer.UpgradeRequest())).And.Not.EqualTo(request));
    }

    [Test]
    public void The_longest_subprotocol_fits_the_stated_bound()
    {
        string longest = new('p', RequestHead.MaxBytes - RawPeer.UpgradeRequest("/", "Sec-WebSocket-Protocol: ").Length);
        string request = RawPeer.UpgradeRequest("/", $"Sec-WebSocket-Protocol: {longest}");
        Assert.That(request, Has.Length.EqualTo(RequestHead.MaxBytes));
        Assert.That(Response(request), Does.EndWith($"\r\nSec-WebSocket-Protocol: {longest}\r\n\r\n"));
    }

    // RFC 6455 §4.2.2: the value "MUST be" one of those offered; browsers fail a connection that chooses none of them.
    [TestCaseSource(nameof(Offers))]
    public void The_first_subprotocol_that_is_offered_is_chosen(string chosen, string[] lines)
    {
        RequestHead head = HeadOutcome.Sound(RawPeer.UpgradeRequest("/", lines));
        Assert.That(Handshake.Check(head), Is.Null);
        Assert.That(Encoding.ASCII.GetString(Handshake.SelectSubProtocol(head)), Is.EqualTo(chosen));
    }

    private static string Response(string request)
    {
        RequestHead head = HeadOutcome.Sound(request);
        Assert.That(Handshake.Check(head), Is.Null);
        byte[] response = new byte[Handshake.MaxResponseBytes(head)];
        return Encoding.ASCII.GetString(response, 0, Handshake.WriteResponse(head, response));
    }

    private static TestCaseData Offered(string chosen, string name, params string[] lines) =>
        new TestCaseData(chosen, lines).SetName($"{{m}}({name})");
}
