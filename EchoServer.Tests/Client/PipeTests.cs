using EchoServer.Client;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Client;

/// <summary><c>EchoServer client</c> in a pipe: lines in, lines out, and nothing else there.</summary>
[Slow]
internal sealed class PipeTests
{
    [Test]
    public async Task A_line_is_a_message_and_a_message_is_a_line()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url("/raw"), "hi\n");
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "hi\n", "")));
    }

    [Test]
    public async Task Text_comes_back_as_it_was_sent_and_drives_nothing()
    {
        // A tab, a joined emoji, an empty line, a Windows line end, no line end at the end; and what would drive a terminal.
        ProgramResult result = await RunAsync(SharedServers.Default.Url("/raw"), "a\tb\n👨‍👩‍👧 €\n\nwindows\r\n\u001b[31mred\nlast");
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "a\tb\n👨‍👩‍👧 €\n\nwindows\n\\u{1b}[31mred\nlast\n", "")));
    }

    [Test]
    public async Task A_message_of_several_lines_and_bytes_stay_one_line_each()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, _, _) => [WireFrame.Text("one\r\ntwo"), WireFrame.Binary([0, 0xAB, 0xFF])]);
        ProgramResult result = await RunAsync(server.Url, "x\n");
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "one\\r\\ntwo\n00abff\n", "")));
    }

    [Test]
    public async Task It_waits_for_silence_and_not_for_a_number_of_messages()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            peer.ReadFrame();
            for (int number = 1; number <= 4; number++)
            {
                peer.Send(WireFrame.Text($"{number}") with { Masked = false });
                Thread.Sleep(700);
            }

            ScriptedServer.EchoAll(peer, 0, (_, _, message) => [message]);
        });
        ProgramResult result = await RunAsync(server.Url, "x\n", "--wait", "3");
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "1\n2\n3\n4\n", "")));
    }

    [Test]
    public async Task A_hundred_thousand_lines_come_back_in_order()
    {
        string lines = string.Concat(Enumerable.Range(0, 100_000).Select(number => $"line {number}\n"));
        ProgramResult result = await RunAsync(SharedServers.Large.Url("/raw"), lines);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output == lines, Is.True, "the lines are others, or in another order");
    }

    [Test]
    public async Task A_line_that_is_too_long_is_a_failure()
    {
        ProgramResult result = await RunAsync(SharedServers.Large.Url("/raw"), new string('x', (16 * 1024 * 1024) + 1));
        result.AssertFailed(1, Does.EndWith(": standard input has a line of more than 16777216 bytes; cut it into shorter lines\n"));
    }

    [Test]
    public async Task Bytes_that_are_not_UTF_8_are_replaced_with_a_note()
    {
        ProcessStartInfo start = Programs.Through(
            Programs.EchoServer(["client", SharedServers.Default.Url("/raw").AbsoluteUri]), "sh", "-c", @"printf 'a\377b\nc\377\n' | exec ""$@""", "sh");
        Assert.That(await Programs.RunAsync(start), Is.EqualTo(new ProgramResult(
            0, "a\uFFFDb\nc\uFFFD\n", "EchoServer: standard input is not UTF-8 everywhere: U+FFFD is sent in place of other bytes\n")));
    }

    [TestCase(CloseCode.NormalClosure, 0)]
    [TestCase(CloseCode.GoingAway, 0)]
    [TestCase(CloseCode.MessageTooBig, 3)]
    [TestCase((CloseCode)3000, 3)]
    public async Task The_code_of_the_servers_Close_decides_the_exit_code(CloseCode code, int exitCode)
    {
        await using var server = InProcessServer.Start(socket => socket.OnMessage = _ => socket.Close(code, "why"));
        ProgramResult result = await RunAsync(new Uri($"ws://127.0.0.1:{server.Port}/"), "x\n");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((exitCode, "")));
        Assert.That(result.Error, Does.Contain($"the server closed with {(int)code}").And.Contains("'why'"));
    }

    [Test]
    public async Task Notes_go_to_standard_error_and_quiet_leaves_them_out()
    {
        Uri url = SharedServers.Default.Url("/raw");
        string[] options = ["--ping-interval", "0.2", "--show-pings"];
        ProgramResult result = await RunAsync(url, "x\n", options);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, "x\n")));
        Assert.That(result.Error, Does.Match(@"^EchoServer: ping sent '1'\nEchoServer: pong received '1' after [0-9.]+ ms\n"));
        Assert.That(await RunAsync(url, "x\n", "--ping-interval", "0.2", "--quiet"), Is.EqualTo(new ProgramResult(0, "x\n", "")));
    }

    [Test]
    public async Task The_servers_pings_are_answered_and_can_be_shown()
    {
        var pong = new TaskCompletionSource<string>();
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            peer.Send(WireFrame.Ping("are you there\u001b"u8.ToArray()) with { Masked = false });
            WireFrame answer = peer.ReadOneFrame();
            pong.SetResult($"{answer.Opcode:x} {answer.Masked} {Encoding.UTF8.GetString(answer.Payload)}");
            ScriptedServer.EchoAll(peer, 0, ScriptedServerEcho);
        });
        ProgramResult result = await RunAsync(server.Url, "", "--show-pings");
        Assert.That(await pong.Task, Is.EqualTo("a True are you there\u001b"));
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "", "EchoServer: ping received 'are you there\\u{1b}', pong sent\n")));

        static IEnumerable<WireFrame> ScriptedServerEcho(int connection, int number, WireFrame message) => [message];
    }

    [Test]
    public async Task A_server_that_answers_no_ping_is_dead()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) => peer.ReadToEndAndDrop());
        await using var client = RunningProgram.EchoServer("client", server.Url.AbsoluteUri, "--ping-interval", "0.2", "--timeout", Wait.LapseSeconds);
        ProgramResult result = await client.EndAsync();
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("no pong came within 3 s"));
    }

    [Test]
    public async Task A_signal_closes_with_1000([Values("INT", "TERM")] string signal)
    {
        var closed = new TaskCompletionSource<int>();
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            peer.Send(WireFrame.Text("hello") with { Masked = false });
            WireFrame frame = peer.ReadOneFrame();
            closed.SetResult(frame.CloseCode);
            peer.Send(frame with { Masked = false });
        });
        await using var client = RunningProgram.EchoServer("client", server.Url.AbsoluteUri);
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("hello"));
        client.Signal(signal);
        Assert.That(((await client.EndAsync()).ExitCode, await closed.Task), Is.EqualTo((0, 1000)));
    }

    [Test]
    public async Task It_connects_again_and_goes_on_with_the_input()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, connection) =>
        {
            if (connection == 0)
            {
                peer.Send(WireFrame.Text("first") with { Masked = false });
                peer.Send(WireFrame.Close(1012) with { Masked = false });
                peer.ReadToEndAndDrop();
                return;
            }

            peer.Send(WireFrame.Text("second") with { Masked = false });
            ScriptedServer.EchoAll(peer, connection, (_, _, message) => [message]);
        });
        await using var client = RunningProgram.EchoServer("client", server.Url.AbsoluteUri, "--reconnect");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("first"));
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("second"));
        await client.Input.WriteLineAsync("x");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("x"));
        ProgramResult result = await client.EndAsync(input: "");
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Error, Does.Match("connecting again in 0(\\.[0-9]{1,3})? s\n"));
    }

    [Test]
    public async Task Timestamps_are_put_before_messages()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url("/raw"), "x\n", "--timestamps");
        Assert.That(result.Output, Does.Match(@"^\d\d:\d\d:\d\d\.\d\d\d x\n$"));
    }

    [Test]
    public async Task JSON_is_an_object_a_line()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, _, message) => [message, WireFrame.Binary([1, 2, 3])]);
        ProgramResult result = await RunAsync(server.Url, "Grüße\n", "--json");
        string[] events = [.. result.Output.TrimEnd('\n').Split('\n').Select(WithoutTime)];
        Assert.That(events, Is.EqualTo(new[]
        {
            $$"""{"event":"open","url":"{{server.Url}}","subprotocol":null,"compression":null}""",
            """{"event":"sent","type":"text","bytes":7,"text":"Grüße"}""",
            """{"event":"message","type":"text","bytes":7,"text":"Grüße"}""",
            """{"event":"message","type":"binary","bytes":3,"base64":"AQID"}""",
            """{"event":"close","by":"client","sent":{"code":1000,"name":"NormalClosure","reason":""},"received":{"code":1000,"name":"NormalClosure","reason":""}}""",
        }));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
    }

    [TestCase(true, """{"code":1000,"name":"NormalClosure","reason":""}""", TestName = "{m}(it is answered)")]
    [TestCase(false, "null", TestName = "{m}(it is not answered)")]
    public async Task A_Close_after_a_failure_is_the_clients_own(bool isAnswered, string received)
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, connection) =>
        {
            if (isAnswered)
            {
                ScriptedServer.EchoAll(peer, connection, (_, _, _) => []);
            }
            else
            {
                peer.ReadToEndAndDrop();
            }
        });
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["client", server.Url.AbsoluteUri, "x", "--json", "--timeout", Wait.LapseSeconds]));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("no echo came within 3 s"));
        Assert.That(result.Output, Does.Contain(
            $$"""{"event":"close","by":"client","sent":{"code":1000,"name":"NormalClosure","reason":""},"received":{{received}}}"""[1..]));
    }

    [Test]
    public async Task A_line_whose_connection_breaks_while_it_is_sent_goes_over_the_next_one()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, connection) =>
        {
            if (connection == 0)
            {
                // The line is more than the kernel takes from a sender whose peer does not read.
                peer.ReadExactly(1);
                peer.Reset();
                return;
            }

            ScriptedServer.EchoAll(peer, connection, (_, _, message) => [WireFrame.Text($"{message.Payload.Length} bytes")]);
        });
        ProgramResult result = await RunAsync(server.Url, new string('x', LineInput.MaxLineBytes) + "\nlast\n", "--reconnect");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, $"{LineInput.MaxLineBytes} bytes\n4 bytes\n")));
    }

    [Test]
    public async Task A_failure_is_JSON_as_well()
    {
        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 404 Not Found\r\nX-Cf-RouterError: unknown_route\r\nContent-Length: 0\r\n\r\n");
        ProgramResult result = await RunAsync(server.Url, "", "--json");
        using JsonDocument json = JsonDocument.Parse(result.Output);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(1));
            Assert.That(json.RootElement.GetProperty("event").GetString(), Is.EqualTo("error"));
            Assert.That(json.RootElement.GetProperty("status").GetInt32(), Is.EqualTo(404));
            Assert.That(json.RootElement.GetProperty("cause").GetString(), Does.StartWith("the router has no route '127.0.0.1'"));
            Assert.That(result.Error, Does.StartWith($"EchoServer: {server.Url}: the router has no route '127.0.0.1'"));
        });
    }

    private static string WithoutTime(string line)
    {
        using JsonDocument json = JsonDocument.Parse(line);
        Assert.That(json.RootElement.GetProperty("time").GetDateTime(), Is.GreaterThan(DateTime.UtcNow.AddMinutes(-5)));
        return "{" + line[line.IndexOf("\"event\"", StringComparison.Ordinal)..];
    }

    private static Task<ProgramResult> RunAsync(Uri url, string input, params string[] options) =>
        Programs.RunAsync(Programs.EchoServer(["client", url.AbsoluteUri, .. options]), input: input);
}
