namespace EchoServer.Tests.Ping;

/// <summary><c>EchoServer ping</c> as a process of its own.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class PingTests
{
    [TestCase("/", new string[0], "a text")]
    [TestCase("/raw", new[] { "--frames" }, "a ping frame")]
    public async Task A_line_for_each_and_a_summary(string path, string[] options, string what)
    {
        Uri url = SharedServers.Default.Url(path);
        ProgramResult result = await RunAsync(url, ["-c", "3", "-i", "0.05", .. options]);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
        Assert.That(result.Output, Does.Match(
            $"""
            ^PING {url}: {what} of 15 bytes every 0.05 s
            seq=1 time=[0-9]+\.[0-9][0-9][0-9] ms
            seq=2 time=[0-9]+\.[0-9][0-9][0-9] ms
            seq=3 time=[0-9]+\.[0-9][0-9][0-9] ms
            --- {url}
            3 sent, 3 received, 0 lost \(0 %\)
            round trip min/avg/max/p99 [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms
            $
            """));
    }

    [Test]
    public async Task What_does_not_come_back_is_lost()
    {
        // The second message is not answered, the third one twice.
        using ScriptedServer server = ScriptedServer.Echoing(
            (_, number, message) => number switch { 1 => [], 2 => [message, message], _ => [message] }, "ping pong");
        ProgramResult result = await RunAsync(server.Url, ["-c", "4", "-i", "0.1", "-W", Wait.LapseSeconds]);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Contain("seq=2 no answer within 3 s\n").And.Contain("seq=3 came too late or twice\n"));
        Assert.That(result.Output, Does.Contain("\n4 sent, 3 received, 1 lost (25 %)\n"));
    }

    [Test]
    public async Task What_is_lost_is_said_when_it_is_and_not_an_interval_later()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, _, _) => []);
        await using var ping = RunningProgram.EchoServer("ping", server.Url.AbsoluteUri, "-i", "3600", "-W", "0.2");
        await ping.ReadLineAsync("^seq=1 no answer within 0\\.2 s");
        ping.Signal("INT");
        Assert.That((await ping.EndAsync()).ExitCode, Is.EqualTo(1));
    }

    [Test]
    public async Task Nothing_that_comes_back_has_no_times()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, _, _) => [WireFrame.Text("ping 00000000 1")]);
        ProgramResult result = await RunAsync(server.Url, ["-c", "1", "-W", "0.2"]);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((1, "")));
        Assert.That(result.Output, Does.EndWith("1 sent, 0 received, 1 lost (100 %)\n"));
    }

    [Test]
    public async Task It_keeps_going_over_reconnects_and_says_so()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, connection) =>
        {
            if (connection == 0)
            {
                peer.Send(peer.ReadOneFrame() with { Masked = false });
                peer.ReadFrame();
                peer.Send(WireFrame.Close(1012, "back soon") with { Masked = false });
                peer.ReadToEndAndDrop();
                return;
            }

            ScriptedServer.EchoAll(peer, connection, (_, _, message) => [message]);
        });
        ProgramResult result = await RunAsync(server.Url, ["-c", "3", "-i", "3"]);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Match(
            """
            seq=1 time=[0-9.]+ ms
            disconnected: the server closed with 1012 ServiceRestart 'back soon': it restarts
            seq=2 lost with the connection
            connected again after [0-9.]+ s
            seq=3 time=[0-9.]+ ms
            """));
        Assert.That(result.Output, Does.Match("\n3 sent, 2 received, 1 lost [(]33[.0-9]* %[)]\n"));
    }

    [Test]
    public async Task What_is_due_without_a_connection_is_lost()
    {
        ScriptedServer server = ScriptedServer.Echoing();
        await using var ping = RunningProgram.EchoServer("ping", server.Url.AbsoluteUri, "-i", "0.1");
        await ping.ReadLineAsync("^seq=1 time=");
        server.Dispose();
        await ping.ReadLineAsync("^disconnected: ");
        string line = await ping.ReadLineAsync("^seq=.*not sent: connection refused");
        Assert.That(line, Does.Contain("not sent: connection refused: nothing listens on port"));
        ping.Signal("INT");
        ProgramResult result = await ping.EndAsync();
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Match(@"\n?--- .*\n[0-9]+ sent, [0-9]+ received, [1-9][0-9]* lost \([0-9.]+ %\)\nround trip "));
    }

    [Test]
    public async Task Ctrl_C_prints_the_summary_and_closes_with_1000()
    {
        var closed = new TaskCompletionSource<int>();
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            WireFrame frame;
            while ((frame = peer.ReadOneFrame()).Opcode != WireFrame.CloseOpcode)
            {
                peer.Send(frame with { Masked = false });
            }

            closed.SetResult(frame.CloseCode);
            peer.Send(frame with { Masked = false });
        });
        await using var ping = RunningProgram.EchoServer("ping", server.Url.AbsoluteUri, "-i", "20");
        await ping.ReadLineAsync("^seq=1 time=");
        ping.Signal("INT");
        ProgramResult result = await ping.EndAsync();
        Assert.That((result.ExitCode, await closed.Task), Is.EqualTo((0, 1000)));
        Assert.That(result.Output, Does.StartWith($"--- {server.Url}\n1 sent, 1 received, 0 lost (0 %)\nround trip "));
    }

    [Test]
    public async Task It_sends_what_the_connection_options_say()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, _, message) => [WireFrame.Text([.. "Echo: "u8, .. message.Payload])]);
        ProgramResult result = await RunAsync(server.Url, ["-c", "1", "-H", "X-Token: abc", "--basic-auth", "me:pw"]);
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(server.Requests.First(), Does.Contain("\r\nX-Token: abc\r\n").And.Contain("\r\nAuthorization: Basic "));
    }

    private static Task<ProgramResult> RunAsync(Uri url, string[] options) =>
        Programs.RunAsync(Programs.EchoServer(["ping", url.AbsoluteUri, .. options]));
}
