using EchoServer.Connect;
using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Http;

internal sealed class ClientHandshakeTests
{
    // RFC 6455 §1.3.
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    private const string AcceptField = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

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
        byte[] response = new byte[Handshake.MaxResponseBytes(head)];
        int length = Handshake.WriteResponse(head, response);
        Assert.That(Check(Encoding.ASCII.GetString(response, 0, length)), Is.Null);
    }

    [TestCase("the answer has no 'Connection: Upgrade'", "Upgrade: WebSocket", AcceptField)]
    [TestCase("the answer has no 'Upgrade: websocket'", "Connection: upgrade", AcceptField)]
    [TestCase("the answer has no 'Sec-WebSocket-Accept'", "Connection: upgrade", "Upgrade: websocket")]
    [TestCase("Sec-WebSocket-Accept 's3pPLMBiTxaQ9kYGzzhZRbK+xOO=' does not belong to the key that was sent", "Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=")]
    [TestCase("the answer agrees on an extension that was not offered: 'permessage-deflate'", "Connection: upgrade", "Upgrade: websocket", AcceptField, "Sec-WebSocket-Extensions: permessage-deflate")]
    [TestCase("the answer agrees on a subprotocol that was not offered: 'chat'", "Connection: upgrade", "Upgrade: websocket", AcceptField, "Sec-WebSocket-Protocol: chat")]
    [TestCase("the answer has Sec-WebSocket-Accept 2 times, and it may be there once", "Connection: upgrade", "Upgrade: websocket", AcceptField, AcceptField)]
    [TestCase("the answer has Sec-WebSocket-Protocol 3 times, and it may be there once", "Connection: upgrade", "Upgrade: websocket", AcceptField, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a", "sec-websocket-protocol: b")]
    [TestCase("the answer has Sec-WebSocket-Extensions 2 times, and it may be there once", "Connection: upgrade", "Upgrade: websocket", AcceptField, "Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Extensions: x")]
    public void Anything_else_is_not(string expected, params string[] fields) =>
        Assert.That(Check(string.Join("\r\n", ["HTTP/1.1 101 x", .. fields, "", ""])), Is.EqualTo(expected));

    [TestCase(null, "Sec-WebSocket-Protocol: chat")]
    [TestCase(null, "Sec-WebSocket-Extensions: permessage-deflate")]
    [TestCase(null, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover")]
    [TestCase("the answer agrees on a subprotocol that was not offered: 'talk'", "Sec-WebSocket-Protocol: talk")]
    [TestCase(null, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12")]
    [TestCase("the answer agrees on an extension that was not offered: 'permessage-deflate; client_max_window_bits'", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")]
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
