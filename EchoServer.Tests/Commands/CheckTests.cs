using EchoServer.Tests.Check;

namespace EchoServer.Tests.Commands;

/// <summary><c>EchoServer check</c> as a process of its own: lines, JSON, exit codes.</summary>
internal sealed class CheckTests
{
    private static readonly string[] ProbeNames =
    [
        "url", "dns", "tcp", "proxy", "tls", "http", "upgrade", "greeting", "text", "utf8", "binary", "empty", "fragments", "sizes",
        "ping", "compression", "subprotocol", "headers", "round-trip", "close",
    ];

    private static readonly string[] EchoProbeNames = ["greeting", "text", "utf8", "binary", "empty", "fragments", "sizes", "round-trip"];

    [Test]
    public async Task Each_probe_has_a_line_without_colours_in_a_pipe()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url("/raw").AbsoluteUri);
        string[] lines = result.Output.Split('\n');
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Not.Contain('\u001b'));
        Assert.That(lines.Where(line => line.Length > 6 && line[0] != ' ' && line[4] == ' ').Select(line => line[6..18].Trim()), Is.EqualTo(ProbeNames));
        Assert.That(lines[^2], Does.Match("^16 passed, 0 warnings, 4 skipped, 0 failed in .*: WebSockets work here$"));
    }

    [Test]
    public async Task A_failure_has_its_cause_and_advice_below_and_exit_code_1()
    {
        int port = FreePort.Find();
        ProgramResult result = await RunAsync($"ws://127.0.0.1:{port}");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Match(
            $"fail  tcp          +[0-9.]+ ms  port {port}: 127.0.0.1 connection refused\n" +
            $"      cause:  connection refused: nothing listens on port {port} of 127.0.0.1\n" +
            "      advice: start the server, or check host and port in the URL\n" +
            "skip  not tried:  proxy, tls, http"));
        Assert.That(result.Output, Does.Contain("1 failed in").And.Contains(": WebSockets do not work here\n"));
    }

    [Test]
    public async Task A_cause_that_was_named_just_before_is_not_repeated()
    {
        using ScriptedServer router = ScriptedServer.Answering("HTTP/1.1 404 Not Found\r\nX-Cf-RouterError: unknown_route\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        ProgramResult result = await RunAsync(router.Url.AbsoluteUri);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output.Split("the router has no route '127.0.0.1'"), Has.Length.EqualTo(2));
        Assert.That(result.Output, Does.Match("fail  upgrade .* answered with 404 Not Found, X-Cf-RouterError: unknown_route\n      cause:  the same as above\nskip  not tried: "));
    }

    [Test]
    public async Task The_json_has_every_probe_under_its_name()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url().AbsoluteUri, "--json");
        using var document = JsonDocument.Parse(result.Output);
        JsonElement root = document.RootElement;
        JsonElement[] probes = [.. root.GetProperty("probes").EnumerateArray()];
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(root.GetProperty("ok").GetBoolean(), Is.True);
        Assert.That(root.GetProperty("passed").GetInt32(), Is.EqualTo(16));
        Assert.That(probes.Select(probe => probe.GetProperty("name").GetString()), Is.EqualTo(ProbeNames));
        Assert.That(probes.Select(probe => string.Join(' ', probe.EnumerateObject().Select(it => it.Name))), Is.All.EqualTo("name needsEcho outcome durationMilliseconds finding cause advice facts"));
        Assert.That(
            probes.Where(probe => probe.GetProperty("needsEcho").GetBoolean()).Select(probe => probe.GetProperty("name").GetString()), Is.EqualTo(EchoProbeNames));
        JsonElement greeting = probes.Single(probe => probe.GetProperty("name").GetString() == "greeting").GetProperty("facts");
        Assert.That(greeting.GetProperty("prefix").GetString(), Is.EqualTo("Echo: "));
        Assert.That(greeting.GetProperty("greetings")[0].GetString(), Is.EqualTo("Hi, this is the Echo-Server"));
    }

    [Test]
    public async Task Warnings_fail_only_when_strict()
    {
        using ScriptedServer server = EchoScripts.Server((_, _, message) =>
            message.Payload.Length > 100_000 ? [WireFrame.Close(1009, "")] : EchoScripts.Good(message));
        ProgramResult relaxed = await RunAsync(server.Url.AbsoluteUri, "--echo");
        Assert.That(relaxed.ExitCode, Is.Zero);
        Assert.That(relaxed.Output, Does.Contain("warn  sizes").And.Contains(", 1 warning, "));
        ProgramResult strict = await RunAsync(server.Url.AbsoluteUri, "--echo", "--strict");
        Assert.That(strict.ExitCode, Is.EqualTo(1));
        Assert.That(strict.Output, Does.Contain("but --strict takes warnings for failures"));
    }

    [Test]
    public async Task Connections_for_which_there_are_no_sockets_are_counted_as_failed()
    {
        string url = SharedServers.Default.Url("/raw").AbsoluteUri;
        ProgramResult result = await Programs.RunAsync(Programs.Start(
            "bash", ["-c", $"ulimit -n 200; exec {Programs.EchoServerShellCommand} check {url} --connections 300"]));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((1, "")));
        Assert.That(result.Output, Does.Match("fail  connections .* [0-9]+ of 300 open at once in .* [0-9]+ failed: too many open files"));
        Assert.That(result.Output, Does.Contain("cause:  this process may not open more sockets\n      advice: raise the limit of open files: ulimit -n\n"));
    }

    [Test]
    public async Task The_end_of_its_reader_is_not_a_failure()
    {
        // The reader has ended before anything is written; the last probe would take a day.
        string url = SharedServers.Default.Url("/raw").AbsoluteUri;
        ProgramResult result = await Programs.RunAsync(Programs.Start(
            "bash", ["-c", $"exec 3> >(exec 3>&-; exit 0); wait $!; exec {Programs.EchoServerShellCommand} check {url} --idle 1d >&3"]));
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "", "")));
    }

    [Test]
    public async Task Quick_prints_nothing_when_all_is_well()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url().AbsoluteUri, "--quick");
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "", "")));
    }

    [Test]
    public async Task Quick_says_why_in_one_line_when_it_is_not()
    {
        int port = FreePort.Find();
        ProgramResult result = await RunAsync($"ws://localhost:{port}", "--quick");
        Assert.That(result, Is.EqualTo(new ProgramResult(
            1,
            "",
            $"EchoServer: ws://localhost:{port}/: connection refused: nothing listens on port {port} of localhost; start the server, or check host and port in the URL\n")));
    }

    [Test]
    public async Task Quick_notices_a_server_that_hangs_does_not_answer_or_does_not_close()
    {
        using var hangs = new ScriptedServer((peer, _) => peer.ReadToEndAndDrop());
        using ScriptedServer mute = EchoScripts.Server((_, _, _) => []);
        using ScriptedServer open = ScriptedServer.Upgrading((peer, _) =>
        {
            peer.Send(EchoScripts.Good(peer.ReadOneFrame()).Single() with { Masked = false });
            peer.ReadToEndAndDrop();
        });
        using AppServer silent = AppServer.Silent();
        ProgramResult[] results = await Task.WhenAll(
            RunQuickAsync(hangs.Url.AbsoluteUri), RunQuickAsync(mute.Url.AbsoluteUri), RunQuickAsync(open.Url.AbsoluteUri),
            RunQuickAsync(silent.Url, "--echo"), RunQuickAsync(silent.Url, "--expect", "hello"));
        Assert.That(results.Select(result => result.ExitCode), Is.All.EqualTo(1));
        Assert.That(results[0].Error, Does.Contain("was not answered within 3 s"));
        Assert.That(results[1].Error, Does.Contain("pings are not answered"));
        Assert.That(results[2].Error, Does.Contain("did not answer the Close within 3 s"));
        Assert.That(results[3].Error, Does.Contain("no echo came within 3 s"));
        Assert.That(results[4].Error, Does.Contain("sent no message that is 'hello' within 3 s"));

        static Task<ProgramResult> RunQuickAsync(string url, params string[] options) =>
            RunAsync([url, "--quick", "--timeout", Wait.LapseSeconds, .. options]);
    }

    [Test]
    public async Task Quick_passes_on_any_server_and_sends_only_what_is_asked_for()
    {
        using AppServer app = AppServer.OfJson("welcome");
        using AppServer ticker = AppServer.Ticker();
        ProgramResult fine = new(0, "", "");
        Assert.That(await RunAsync(app.Url, "--quick"), Is.EqualTo(fine));
        Assert.That(await RunAsync(ticker.Url, "--quick"), Is.EqualTo(fine));
        Assert.That(app.Received.Select(frame => frame.Opcode), Is.EqualTo(new[] { WireFrame.PingOpcode, WireFrame.CloseOpcode }));
        Assert.That(await RunAsync(app.Url, "--quick", "--expect", "welcome", "--send={}", "--expect", "/{/"), Is.EqualTo(fine));
        Assert.That(
            app.Received.Skip(2).Select(frame => frame.Opcode), Is.EqualTo(new[] { WireFrame.TextOpcode, WireFrame.CloseOpcode }));
        Assert.That(await RunAsync(SharedServers.Default.Url().AbsoluteUri, "--quick", "--echo"), Is.EqualTo(fine));
    }

    [Test]
    public async Task An_app_passes_with_one_line_for_the_probes_that_need_an_echo()
    {
        using AppServer app = AppServer.OfJson("welcome");
        ProgramResult result = await RunAsync(app.Url, "--strict", "--expect", "welcome", "--send", "{}", "--expect:[{}]");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
        Assert.That(result.Output, Does.Match("\npass  conversation +[0-9.]+ ms  1 sent, 2 came as expected, after [0-9.]+ ms, [0-9.]+ ms\n"));
        Assert.That(result.Output, Does.Contain("\nskip  need --echo: greeting, text, utf8, binary, empty, fragments, sizes, round-trip\n\n"));
        Assert.That(result.Output, Does.EndWith(": WebSockets work here\n"));
    }

    [Test]
    public async Task A_watch_prints_changes_and_ends_with_a_summary([Values("INT", "TERM")] string signal)
    {
        using AppServer app = AppServer.Silent();
        await using var watch = RunningProgram.EchoServer("check", app.Url, "--quick", "--watch", "100ms");
        await watch.ReadLineAsync("^[0-9-]{10} [0-9:]{8}  1 passed, 0 warnings, 0 skipped, 0 failed in .*: WebSockets work here$");
        await watch.ReadLineAsync("^pass  quick ");
        app.Dispose();
        await watch.ReadLineAsync("^[0-9-]{10} [0-9:]{8}  0 passed, .*: WebSockets do not work here$");
        await watch.ReadLineAsync("^fail  quick ");
        await watch.ReadLineAsync("^      cause:  ");
        await watch.ReadLineAsync("^      advice: ");

        // The first failure may be a reset, and the next one a refusal: that is a change as well.
        watch.Signal(signal);
        ProgramResult result = await watch.EndAsync();
        Assert.That(result.Output, Does.Match("(^|\n)\nwatched for .*: [0-9]+ rounds, [0-9]+ failed; 1 outage of .*, and it still fails\n$"));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((1, "")));
    }

    [Test]
    public async Task A_watch_in_JSON_has_a_line_for_each_change_and_for_the_summary()
    {
        using AppServer app = AppServer.Silent();
        await using var watch = RunningProgram.EchoServer("check", app.Url, "--watch", "100ms", "--json");
        using var round = JsonDocument.Parse(await watch.ReadLineAsync());
        watch.Signal("INT");
        ProgramResult result = await watch.EndAsync();
        Assert.That(result.ExitCode, Is.Zero);
        using var summary = JsonDocument.Parse(result.Output);
        Assert.That(round.RootElement.GetProperty("time").GetString(), Does.Match("^[0-9-]{10}T[0-9:.]{12}Z$"));
        Assert.That(round.RootElement.GetProperty("ok").GetBoolean(), Is.True);
        Assert.That(string.Join(' ', summary.RootElement.EnumerateObject().Select(it => it.Name)), Is.EqualTo("durationSeconds rounds failedRounds outageSeconds isFailing"));
        Assert.That(summary.RootElement.GetProperty("failedRounds").GetInt32(), Is.Zero);
    }

    [Test]
    public async Task On_a_terminal_there_are_symbols_and_colours_unless_they_are_not_wanted()
    {
        string command = $"{Programs.EchoServerShellCommand} check {SharedServers.Default.Url("/raw").AbsoluteUri}";
        ProgramResult coloured = await Programs.RunAsync(InTerminal(command));
        Assert.That(coloured.Output, Does.Contain("\u001b[32m✓\u001b[0m url"));
        ProgramResult plain = await Programs.RunAsync(InTerminal($"NO_COLOR=1 {command}"));
        Assert.That(plain.Output, Does.Contain("pass  url").And.Not.Contain("✓").And.Not.Contain("\u001b[32m"));
    }

    private static ProcessStartInfo InTerminal(string command) =>
        Programs.Start("script", ["-q", "-e", "-c", command, "/dev/null"]);

    private static Task<ProgramResult> RunAsync(params string[] arguments) =>
        Programs.RunAsync(Programs.EchoServer(["check", .. arguments]));
}
