using EchoServer.Connect;
using EchoServer.Echo;
using EchoServer.Load;
using EchoServer.Load.Report;

namespace EchoServer.Tests.Load;

/// <summary>The first connection, which learns the dialect of a server before the load begins.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class CalibrationTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(50);

    [TestCase("/raw", true, 0, "")]
    [TestCase("/raw", false, 0, "")]
    [TestCase("/", true, 1, EchoOptions.DefaultPrefix)]
    [TestCase("/", false, 1, "")]
    public async Task Our_own_server_is_understood(string path, bool isText, int greetings, string prefix)
    {
        LoadContext load = await RunWithoutErrorAsync(
            LoadAgainst.Options(SharedServers.Large.Url(path)) with { Connections = 3, InFlight = 5, MessageBytes = 100, IsText = isText });
        Assert.That((load.Dialect.Greetings.Count, Encoding.UTF8.GetString(load.Dialect.Prefix)), Is.EqualTo((greetings, prefix)));
    }

    [Test]
    public async Task Any_size_is_echoed([Values(1, 2, 7, 16, 17, 19, 125, 126, 65536, 1024 * 1024 + 3)] int size)
    {
        foreach (bool isText in (bool[])[true, false])
        {
            await RunWithoutErrorAsync(
                LoadAgainst.Options(SharedServers.Large.Url()) with { Connections = 2, InFlight = 3, MessageBytes = size, IsText = isText });
        }
    }

    [Test]
    public async Task Several_greetings_and_a_prefix_are_learned()
    {
        using ScriptedServer server = ScriptedServer.Echoing(
            (_, _, message) => [message with { Payload = [.. "> "u8, .. message.Payload] }], "hello", "", "welcome");
        LoadContext load = await RunWithoutErrorAsync(LoadAgainst.Options(server.Url) with { Connections = 4 });
        Assert.That((load.Dialect.Greetings.Count, Encoding.UTF8.GetString(load.Dialect.Prefix)), Is.EqualTo((3, "> ")));
    }

    [Test]
    public async Task A_server_that_answers_binary_with_text_is_sent_nothing_but_UTF_8()
    {
        // As the tutorial's server does: it would change bytes that are not UTF-8.
        using ScriptedServer server = ScriptedServer.Echoing((_, _, message) => [WireFrame.Text("Echo: " + Encoding.UTF8.GetString(message.Payload))]);
        await RunWithoutErrorAsync(LoadAgainst.Options(server.Url) with { Connections = 2, IsText = false, MessageBytes = 1000 });
    }

    [Test]
    public async Task Without_an_answer_to_bind_it_to_binary_has_every_byte_value()
    {
        LoadContext load = await RunWithoutErrorAsync(LoadAgainst.Options(SharedServers.Large.Url("/raw")) with { IsText = false });
        var seen = new HashSet<byte>();
        for (int number = 0; number < 256; number++)
        {
            byte[] payload = new byte[load.Payload.Size];
            load.Payload.Write(payload, 0, number, maskingKey: 0);
            seen.UnionWith(payload);
        }

        Assert.That(seen, Has.Count.EqualTo(256));
    }

    [Test]
    public async Task A_connection_without_the_greeting_of_the_others_has_failed()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, connection) =>
        {
            if (connection != 1)
            {
                peer.Send(WireFrame.Text("hello") with { Masked = false });
            }

            ScriptedServer.EchoAll(peer, connection, (_, _, message) => ScriptedServer.Echo(message));
        });
        await using var client = new LoadClient(LoadAgainst.Options(server) with { Connections = 3 });
        await client.ConnectAsync();
        Assert.That((client.Opened, client.Open), Is.EqualTo((2, 2)));
        Assert.That(client.Errors.Counts.Single(), Is.EqualTo(new LoadErrorCount(LoadError.ConnectTimedOut, 0, 1, "no greeting within 3 s")));
    }

    [TestCase(20, 5, ExpectedResult = 20)]
    [TestCase(21, 5, ExpectedResult = 0, Description = "more of them than a greeting has")]
    [TestCase(2, 600_000, ExpectedResult = 0, Description = "more of their bytes")]
    public async Task<int> What_comes_before_a_pong_is_the_greeting_unless_it_is_too_much(int messages, int bytes)
    {
        using ScriptedServer server = ScriptedServer.Echoing(
            (_, _, message) => ScriptedServer.Echo(message with { Opcode = WireFrame.PongOpcode }), [.. Enumerable.Repeat(new string('x', bytes), messages)]);
        await using var client = new LoadClient(LoadAgainst.Options(server) with { ExpectsEcho = false });
        await client.ConnectAsync();
        return client.Context!.Dialect.Greetings.Count;
    }

    private static IEnumerable<TestCaseData> NoEchoServers()
    {
        yield return Case("silent", "no echo came within 3 s: the server is not an echo server, hangs, or something on the way holds frames back; check the path; ", (_, _, _) => []);
        yield return Case("talkative", "messages come, but none of them is the echo of the message sent: this is not an echo server; check the path: ", (_, _, _) => [WireFrame.Text("news")]);
        yield return Case("sends without end", "messages come, but none of them is the echo of the message sent: this is not an echo server; check the path: ", (_, _, _) => [.. Enumerable.Repeat(WireFrame.Text("news"), 21)]);
        yield return Case("sends much", "messages come, but none of them is the echo of the message sent: this is not an echo server; check the path: ", (_, _, _) => [.. Enumerable.Repeat(WireFrame.Text(new string('x', 600_000)), 2)]);
        yield return Case("closes", "the server closed with 1003 UnsupportedData '\\u{7}no': it does not take this kind of message; send the kind that it takes, text or binary", (_, _, _) => [WireFrame.Close(1003, "\u0007no")]);
        yield return Case("breaks the protocol", "the server broke the WebSocket protocol: opcode 0x3 is reserved; a proxy on the way alters frames, ", (_, _, _) => [new WireFrame(3, [])]);
        yield return Case("fails", "the connection ended without a Close in the middle of the conversation; see whether the app or the router was restarted ", (_, _, _) => throw new EndOfStreamException());

        static TestCaseData Case(string name, string message, EchoScript script) => new TestCaseData(message, script).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(NoEchoServers))]
    public async Task A_server_that_does_not_echo_is_said_so(string message, EchoScript script)
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, connection) =>
        {
            try
            {
                ScriptedServer.EchoAll(peer, connection, script);
            }
            catch (EndOfStreamException)
            {
                peer.EndSending();
                throw;
            }
        });
        await using var client = new LoadClient(LoadAgainst.Options(server));
        Assert.That(async () => await client.ConnectAsync(), Throws.InstanceOf<ConnectionFailedException>().With.Message.StartsWith(message));
    }

    private static async Task<LoadContext> RunWithoutErrorAsync(LoadOptions options)
    {
        await using var client = new LoadClient(options);
        await client.ConnectAsync();

        // More than once on the same connections: the numbers go on.
        for (int run = 0; run < 2; run++)
        {
            LoadResult result = await client.RunAsync(Duration);
            Assert.That(result.Messages, Is.GreaterThanOrEqualTo(options.Connections * options.InFlight));
            Assert.That(result.Bytes, Is.EqualTo(result.Messages * options.MessageBytes));
            Assert.That(result.Latency.Count, Is.EqualTo(result.Messages));
        }

        Assert.That((client.Open, client.Opened), Is.EqualTo((options.Connections, options.Connections)));
        await client.CloseAsync();
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
        Assert.That(client.Errors.CloseCodes, Is.EqualTo(new[] { (EchoServer.WebSockets.CloseCode.NormalClosure, (long)options.Connections) }));
        return client.Context!;
    }
}
