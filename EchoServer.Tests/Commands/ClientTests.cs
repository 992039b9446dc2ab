using EchoServer.WebSockets;

namespace EchoServer.Tests.Commands;

/// <summary><c>EchoServer client</c> with messages as arguments: the tutorial's transcript, and one line when there is no connection.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class ClientTests
{
    [Test]
    public async Task It_prints_the_tutorials_transcript([Values("ws", "http")] string scheme)
    {
        ProgramResult result = await RunAsync($"{scheme}://127.0.0.1:{SharedServers.Default.Port}", "Hi there!");
        Assert.That(result, Is.EqualTo(new ProgramResult(
            0,
            """
            Sent Message: Hi there!
            Received Message: Hi, this is the Echo-Server
            Received Message: Echo: Hi there!
            Disconnected from Server

            """,
            "")));
    }

    [TestCase("localhost:{0}/raw", "ws://localhost:{0}/raw")]
    [TestCase("127.0.0.1:{0}/raw?token=geheim", "ws://127.0.0.1:{0}/raw?token=***")]
    public async Task Without_a_scheme_it_says_what_is_meant(string typed, string meant)
    {
        string url = string.Format(CultureInfo.InvariantCulture, typed, SharedServers.Default.Port);
        string shown = string.Format(CultureInfo.InvariantCulture, meant, SharedServers.Default.Port);
        Assert.That(await RunAsync(url, "x"), Is.EqualTo(new ProgramResult(0, "Sent Message: x\nReceived Message: x\nDisconnected from Server\n", $"connected to {shown}\n")));
        Assert.That(await RunAsync(url, "x", "-q"), Is.EqualTo(new ProgramResult(0, "x\n", "")));
        Assert.That(
            await Programs.RunAsync(Programs.EchoServer(["client", url]), input: "x\n"), Is.EqualTo(new ProgramResult(0, "x\n", $"EchoServer: connected to {shown}\n")));
    }

    [Test]
    public async Task It_sends_all_the_messages_it_is_given_and_waits_for_the_echo_of_each()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url("/raw").AbsoluteUri, "Grüße\tan €", "two");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((
            0,
            """
            Sent Message: Grüße\tan €
            Sent Message: two
            Received Message: Grüße\tan €
            Received Message: two
            Disconnected from Server

            """)));
    }

    [Test]
    public async Task Behind_two_dashes_all_is_a_message()
    {
        ProgramResult result = await RunAsync("-q", SharedServers.Default.Url("/raw").AbsoluteUri, "— x", "–", "--", "-", "--insecur", "-k", "--", "—x");
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "— x\n–\n-\n--insecur\n-k\n--\n—x\n", "")));
    }

    [Test]
    public async Task A_count_decides_how_many_echoes_are_awaited()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, _, message) => [message, message, WireFrame.Text("other"), message]);
        ProgramResult result = await RunAsync(server.Url.AbsoluteUri, "x", "--count", "3");
        Assert.That(result, Is.EqualTo(new ProgramResult(
            0,
            """
            Sent Message: x
            Received Message: x
            Received Message: x
            Received Message: other
            Received Message: x
            Disconnected from Server

            """,
            "")));
    }

    [Test]
    public async Task A_count_of_none_waits_for_no_echo()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, _, _) => []);
        ProgramResult result = await RunAsync(server.Url.AbsoluteUri, "x", "--count", "0");
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "Sent Message: x\nDisconnected from Server\n", "")));
    }

    [Test]
    public async Task Quiet_prints_the_messages_alone()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url().AbsoluteUri, "x", "--quiet");
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "Hi, this is the Echo-Server\nEcho: x\n", "")));
    }

    [Test]
    public async Task A_greeting_that_ends_like_the_message_is_not_the_end()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url().AbsoluteUri, "Echo-Server");
        Assert.That(result.Output, Does.Contain("Received Message: Echo: Echo-Server\n"));
    }

    [Test]
    public async Task What_a_server_sends_cannot_drive_the_terminal()
    {
        await using var server = InProcessServer.Start(socket =>
        {
            socket.OnOpen = () => socket.Send("\u001b]0;title\u0007\r\nforged");
            socket.OnMessage = message => socket.Send(default, message);
        });
        ProgramResult result = await RunAsync($"ws://127.0.0.1:{server.Port}", "x");
        Assert.That(result.Output, Does.Contain("Received Message: \\u{1b}]0;title\\u{7}\\r\\nforged\n"));
    }

    [TestCase(CloseCode.TryAgainLater, "full", 3, "the server closed with 1013 TryAgainLater 'full': it is overloaded; connect again in a while, or scale out")]
    [TestCase((CloseCode)4000, "", 3, "the server closed with 4000; the meaning of this code is the application's own: see its documentation or log")]
    [TestCase(CloseCode.NormalClosure, "", 1, "the server closed with 1000 NormalClosure: it was done; nothing is wrong, unless more was expected: see the app's log")]
    [TestCase(CloseCode.GoingAway, "", 1, "the server closed with 1001 GoingAway: it stops or restarts; connect again; see 'cf events NAME' for the cause")]
    public async Task A_server_that_closes_before_the_echo_is_a_failure(CloseCode code, string reason, int exitCode, string expected)
    {
        await using var server = InProcessServer.Start(socket => socket.OnOpen = () => socket.Close(code, reason));
        ProgramResult result = await RunAsync($"ws://127.0.0.1:{server.Port}/x", "x");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((exitCode, $"EchoServer: ws://127.0.0.1:{server.Port}/x: {expected}\n")));
    }

    private static IEnumerable<TestCaseData> Endings()
    {
        yield return Ending(peer => peer.Dispose(), "the connection ended without a Close in the middle of the conversation", "FIN");
        yield return Ending(peer => peer.Reset(), "the connection was reset in the middle of the conversation", "RST");
        yield return Ending(
            peer => peer.Send(new WireFrame(0x3, [])), "the server broke the WebSocket protocol: opcode 0x3 is reserved", "reserved opcode");
        yield return Ending(
            peer => peer.Send(WireFrame.Text("x")), "the server broke the WebSocket protocol: a frame from a server is masked", "masked");
        yield return Ending(
            peer => peer.Send(WireFrame.Binary([]) with { Masked = false, DeclaredLength = 1UL << 40, LengthForm = LengthForm.Bits64 }),
            "the server sent more than this client takes, which is not against the protocol: a message of 1099511627776 bytes or more is over 16777216; the client closed with 1009 MessageTooBig; ", "a message of 1 TiB");

        static TestCaseData Ending(Action<RawPeer> end, string expected, string name) => new TestCaseData(end, expected).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(Endings))]
    public async Task A_connection_that_breaks_is_a_failure(Action<RawPeer> end, string expected)
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            peer.ReadFrame();
            end(peer);
            peer.ReadToEndAndDrop();
        });
        ProgramResult result = await RunAsync(server.Url.AbsoluteUri, "x");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "Sent Message: x\n")));
        Assert.That(result.Error, Does.StartWith($"EchoServer: {server.Url}: {expected}").And.Match("^[^\n]*\n$"));
    }

    [Test]
    public async Task An_echo_that_does_not_come_is_a_failure()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, _, _) => []);
        ProgramResult result = await RunAsync(server.Url.AbsoluteUri, "x", "--timeout", Wait.LapseSeconds);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "Sent Message: x\n")));
        Assert.That(result.Error, Does.StartWith($"EchoServer: {server.Url}: no echo came within 3 s: "));
    }

    [Test]
    public async Task Messages_that_are_no_echo_do_not_put_the_end_off()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            while (true)
            {
                peer.Send(WireFrame.Text("tick") with { Masked = false });
                Thread.Sleep(100);
            }
        });
        ProgramResult result = await RunAsync(server.Url.AbsoluteUri, "x", "--timeout", Wait.LapseSeconds);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Contain("Received Message: tick\n"));
        Assert.That(result.Error, Does.StartWith($"EchoServer: {server.Url}: no echo came within 3 s: "));
    }

    [Test]
    public async Task A_message_that_is_never_read_is_a_failure()
    {
        using var server = new ScriptedServer((peer, _) =>
        {
            peer.Socket.ReceiveBufferSize = 4096;
            peer.Send(ScriptedServer.Accept(peer.ReadHead()));
            Thread.Sleep(ServerProcess.Patience);
        });

        // More than the buffers of loopback hold, in arguments that are not too long.
        string[] messages = [.. Enumerable.Repeat(new string('x', 100_000), 18)];
        ProgramResult result = await RunAsync([server.Url.AbsoluteUri, .. messages, "-q", "--timeout", Wait.LapseSeconds]);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.StartWith($"EchoServer: {server.Url}: no echo came within 3 s: "));
    }

    [Test]
    public async Task A_server_that_does_not_answer_the_Close_is_a_failure()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            peer.Send(peer.ReadOneFrame() with { Masked = false });
            peer.ReadToEndAndDrop();
        });
        ProgramResult result = await RunAsync(server.Url.AbsoluteUri, "x", "--timeout", Wait.LapseSeconds);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.StartWith($"EchoServer: {server.Url}: the server did not answer the Close within 3 s"));
    }

    private static Task<ProgramResult> RunAsync(params string[] arguments) =>
        Programs.RunAsync(Programs.EchoServer(["client", .. arguments]));
}
