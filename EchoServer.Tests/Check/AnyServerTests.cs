using EchoServer.Check;

namespace EchoServer.Tests.Check;

/// <summary>Servers that are not echo servers: they get only what every WebSocket server must accept, and pass on that.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class AnyServerTests
{
    private static readonly string[] NeedEcho = ["greeting", "text", "utf8", "binary", "empty", "fragments", "sizes", "round-trip"];

    private static IEnumerable<TestCaseData> Apps()
    {
        yield return Case("silent", AppServer.Silent);
        yield return Case("ticker", AppServer.Ticker);
        yield return Case("JSON only", () => AppServer.OfJson());
        yield return Case("greeting", () => AppServer.OfJson("welcome", "news"));
    }

    [TestCaseSource(nameof(Apps))]
    public async Task A_healthy_app_passes_and_is_sent_no_message(Func<AppServer> start)
    {
        using AppServer app = start();
        Checks checks = await Checks.RunAsync(app.Url, options => options with { Idle = TimeSpan.FromSeconds(0.3), Connections = 3 });
        Assert.That(checks.Which(Outcome.Fail).Concat(checks.Which(Outcome.Warn)), Is.Empty);
        Assert.That(checks.Results.Where(result => result.Finding.Group == "need --echo").Select(result => result.Name), Is.EqualTo(NeedEcho));
        checks.Expect("ping", Outcome.Pass, "pong in ");
        checks.Expect("close", Outcome.Pass, "our 1000 NormalClosure was answered with Close 1000 NormalClosure");
        checks.Expect("idle", Outcome.Pass, "silent: lives after ");
        checks.Expect("connections", Outcome.Pass, "3 of 3 open at once");
        WireFrame[] received = [.. app.Received];
        Assert.That(
            received.Select(frame => frame.Opcode), Is.All.AnyOf(WireFrame.PingOpcode, WireFrame.CloseOpcode));
        WireFrame[] ends = [.. received.Where(frame => frame.Opcode == WireFrame.CloseOpcode)];
        Assert.That(ends.Select(frame => frame.CloseCode), Is.All.EqualTo(1000));

        // Upgrade with ping and close, compression, subprotocol, two idle ones, three at once: each is ended with a Close.
        Assert.That(ends, Has.Length.EqualTo(8));
    }

    [Test]
    public async Task A_scenario_of_an_EchoServer_need_not_echo([Values("/silent", "/tick/100", "/burst/3", "/no-ping")] string path)
    {
        Checks checks = await Checks.RunAsync(SharedServers.Default.Url(path).AbsoluteUri);
        Assert.That(checks.Which(Outcome.Fail).Concat(checks.Which(Outcome.Warn)), Is.Empty);
        Assert.That(checks.Results.Where(result => result.Finding.Group == "need --echo").Select(result => result.Name), Is.EqualTo(NeedEcho));
        checks.Expect("greeting", Outcome.Skip, "needs an echo, and this path is a scenario, which need not echo: --echo tries it");
        checks.Expect("http", Outcome.Pass, "; this path is a scenario, for tests of clients");
    }

    [Test]
    public async Task Messages_that_a_server_sends_unasked_are_counted_where_silence_is_measured()
    {
        using AppServer app = AppServer.Ticker();
        Checks checks = await Checks.RunAsync(app.Url, options => options with { Idle = TimeSpan.FromSeconds(0.5) });
        Assert.That(checks["idle"].Text, Does.Match(@"silent: lives after [0-9.]+ s \(the server sent [0-9]+ messages?\)"));
        Assert.That((long)checks["idle"].Facts.Single(fact => fact.Name == "serverMessages").Value!, Is.Positive);
    }

    [Test]
    public async Task With_echo_a_server_that_does_not_echo_fails()
    {
        using AppServer app = AppServer.OfJson();
        Checks checks = await Checks.RunEchoAsync(app.Url);
        checks.Expect("greeting", Outcome.Fail, "Close 1003 UnsupportedData 'not JSON'", "does not take this kind of message");
        checks.Expect("text", Outcome.Skip, "needs an echo");
        Assert.That(checks["text"].Group, Is.Null);
    }

    [TestCase(400, Outcome.Skip, "refuses a subprotocol that it does not know, as it may: 400")]
    [TestCase(503, Outcome.Fail, "answered with 503")]
    public async Task A_server_may_refuse_a_subprotocol_that_it_does_not_know(int status, Outcome outcome, string text)
    {
        using var app = new AppServer(_ => [], accept: request => request.Contains("Sec-WebSocket-Protocol: ", StringComparison.Ordinal)
            ? $"HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            : ScriptedServer.Accept(request));
        Checks checks = await Checks.RunAsync(app.Url);
        checks.Expect("subprotocol", outcome, text);
    }

    [Test]
    public async Task A_server_may_insist_on_the_size_of_the_clients_window()
    {
        // RFC 7692 §7.1.2.2: only where the offer has the parameter. Node's ws refuses the others with 400.
        using var app = new AppServer(_ => [], accept: request => !request.Contains("permessage-deflate", StringComparison.Ordinal) ? ScriptedServer.Accept(request)
            : request.Contains("client_max_window_bits", StringComparison.Ordinal)
                ? ScriptedServer.Accept(request, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9")
                : "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Checks checks = await Checks.RunAsync(app.Url);
        checks.Expect("compression", Outcome.Pass, "permessage-deflate; client_max_window_bits=9");
    }

    [Test]
    public async Task Compression_is_agreed_on_without_a_message()
    {
        using var app = new AppServer(_ => [], accept: request => request.Contains("permessage-deflate", StringComparison.Ordinal)
            ? ScriptedServer.Accept(request, "Sec-WebSocket-Extensions: permessage-deflate")
            : ScriptedServer.Accept(request));
        Checks checks = await Checks.RunAsync(app.Url);
        checks.Expect("compression", Outcome.Pass, "permessage-deflate");
        Assert.That(app.Received.Select(frame => frame.Opcode), Does.Not.Contain(WireFrame.TextOpcode));
    }

    [Test]
    public async Task A_server_that_answers_no_ping_or_closes_by_itself_fails()
    {
        using ScriptedServer mute = EchoScripts.Server((_, _, _) => []);
        Checks swallowed = await Checks.RunAsync(
            mute.Url.AbsoluteUri, options => options with { Connections = 2 }, options => options with { Timeout = Wait.Lapse });
        swallowed.Expect("ping", Outcome.Fail, "no pong", "pings are not answered");
        swallowed.Expect("connections", Outcome.Pass, "2 of 2 open at once");

        using ScriptedServer closing = EchoScripts.Server((_, _, _) => [], peer => peer.Send(WireFrame.Close(1008, "token?") with { Masked = false }));
        Checks closed = await Checks.RunAsync(closing.Url.AbsoluteUri);
        closed.Expect("ping", Outcome.Fail, "Close 1008 PolicyViolation 'token?' instead of a pong", "a limit or a rule of the server");
    }

    [TestCase(1011, "")]
    [TestCase(4000, "bye")]
    public async Task A_Close_with_a_code_of_a_failure_in_answer_to_ours_is_a_warning(int code, string reason)
    {
        using ScriptedServer app = ScriptedServer.Upgrading((peer, _) =>
        {
            while (peer.ReadFrame() is WireFrame frame)
            {
                WireFrame answer = frame.Opcode == WireFrame.CloseOpcode ? WireFrame.Close(code, reason) : EchoScripts.Good(frame).Single();
                peer.Send(answer with { Masked = false });
            }
        });
        Checks checks = await Checks.RunAsync(app.Url.AbsoluteUri);
        checks.Expect("close", Outcome.Warn, $"our 1000 NormalClosure was answered with Close {code}", "the server closed with ");
    }

    [Test]
    public async Task Instances_of_an_app_that_does_not_say_its_number_are_counted_by_what_the_router_knows()
    {
        using AppServer app = RouterOf(2);
        Checks checks = await RunInstancesAsync(app);
        checks.Expect("instances", Outcome.Pass, "2 instances reached by X-Cf-App-Instance: 0, 1");
        Assert.That(app.Received.Select(frame => frame.Opcode), Is.All.AnyOf(WireFrame.PingOpcode, WireFrame.CloseOpcode));
    }

    [Test]
    public async Task A_header_that_is_ignored_shows_when_every_number_is_answered()
    {
        using AppServer app = RouterOf(int.MaxValue);
        Checks checks = await RunInstancesAsync(app);
        checks.Expect("instances", Outcome.Fail, "every number up to 99 is answered", "X-Cf-App-Instance has no effect");
    }

    private static Task<Checks> RunInstancesAsync(AppServer app) => Checks.RunAsync(
        app.Url,
        options => options with { ReachesInstances = true },
        options => options with { Instance = "11111111-2222-3333-4444-555555555555:0" });

    private static AppServer RouterOf(int instances) => new(_ => [], accept: request =>
    {
        string asked = request.Split("\r\n").Single(line => line.StartsWith("X-Cf-App-Instance: ", StringComparison.Ordinal));
        return int.Parse(asked.Split(':')[^1], CultureInfo.InvariantCulture) < instances
            ? ScriptedServer.Accept(request)
            : "HTTP/1.1 400 Bad Request\r\nX-Cf-RouterError: unknown_route\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    });

    private static TestCaseData Case(string name, Func<AppServer> start) => new TestCaseData(start).SetName($"{{m}}({name})");
}
