using System.Net.WebSockets;

namespace EchoServer.Tests.Peers;

/// <summary>
/// Other people's permessage-deflate against ours: what groups 12 and 13 of the Autobahn test suite cover, sizes from 16 bytes to
/// 128 KiB, in fragments as well, with every combination of parameters and windows of 9 and 15 bits.
/// </summary>
internal sealed class CompressionTests
{
    // Autobahn 12.x.1 to 12.x.18.
    private static readonly int[] Sizes = [16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

    private const int RoundsOfEach = 5;

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() =>
        _server = await ServerProcess.StartAsync(["--compression", "on", "--log-messages", "false", "--max-message-bytes", "2000000"]);

    [OneTimeTearDown]
    public ValueTask StopAsync() => _server.DisposeAsync();

    private static IEnumerable<TestCaseData> Combinations() =>
        from serverKeeps in (bool[])[true, false]
        from clientKeeps in (bool[])[true, false]
        from serverBits in (int[])[9, 15]
        from clientBits in (int[])[9, 15]
        select new TestCaseData(new WebSocketDeflateOptions
        {
            ServerContextTakeover = serverKeeps,
            ClientContextTakeover = clientKeeps,
            ServerMaxWindowBits = serverBits,
            ClientMaxWindowBits = clientBits,
        }).SetName($"{{m}}(server {Words(serverKeeps)} {serverBits} bits, client {Words(clientKeeps)} {clientBits} bits)");

    [TestCaseSource(nameof(Combinations))]
    public async Task NETs_client_gets_back_what_it_sends(WebSocketDeflateOptions options)
    {
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        using var client = new ClientWebSocket();
        client.Options.DangerousDeflateOptions = options;
        client.Options.CollectHttpResponseDetails = true;
        await client.ConnectAsync(_server.Url("/raw"), patience.Token);
        Assert.That(client.HttpResponseHeaders!["Sec-WebSocket-Extensions"].Single(), Does.StartWith("permessage-deflate"));

        foreach (int size in Sizes)
        {
            for (int round = 0; round < RoundsOfEach; round++)
            {
                byte[] json = Deflated.Json(size, seed: round / 2);
                await client.EchoAsync(WebSocketMessageType.Text, json, patience.Token);
                await client.EchoAsync(WebSocketMessageType.Text, json, patience.Token, Math.Max(size / 7, 10));
            }

            byte[] noise = new byte[size];
            new Random(size).NextBytes(noise);
            await client.EchoAsync(WebSocketMessageType.Binary, noise, patience.Token);
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
    }

    [TestCase("{}", "permessage-deflate", "{}")]
    [TestCase("""{"serverNoContextTakeover":true}""", "permessage-deflate", """{"server_no_context_takeover":true}""")]
    [TestCase("""{"clientNoContextTakeover":true}""", "permessage-deflate", """{"client_no_context_takeover":true}""")]
    [TestCase("""{"serverMaxWindowBits":9,"clientMaxWindowBits":9}""", "permessage-deflate", """{"server_max_window_bits":9,"client_max_window_bits":9}""")]
    [TestCase("""{"serverMaxWindowBits":8}""", "permessage-deflate", """{"server_max_window_bits":8}""")]
    [TestCase(
        """{"serverNoContextTakeover":true,"clientNoContextTakeover":true,"serverMaxWindowBits":15,"clientMaxWindowBits":15}""",
        "permessage-deflate",
        """{"server_no_context_takeover":true,"client_no_context_takeover":true,"server_max_window_bits":15,"client_max_window_bits":15}""")]
    [WholeMachine]
    public async Task Nodes_ws_gets_back_what_it_sends(string options, string extensions, string parameters)
    {
        Requires.NodePeers();
        ProgramResult result = await Programs.RunAsync(
            Programs.Start("node", ["deflate-client.js", _server.Url("/raw").AbsoluteUri, options], Requires.PeersFolder));
        Assert.That(result.Error, Is.Empty);
        Assert.That(result.Output.Split('\n'), Is.EqualTo(
            [$"agreed {extensions}", parameters, "84 of 84 came back, closed 1000 ", "compressed", ""]));
    }

    private static string Words(bool keeps) => keeps ? "with context" : "without context";
}
