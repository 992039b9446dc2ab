using EchoServer.Http;

namespace EchoServer.Tests.Http;

internal sealed class HandshakeResponseTests
{
    [Test]
    public void The_accept_value_is_that_of_RFC_6455_section_1_3()
    {
        byte[] accept = new byte[28];
        Handshake.WriteAccept("dGhlIHNhbXBsZSBub25jZQ=="u8, accept);
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
    [TestCase("", TestName = "{m}(none)")]
    [TestCase("chat", "Sec-WebSocket-Protocol: chat", TestName = "{m}(one)")]
    [TestCase("chat", "Sec-WebSocket-Protocol: chat, superchat", TestName = "{m}(the first of a list)")]
    [TestCase("chat", "Sec-WebSocket-Protocol: \t chat \t,superchat", TestName = "{m}(white space around it)")]
    [TestCase("chat", "sec-websocket-protocol: chat", "Sec-WebSocket-Protocol: superchat", TestName = "{m}(§11.3.4 the first of repeated lines)")]
    [TestCase("Chat", "Sec-WebSocket-Protocol: Chat", TestName = "{m}(case is kept)")]
    [TestCase("chat", "Sec-WebSocket-Protocol:", "Sec-WebSocket-Protocol: , ,chat", TestName = "{m}(RFC 9110 §5.6.1.2 empty elements before it)")]
    [TestCase("", "Sec-WebSocket-Protocol: , ", TestName = "{m}(RFC 9110 §5.6.1.2 empty elements only)")]
    [TestCase("chat", "Sec-WebSocket-Protocol: chat,", TestName = "{m}(nothing behind the comma)")]
    public void The_first_subprotocol_that_is_offered_is_chosen(string chosen, params string[] lines)
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
}
