namespace EchoServer.Tests.Client;

/// <summary><c>client --compression</c>: the offer, the frames and the output (RFC 7692).</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class CompressionTests
{
    private const string Refused = "not compressed: the server, or a proxy on the way, does not agree on permessage-deflate\n";

    [Test]
    public async Task Messages_go_and_come_compressed_and_are_counted()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--compression", "on"]);
        string text = new('x', 2000);
        ProgramResult result = await RunAsync(server.Url("/raw"), text, "--json");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        JsonElement[] events = [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.That(events[0].GetProperty("compression").GetString(), Does.StartWith("permessage-deflate"));
        Assert.That(events[^1].GetProperty("event").GetString(), Is.EqualTo("close"));
        foreach (string direction in (string[])["compressedSent", "compressedReceived"])
        {
            JsonElement counts = events[^1].GetProperty(direction);
            Assert.That(counts.GetProperty("messages").GetInt64(), Is.EqualTo(1));
            Assert.That(counts.GetProperty("bytes").GetInt64(), Is.EqualTo(2000));
            Assert.That(counts.GetProperty("compressedBytes").GetInt64(), Is.InRange(5, 100));
        }

        ProgramResult transcript = await RunAsync(server.Url("/raw"), text);
        Assert.That(transcript.Output, Is.EqualTo($"Sent Message: {text}\nReceived Message: {text}\nDisconnected from Server\n"));
        Assert.That(transcript.Error, Does.Match(
            @"^compressed: 1 message \(2000 bytes as \d\d\) sent, 1 message \(2000 bytes as \d\d\) received; messages that would not get smaller go as they are\n$"));

        ProgramResult small = await RunAsync(server.Url("/raw"), "x");
        Assert.That(small.Error, Is.EqualTo("compressed: 0 messages sent, 0 messages received; messages that would not get smaller go as they are\n"));
    }

    [TestCase("permessage-deflate", false, 2048, 32768)]
    [TestCase("permessage-deflate; client_max_window_bits=15", false, 2048, 32768)]
    [TestCase("permessage-deflate; client_max_window_bits=9", false, 1, 512)]
    [TestCase("permessage-deflate; client_no_context_takeover; server_no_context_takeover", true, 1, 32768)]
    public async Task It_compresses_as_the_server_has_it(string answer, bool isAlone, int least, int most)
    {
        string text = Encoding.ASCII.GetString(Deflated.Json(3000));
        var received = new ConcurrentQueue<WireFrame>();
        using ScriptedServer server = ScriptedServer.Echoing(
            (_, _, frame) =>
            {
                received.Enqueue(frame);
                return [WireFrame.Text(text)];
            },
            (request, _) => ScriptedServer.Accept(request, $"Sec-WebSocket-Extensions: {answer}"));
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["client", server.Url.AbsoluteUri, text, text, "--compression", "-q"]));
        Assert.That(result, Is.EqualTo(new ProgramResult(0, $"{text}\n{text}\n", "")));
        Assert.That(server.RequestLines("Sec-WebSocket-Extensions: "), Is.All.EqualTo("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"));

        // Of the second message all is in the first, where that may be referred to.
        Assert.That(received.Select(frame => frame.Rsv), Is.EqualTo((int[])[4, 4]));
        var decoder = new DeflateDecoder();
        Assert.That(received.Select(frame => Encoding.ASCII.GetString(decoder.Read(frame.Payload))), Is.All.EqualTo(text));
        Assert.That(decoder.FarthestBeforeMessage, isAlone ? Is.Zero : Is.InRange(least, most));
        Assert.That(decoder.FarthestDistance, Is.LessThanOrEqualTo(most));
    }

    [Test]
    public async Task What_is_not_agreed_on_is_said()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url("/raw"), new string('x', 2000));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, Refused)));
        ProgramResult json = await RunAsync(SharedServers.Default.Url("/raw"), "x", "--json");
        Assert.That(json.Output, Does.Contain("\"compression\":null").And.Not.Contain("compressedSent"));
    }

    [TestCase("permessage-deflate; other")]
    [TestCase("permessage-deflate; client_max_window_bits=16")]
    [TestCase("permessage-deflate; client_max_window_bits")]
    [TestCase("permessage-deflate, permessage-deflate")]
    [TestCase("x-other")]
    public async Task An_answer_to_another_offer_is_refused(string answer)
    {
        using ScriptedServer server = ScriptedServer.Echoing((request, _) => ScriptedServer.Accept(request, $"Sec-WebSocket-Extensions: {answer}"));
        ProgramResult result = await RunAsync(server.Url, "x");
        result.AssertFailed(1, Does.Contain($"the answer agrees on an extension that was not offered: '{answer}'"));
    }

    private static Task<ProgramResult> RunAsync(Uri url, string text, params string[] options) =>
        Programs.RunAsync(Programs.EchoServer(["client", url.AbsoluteUri, text, "--compression", .. options]));
}
