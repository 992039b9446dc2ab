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

    private static IEnumerable<TestCaseData> NoEchoes()
    {
        yield return Case("a Close", _ => [WireFrame.Close(1011, "no zlib")], "Close 1011 InternalError 'no zlib'", "the server closed with 1011");
        yield return Case(
            "what cannot be decompressed", message => [message with { Payload = [0xFF, 0xFF, 0xFF], Rsv = Compressed }],
            "a broken frame: a compressed message is not deflate data", "broke the WebSocket protocol");
        yield return Case(
            "another message without end", _ => [WireFrame.Text(new string('x', 70_000), fin: false)],
            "no echo of what was sent", "without compression the echo comes");

        static TestCaseData Case(string name, Func<WireFrame, IEnumerable<WireFrame>> echo, string text, string cause) =>
            new TestCaseData(echo, text, cause).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(NoEchoes))]
    public async Task Anything_but_the_echo_is_named(Func<WireFrame, IEnumerable<WireFrame>> echo, string text, string cause)
    {
        using ScriptedServer server = Agreeing(echo);
        Checks checks = await Checks.RunEchoAsync(server.Url.AbsoluteUri);
        checks.Expect("compression", Outcome.Fail, text, cause);
    }

    private static ScriptedServer Agreeing(Func<WireFrame, IEnumerable<WireFrame>> echo)
    {
        var compressing = new ConcurrentDictionary<int, bool>();
        return ScriptedServer.Echoing(
            (connection, _, message) => compressing.ContainsKey(connection) ? echo(message) : EchoScripts.Good(message),
            (request, connection) => request.Contains("permessage-deflate", StringComparison.Ordinal) && compressing.TryAdd(connection, true)
                ? ScriptedServer.Accept(request, "Sec-WebSocket-Extensions: permessage-deflate")
                : ScriptedServer.Accept(request));
    }

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
