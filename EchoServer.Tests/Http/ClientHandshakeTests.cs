using System.Text;
using EchoServer.Connect;
using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Http;

internal sealed class ClientHandshakeTests
{
    // RFC 6455 §1.3.
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    private const string AcceptField = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    [Test]
    public void The_key_is_the_nonce_in_base64() =>
        Assert.That(ClientHandshake.Key("the sample nonce"u8), Is.EqualTo(Key));

    [TestCase("ws://example.org", "/", "example.org")]
    [TestCase("ws://example.org:80/raw?a=b%20c", "/raw?a=b%20c", "example.org")]
    [TestCase("ws://example.org:8080/raw", "/raw", "example.org:8080")]
    [TestCase("wss://example.org:443/", "/", "example.org")]
    [TestCase("ws://[::1]:8080/ü", "/%C3%BC", "[::1]:8080")]
    public void The_request_is_one_that_the_server_takes(string url, string target, string host)
    {
        byte[] request = Request(new Uri(url));
        Assert.That(RequestHead.Read(request, 0, out RequestHead head, out HttpRejection? rejection), Is.EqualTo(ParseStatus.Done), rejection?.Reason);
        Assert.That(Handshake.Check(head), Is.Null);
        Assert.That(head.Size, Is.EqualTo(request.Length));
        head.Find("Host"u8, out ReadOnlySpan<byte> sentHost);
        Assert.That((Encoding.ASCII.GetString(head.Target), Encoding.ASCII.GetString(sentHost)), Is.EqualTo((target, host)));
    }

    [Test]
    public void The_servers_answer_is_accepted()
    {
        byte[] request = Request(new Uri("ws://localhost/"));
        RequestHead.Read(request, 0, out RequestHead head, out _);
        byte[] response = new byte[Handshake.MaxResponseBytes];
        int length = Handshake.WriteResponse(head, response);
        Assert.That(Check(Encoding.ASCII.GetString(response, 0, length)), Is.Null);
    }

    [TestCase("101 x", "the answer has no 'Connection: Upgrade'", "Upgrade: WebSocket", AcceptField)]
    [TestCase("101 x", "the answer has no 'Upgrade: websocket'", "Connection: upgrade", AcceptField)]
    [TestCase("101 x", "the answer has no 'Sec-WebSocket-Accept'", "Connection: upgrade", "Upgrade: websocket")]
    [TestCase("101 x", "Sec-WebSocket-Accept 's3pPLMBiTxaQ9kYGzzhZRbK+xOO=' does not belong to the key that was sent", "Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=")]
    [TestCase("101 x", "the answer agrees on an extension that was not offered: 'permessage-deflate'", "Connection: upgrade", "Upgrade: websocket", AcceptField, "Sec-WebSocket-Extensions: permessage-deflate")]
    [TestCase("101 x", "the answer agrees on a subprotocol that was not offered: 'chat'", "Connection: upgrade", "Upgrade: websocket", AcceptField, "Sec-WebSocket-Protocol: chat")]
    [TestCase("101 x", "the answer has Sec-WebSocket-Accept 2 times, and it may be there once", "Connection: upgrade", "Upgrade: websocket", AcceptField, AcceptField)]
    [TestCase("101 x", "the answer has Sec-WebSocket-Protocol 3 times, and it may be there once", "Connection: upgrade", "Upgrade: websocket", AcceptField, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a", "sec-websocket-protocol: b")]
    [TestCase("101 x", "the answer has Sec-WebSocket-Extensions 2 times, and it may be there once", "Connection: upgrade", "Upgrade: websocket", AcceptField, "Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Extensions: x")]
    [TestCase("503 Service Unavailable", "the handshake was answered with 503 Service Unavailable")]
    [TestCase("302", "the handshake was answered with 302")]
    public void Anything_else_is_not(string status, string expected, params string[] fields) =>
        Assert.That(Check(string.Join("\r\n", [$"HTTP/1.1 {status}", .. fields, "", ""])), Is.EqualTo(expected));

    [TestCase(null, "Sec-WebSocket-Protocol: chat")]
    [TestCase(null, "Sec-WebSocket-Extensions: permessage-deflate")]
    [TestCase(null, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover")]
    [TestCase("the answer agrees on a subprotocol that was not offered: 'talk'", "Sec-WebSocket-Protocol: talk")]
    [TestCase("the answer agrees on an extension that was not offered: 'permessage-deflate, x'", "Sec-WebSocket-Extensions: permessage-deflate, x")]
    public void An_answer_agrees_on_offers_alone(string? expected, string field) => Assert.That(
        Check(string.Join("\r\n", ["HTTP/1.1 101 x", "Connection: upgrade", "Upgrade: websocket", AcceptField, field, "", ""]), ["superchat", "chat"], offersDeflate: true),
        Is.EqualTo(expected));

    private static byte[] Request(Uri url) => HttpExchange.Upgrade(new ConnectionOptions { Url = url }, Key, [], extensions: null);

    private static string? Check(string response, IReadOnlyList<string>? subprotocols = null, bool offersDeflate = false)
    {
        Assert.That(ResponseHead.Read(Encoding.ASCII.GetBytes(response), out ResponseHead head, out HeadError? flaw), Is.EqualTo(ParseStatus.Done), flaw?.Text);
        return ClientHandshake.Check(head, Key, subprotocols, offersDeflate);
    }
}
