using System.IO.Compression;
using EchoServer.Check;

namespace EchoServer.Tests.Check;

/// <summary>Servers that agree on permessage-deflate, and what they make of it.</summary>
internal sealed class CompressionProbeTests
{
    // RFC 7692 §6: RSV1.
    private const int Compressed = 0x4;

    [Test]
    public async Task A_compressed_echo_in_fragments_with_a_ping_between_them_is_one()
    {
        byte[] bytes = [];
        using ScriptedServer server = Agreeing(message =>
        {
            bytes = Deflate(message.Payload);
            return
            [
                message with { Payload = bytes[..5], Fin = false, Rsv = Compressed }, WireFrame.Ping([1]), WireFrame.More(bytes[5..9]),
                WireFrame.More(bytes[9..], fin: true),
            ];
        });
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("compression", Outcome.Pass, "permessage-deflate; the echo came compressed");
        Assert.That(bytes, Has.Length.GreaterThan(10));
    }

    [Test]
    public async Task A_Close_instead_of_an_echo_is_named()
    {
        using ScriptedServer server = Agreeing(_ => [WireFrame.Close(1011, "no zlib")]);
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("compression", Outcome.Fail, "Close 1011 InternalError 'no zlib'", "the server closed with 1011");
    }

    [Test]
    public async Task What_cannot_be_decompressed_breaks_the_protocol()
    {
        using ScriptedServer server = Agreeing(message => [message with { Payload = [0xFF, 0xFF, 0xFF], Rsv = Compressed }]);
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("compression", Outcome.Fail, "a broken frame: a compressed message is not deflate data", "broke the WebSocket protocol");
    }

    [Test]
    public async Task Other_messages_without_end_are_no_echo()
    {
        using ScriptedServer server = Agreeing(_ => Enumerable.Repeat(WireFrame.Text(new string('x', 70_000), fin: false), 1));
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("compression", Outcome.Fail, "no echo of what was sent", "without compression the echo comes");
    }

    private static ScriptedServer Agreeing(Func<WireFrame, IEnumerable<WireFrame>> echo) => new((peer, connection) =>
    {
        string request = peer.ReadHead();
        if (!request.Contains("Upgrade: websocket", StringComparison.Ordinal))
        {
            peer.Send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return;
        }

        bool isOffered = request.Contains("permessage-deflate", StringComparison.Ordinal);
        string accept = ScriptedServer.Accept(request);
        peer.Send(isOffered ? accept.Replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n") : accept);
        ScriptedServer.EchoAll(peer, connection, (_, _, message) => isOffered ? echo(message) : EchoScripts.Good(message));
    });

    /// <summary>RFC 7692 §7.2.3.4: a block with BFINAL set, and the first byte of an empty one.</summary>
    private static byte[] Deflate(byte[] plain)
    {
        using var output = new MemoryStream();
        using (var deflater = new DeflateStream(output, CompressionLevel.Fastest))
        {
            deflater.Write(plain);
        }

        return [.. output.ToArray(), 0];
    }
}
