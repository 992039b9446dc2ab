
namespace EchoServer.Tests.Commands;

/// <summary><c>EchoServer load</c> as a process of its own.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class LoadCommandTests
{
    [Test]
    public async Task It_reports_on_standard_output()
    {
        ProgramResult result = await RunAsync(SharedServers.Large.Url(), "--connections", "20", "--duration", "0.5");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
        Assert.That(result.Output, Does.Match(
            """
            ^connections  20 of 20 opened in \d+\.\d\d s \([\d,]+ a second\)
            load         64 bytes of text, 1 in flight on each connection, as fast as echoes come
            echoes       [\d,]+ right in \d+\.\d\d s
            messages     [\d,]+ a second
            payload      \d+\.\d\d MB a second each way
            latency      p50 [\d.]+  p90 [\d.]+  p99 [\d.]+  p99\.9 [\d.]+  max [\d.]+ ms
            errors       none
            close codes  20 x 1000 NormalClosure
            $
            """));
    }

    [Test]
    public async Task One_byte_is_not_bytes()
    {
        ProgramResult result = await RunAsync(SharedServers.Large.Url("/raw"), "--connections", "1", "--duration", "0.1", "--size", "1");
        Assert.That(result.Output, Does.Contain("\nload         1 byte of text, "));
    }

    [Test]
    public async Task It_reports_in_JSON()
    {
        ProgramResult result = await RunAsync(
            SharedServers.Large.Url("/raw"), "--duration", "0.5", "--binary", "--size", "100", "--in-flight", "3", "--rate", "1000", "--ramp", "200", "--json");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        using JsonDocument json = JsonDocument.Parse(result.Output);
        JsonElement root = json.RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(root.GetProperty("url").GetString(), Is.EqualTo(SharedServers.Large.Url("/raw").AbsoluteUri));
            Assert.That(root.GetProperty("ok").GetBoolean(), Is.True);
            Assert.That(root.GetProperty("opened").GetInt32(), Is.EqualTo(50));
            Assert.That(root.GetProperty("openAtEnd").GetInt32(), Is.EqualTo(50));

            // 50 connections at 200 a second: the last one begins 245 ms after the first.
            Assert.That(root.GetProperty("connectSeconds").GetDouble(), Is.GreaterThanOrEqualTo(0.245));
            Assert.That(root.GetProperty("messageType").GetString(), Is.EqualTo("binary"));
            Assert.That(root.GetProperty("messages").GetInt64() + root.GetProperty("unsent").GetInt64(), Is.EqualTo(500));
            Assert.That(root.GetProperty("payloadBytes").GetInt64(), Is.EqualTo(100 * root.GetProperty("messages").GetInt64()));
            double[] latency = [.. root.GetProperty("latencyMilliseconds").EnumerateObject().Select(one => one.Value.GetDouble())];
            Assert.That(latency, Has.Length.EqualTo(5).And.Ordered);
            Assert.That(root.GetProperty("errors").GetArrayLength(), Is.Zero);
            Assert.That(root.GetProperty("closeCodes")[0].GetProperty("code").GetInt32(), Is.EqualTo(1000));
            Assert.That(root.GetProperty("closeCodes")[0].GetProperty("count").GetInt32(), Is.EqualTo(50));
        });
    }

    [Test]
    public async Task Without_a_right_echo_no_latency_is_known()
    {
        // The first connection learns the dialect.
        using ScriptedServer server = ScriptedServer.Echoing((connection, _, message) => connection == 0 ? [message] : [WireFrame.Close(4321)]);
        ProgramResult text = await RunAsync(server.Url, "--connections", "2", "--duration", "2");
        Assert.That(text.Output, Does.Contain("\nlatency      not known: no echo came right\n"));
        using ScriptedServer other = ScriptedServer.Echoing((connection, _, message) => connection == 0 ? [message] : [WireFrame.Close(4321)]);
        ProgramResult json = await RunAsync(other.Url, "--connections", "2", "--duration", "2", "--json");
        Assert.That(json.Output, Does.Contain("\"latencyMilliseconds\":null").And.Contain("\"ok\":false"));
    }

    [Test]
    public async Task An_app_that_does_not_echo_is_offered_a_load_without_echoes()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, _, _) => [WireFrame.Close(1003, "not JSON")]);
        ProgramResult result = await RunAsync(server.Url, "--duration", "0.1");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((1,
            $"EchoServer: {server.Url}: the server closed with 1003 UnsupportedData 'not JSON': it does not take this kind of message; " +
            "send the kind that it takes, text or binary; for an app that does not echo: --send FILE --expect-echo off\n")));
    }

    [Test]
    public async Task An_echo_that_is_wrong_is_exit_code_1()
    {
        using ScriptedServer server = ScriptedServer.Echoing((connection, number, message) =>
            connection == 1 && number == 3 ? [message with { Payload = [.. message.Payload[..^1], (byte)'\u0007'] }] : [message]);
        ProgramResult text = await RunAsync(server.Url, "--connections", "1", "--duration", "2");
        Assert.That((text.ExitCode, text.Error), Is.EqualTo((1, "")));
        Assert.That(text.Output, Does.Match(@"\nerrors       1 x echo altered \(first: connection 0: 64 bytes '.*'\)\n").And.Not.Contain("\u0007"));

        using ScriptedServer closing = ScriptedServer.Echoing((connection, number, message) =>
            connection == 1 && number == 3 ? [WireFrame.Close(4321)] : [message]);
        ProgramResult json = await RunAsync(closing.Url, "--connections", "2", "--duration", "2", "--json");
        Assert.That(json.ExitCode, Is.EqualTo(1));
        Assert.That(json.Output, Does.Contain("\"ok\":false").And.Contain("\"openAtEnd\":1")
            .And.Contain("""{"kind":"closedByServer","count":1,"first":"4321"}""").And.Contain("""{"code":4321,"name":"","count":1}"""));
    }

    [Test]
    public async Task Connections_that_the_server_ends_are_opened_again_on_request()
    {
        using ScriptedServer server = ScriptedServer.Echoing((connection, number, message) =>
            connection == 1 && number == 3 ? [WireFrame.Close(1001)] : [message]);
        ProgramResult text = await RunAsync(server.Url, "--reconnect", "--connections", "1", "--duration", "3");
        Assert.That((text.ExitCode, text.Error), Is.EqualTo((0, "")), text.Output);
        Assert.That(text.Output, Does.Match(
            """
            reconnects   1 of 1 connections that the server ended were served again
                         1 were told by 1001 or 1012; 1 echoes were under way
            outages      p50 [\d.]+  p90 [\d.]+  p99 [\d.]+  p99\.9 [\d.]+  max [\d.]+ ms
            errors       none
            close codes  1 x 1000 NormalClosure, 1 x 1001 GoingAway
            $
            """));

        using ScriptedServer breaking = ScriptedServer.Echoing((connection, number, message) =>
            connection == 1 && number == 3 ? [WireFrame.Close(1011)] : [message]);
        ProgramResult json = await RunAsync(breaking.Url, "--reconnect", "--connections", "1", "--duration", "3", "--json");
        Assert.That(json.ExitCode, Is.EqualTo(1), "it ended a connection and did not say why");
        Assert.That(json.Output, Does.Match(
            """
            "reconnects":\{"ended":1,"drained":0,"servedAgain":1,"unanswered":1,"outageMilliseconds":\{"p50":[\d.]+,"p90":[\d.]+,"p99":[\d.]+,"p999":[\d.]+,"max":[\d.]+\},"failedAttempts":\[\]\}
            """));
    }

    [Test]
    public async Task Connections_are_held()
    {
        ProgramResult result = await RunAsync(SharedServers.Large.Url(), "--hold", "--connections", "30", "--duration", "0.3");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Contain("30 of 30 opened").And.Match(@"\nheld         \d+\.\d\d s; 30 still open at the end\n"));
    }

    [Test]
    [WholeMachine]
    public async Task Ten_thousand_connections_are_held()
    {
        // The client has a file for each of them, and so has the server.
        Requires.OpenFiles(10_500);
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-messages", "false"]);
        ProgramResult result = await RunAsync(server.Url("/"), "--hold", "--connections", "10000", "--duration", "1");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
        Assert.That(result.Output, Does.Contain("10,000 of 10,000 opened").And.Contain("10,000 still open at the end"));
    }

    [Test]
    public async Task A_limit_of_open_files_that_is_too_low_is_one_line()
    {
        ProcessStartInfo start = Programs.EchoServer(["load", SharedServers.Large.Url().AbsoluteUri, "--connections", "400"]);
        ProgramResult result = await Programs.RunAsync(Programs.Through(start, "bash", "-c", "ulimit -n 300 && exec \"$0\" \"$@\""));
        result.AssertFailed(1, Does.Match(
            @"^EchoServer: ws://127\.0\.0\.1:\d+/: 400 connections need (\d+) open files, and the limit is 300; raise it with 'ulimit -n \1', or take fewer\n$"));
    }

    [Test]
    public async Task A_first_connection_that_fails_is_a_JSON_object_too()
    {
        int port = FreePort.Find();
        ProgramResult refused = await RunAsync(new Uri($"ws://127.0.0.1:{port}"), "--json");
        Assert.That(refused, Is.EqualTo(new ProgramResult(
            1,
            $"{{\"url\":\"ws://127.0.0.1:{port}/\",\"ok\":false,\"cause\":\"connection refused: nothing listens on port {port} of 127.0.0.1\",\"advice\":\"start the server, or check host and port in the URL\"}}\n",
            $"EchoServer: ws://127.0.0.1:{port}/: connection refused: nothing listens on port {port} of 127.0.0.1; start the server, or check host and port in the URL\n")));

        using ScriptedServer server = ScriptedServer.Answering("HTTP/1.1 405 x\r\nContent-Length: 0\r\n\r\n");
        using JsonDocument json = JsonDocument.Parse((await RunAsync(server.Url, "--json")).Output);
        Assert.That(json.RootElement.GetProperty("status").GetInt32(), Is.EqualTo(405));
        Assert.That(json.RootElement.GetProperty("cause").GetString(), Does.StartWith("the server does not take a GET at this path"));
    }

    [Test]
    public async Task A_signal_ends_it_early_with_the_report([Values("INT", "TERM")] string signal)
    {
        var underLoad = new TaskCompletionSource();
        using ScriptedServer server = ScriptedServer.Echoing((connection, number, message) =>
        {
            if (connection == 1 && number == 10)
            {
                underLoad.TrySetResult();
            }

            return ScriptedServer.Echo(message);
        });
        await using var load = RunningProgram.EchoServer("load", server.Url.AbsoluteUri, "--connections", "5", "--duration", "600");
        await underLoad.Task.WaitAsync(ServerProcess.Patience);
        load.Signal(signal);
        ProgramResult result = await load.EndAsync();
        Assert.That(result.ExitCode, Is.Zero, result.Output);
        Assert.That(result.Output, Does.Match(@"\nechoes       [\d,]+ right in \d+\.\d\d s\n").And.Contain("errors       none"));
    }

    [Test]
    [WholeMachine]
    public async Task It_speaks_TLS_to_a_server_whose_certificate_is_trusted_and_to_no_other()
    {
        using var certificates = new TestCertificates();
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions
        {
            Instances = [SharedServers.Large.Port],
            Certificate = certificates.Issue("localhost"),
        });
        Uri url = router.Url();
        string[][] trusting = [["--ca", certificates.AuthorityFile], ["--insecure"]];
        foreach (string[] options in trusting)
        {
            ProgramResult good = await RunAsync(url, ["--connections", "5", "--in-flight", "4", "--size", "40000", "--duration", "0.5", .. options]);
            Assert.That((good.ExitCode, good.Error), Is.EqualTo((0, "")), good.Output);
            Assert.That(good.Output, Does.Contain("5 of 5 opened").And.Contain("errors       none"));
        }

        ProgramResult bad = await RunAsync(url);
        bad.AssertFailed(1, Does.StartWith($"EchoServer: {url}: the certificate cannot be traced to a trusted authority: "));
    }

    [Test]
    public async Task Every_connection_sends_the_headers_that_were_asked_for()
    {
        using ScriptedServer server = ScriptedServer.Echoing((request, _) => ScriptedServer.Accept(request, "Sec-WebSocket-Protocol: superchat"));
        ProgramResult result = await RunAsync(
            server.Url, "--connections", "3", "--duration", "0.3", "-H", "X-One: 1", "--origin", "https://example.org", "-s", "chat", "-s", "superchat",
            "--basic-auth", "me:p:w", "--instance", "6f5a2a30-0d8e-4f4b-8a53-3a1f4de1d7c1:2");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);

        // The first connection, which learns the dialect, and three under load.
        Assert.That(server.Requests, Has.Count.EqualTo(4));
        foreach (string line in (string[])
            ["X-One: 1", "Origin: https://example.org", "Sec-WebSocket-Protocol: chat, superchat", "Authorization: Basic bWU6cDp3",
            "X-Cf-App-Instance: 6f5a2a30-0d8e-4f4b-8a53-3a1f4de1d7c1:2"])
        {
            Assert.That(server.Requests, Is.All.Contains($"\r\n{line}\r\n"));
        }
    }

    [Test]
    public async Task Every_connection_goes_through_the_proxy_of_the_option_or_of_the_environment()
    {
        using var proxy = new ConnectProxy("me:geheim");
        string url = $"http://me:geheim@{proxy.Address}";
        string[] arguments = ["load", SharedServers.Large.Url("/raw").AbsoluteUri, "--connections", "3", "--duration", "0.3"];
        var environment = new Dictionary<string, string> { ["http_proxy"] = url };
        ProgramResult[] results = await Task.WhenAll(
            Programs.RunAsync(Programs.EchoServer([.. arguments, "--proxy", url])), Programs.RunAsync(Programs.EchoServer(arguments, environment)));
        Assert.That(results.Select(result => (result.ExitCode, result.Error)), Is.All.EqualTo((0, "")));
        Assert.That(proxy.Targets, Has.Count.EqualTo(8).And.All.EqualTo($"CONNECT 127.0.0.1:{SharedServers.Large.Port}"));
    }

    private static Task<ProgramResult> RunAsync(Uri url, params string[] arguments) =>
        Programs.RunAsync(Programs.EchoServer(["load", url.AbsoluteUri, .. arguments]));
}
