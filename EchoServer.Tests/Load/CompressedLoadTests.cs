using EchoServer.Load;
using EchoServer.Load.Report;

namespace EchoServer.Tests.Load;

/// <summary><c>load --compression</c>: messages, echoes and the report (RFC 7692).</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class CompressedLoadTests
{
    private const int Enough = 20;

    [TestCase(1, 1)]
    [TestCase(64, 16)]
    [TestCase(4096, 4)]
    [TestCase(300_000, 2)]
    public async Task Each_echo_is_right_and_compressed_both_ways(int size, int inFlight)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--compression", "on", "--log-messages", "false"]);
        foreach (string[] kind in (string[][])[["--text"], ["--binary", "--reconnect"]])
        {
            ProgramResult result = await RunAsync(
                server.Url(), ["--connections", "4", "--duration", "0.5", "--size", $"{size}", "--in-flight", $"{inFlight}", .. kind]);
            Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
            Assert.That(result.Output, Does.Contain("\ncompression  agreed on by 4 of 4; messages that would not get smaller go as they are\n").And.Contain("\nerrors       none\n"));
        }

        // Messages of 64 bytes hardly ever get smaller.
        string metrics = HttpReply.Get(server.Port, "/metrics").Text;
        foreach (string direction in (string[])["received", "sent"])
        {
            string count = size < 64 ? "0\n" : size > 64 ? "[1-9]" : "";
            Assert.That(metrics, Does.Match($"\necho_server_compressed_messages_total.*\"{direction}\"}} {count}"));
        }
    }

    [TestCase("permessage-deflate", false)]
    [TestCase("permessage-deflate; client_no_context_takeover", true)]
    public async Task It_compresses_as_the_server_has_it(string answer, bool isAlone)
    {
        var decoder = new DeflateDecoder();
        var flags = new List<int>();
        byte[] line = Deflated.Json(3000);
        using ScriptedServer server = ScriptedServer.Echoing(
            (connection, _, frame) =>
            {
                byte[] plain = frame.Payload;
                if (connection > 0)
                {
                    flags.Add(frame.Rsv);
                    plain = decoder.Read(frame.Payload);
                }

                return frame.Opcode == WireFrame.PingOpcode ? [WireFrame.Pong(frame.Payload)] : [WireFrame.Text(plain)];
            },
            Agreeing(answer));
        LoadOptions options = LoadAgainst.Options(server) with { Lines = [line], MessageBytes = line.Length, ExpectsEcho = false };
        options = options with { Connection = options.Connection with { OffersCompression = true } };
        (LoadClient client, LoadResult result) = await LoadAgainst.RunAsync(options, client => client.Messages > Enough);
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
        Assert.That(result.Bytes, Is.EqualTo(result.Messages * line.Length), "what the server decompressed");
        Assert.That(flags, Is.All.EqualTo(4));
        Assert.That(decoder.FarthestBeforeMessage, isAlone ? Is.Zero : Is.Positive);
    }

    [Test]
    public async Task A_server_that_does_not_agree_is_fine_and_is_reported()
    {
        ProgramResult text = await RunAsync(SharedServers.Large.Url(), "--connections", "2", "--duration", "0.2");
        Assert.That((text.ExitCode, text.Error), Is.EqualTo((0, "")));
        Assert.That(text.Output, Does.Contain("\ncompression  agreed on by 0 of 2; "));
        ProgramResult json = await RunAsync(SharedServers.Large.Url(), "--connections", "2", "--duration", "0.2", "--json");
        Assert.That(json.Output, Does.Contain("\"compressedConnections\":0,"));
    }

    [Test]
    public async Task An_answer_to_another_offer_is_refused()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, _, message) => [message], Agreeing("permessage-deflate; other"));
        ProgramResult result = await RunAsync(server.Url);
        result.AssertFailed(1, Does.Contain("the answer agrees on an extension that was not offered: 'permessage-deflate; other'"));
    }

    private static Func<string, int, string> Agreeing(string extension) =>
        (request, _) => ScriptedServer.Accept(request, $"Sec-WebSocket-Extensions: {extension}");

    private static Task<ProgramResult> RunAsync(Uri url, params string[] arguments) =>
        Programs.RunAsync(Programs.EchoServer(["load", url.AbsoluteUri, "--compression", .. arguments]));
}
