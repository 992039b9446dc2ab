using EchoServer.Check;

namespace EchoServer.Tests.Check;

/// <summary>A router that heeds X-Cf-App-Instance: it takes each connection to the instance that the header names.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class InstancesProbeTests
{
    private const string Application = "11111111-2222-3333-4444-555555555555";
    private const string Refused = "endpoint_failure (dial tcp 10.0.0.1:61001: connect: connection refused)";

    private readonly List<ServerProcess> _started = [];
    private int[] _ports = [];
    private ServerProcess _silent = null!;
    private ServerProcess _unnumbered = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        for (int index = 0; index < 3; index++)
        {
            _started.Add(await StartAsync(index));
        }

        _ports = [.. _started.Select(server => server.Port)];
        _started.Add(_silent = await StartAsync(1, "--info", "false"));
        _started.Add(_unnumbered = await ServerProcess.StartAsync(["--log-messages", "false"]));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (ServerProcess server in _started)
        {
            await server.DisposeAsync();
        }
    }

    [Test]
    public async Task Every_instance_is_reached_until_the_router_knows_no_more()
    {
        Checks checks = await RunAsync(new() { [0] = _ports[0], [1] = _ports[1] });
        checks.Expect("instances", Outcome.Pass, "2 instances reached by X-Cf-App-Instance: 0, 1");
        ExpectFacts(checks, "0 1", "", "");
    }

    [TestCase("0", "0 2", Outcome.Warn, "1")]
    [TestCase("2", "1 2", Outcome.Warn, "0")]
    [TestCase("2", "2", Outcome.Warn, "0 1")]
    [TestCase("0", "0", Outcome.Pass, "")]
    public async Task A_gap_is_a_warning_and_the_others_are_reached(string answering, string running, Outcome outcome, string gap)
    {
        Dictionary<int, object> instances = running.Split(' ').ToDictionary(int.Parse, index => (object)_ports[int.Parse(index)]);
        Checks checks = await RunAsync(instances, int.Parse(answering));
        int count = instances.Count;
        checks.Expect("instances", outcome, $"{count} instance{(count == 1 ? "" : "s")} reached by X-Cf-App-Instance: {running.Replace(" ", ", ")}");
        foreach (string index in gap.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            checks.Expect("instances", outcome, $"instance {index}: 400, the router does not know it");
        }

        checks.Expect("instances", outcome, "", outcome == Outcome.Warn ? $"the router does not know instance {gap[0]}, and knows a later one" : "");
        ExpectFacts(checks, running, "", gap);
    }

    [TestCase(Refused, "502, nothing listens on the app's port", "nothing listens on the app's port", "$PORT")]
    [TestCase("", "the connection ended", "ended the connection instead of answering", "")]
    public async Task An_instance_that_does_not_serve_is_named_and_the_others_are_tried(string error, string text, string cause, string advice)
    {
        Checks checks = await RunAsync(new() { [0] = _ports[0], [1] = error, [2] = _ports[2] });
        checks.Expect("instances", Outcome.Fail, $"2 instances reached by X-Cf-App-Instance: 0, 2; instance 1: {text}", cause, advice);
        ExpectFacts(checks, "0 2", "1", "");
    }

    [Test]
    public async Task An_instance_without_info_is_named_and_the_others_are_tried([Values(0, 1)] int answering)
    {
        Checks checks = await RunAsync(new() { [0] = _ports[0], [1] = _silent.Port, [2] = _ports[2] }, answering);
        checks.Expect("instances", Outcome.Warn, "2 instances reached by X-Cf-App-Instance: 0, 2; instance 1: answers, but /info is 404 Not Found", "does not say that it is this one", "--info true");
    }

    [Test]
    public async Task An_instance_that_the_router_has_just_taken_out_is_not_the_end_of_the_numbers()
    {
        Checks checks = await RunAsync(new() { [0] = _ports[0], [1] = "no_endpoints" });
        checks.Expect("instances", Outcome.Fail, "1 instance reached by X-Cf-App-Instance: 0; instance 1: 502, the router knows it and cannot reach it", "the router knows instance 1, and has just taken it out", "cf logs");
        ExpectFacts(checks, "0", "1", "");
    }

    [Test]
    public async Task An_instance_without_its_number_does_not_mean_that_there_is_no_router()
    {
        Checks checks = await RunAsync(new() { [0] = _ports[0], [1] = _unnumbered.Port });
        checks.Expect("instances", Outcome.Warn, "1 instance reached by X-Cf-App-Instance: 0; asked for instance 1, no instance that says its number answered", "an instance answered for number 1, but its /info does not say which one it is", "CF_INSTANCE_INDEX");
        ExpectFacts(checks, "0", "", "");
    }

    [Test]
    public async Task Instances_that_all_have_no_number_mean_that_the_header_is_ignored()
    {
        Checks checks = await RunAsync(Enumerable.Range(0, 10).ToDictionary(index => index, _ => (object)_unnumbered.Port));
        checks.Expect("instances", Outcome.Fail, "asked for instance 0, no instance that says its number answered", "X-Cf-App-Instance has no effect");
    }

    [Test]
    public async Task None_that_the_router_knows_is_a_failure()
    {
        Checks checks = await RunAsync(new(), answering: 0, plain: _ports[0]);
        checks.Expect("instances", Outcome.Fail, "instance 0: 400, the router does not know it", "does not know the instance that was asked for, or has no route '127.0.0.1'");
    }

    [Test]
    public async Task A_header_that_is_ignored_is_named()
    {
        Checks checks = await RunAsync(new() { [0] = _ports[0], [1] = _ports[0] });
        checks.Expect("instances", Outcome.Fail, "asked for instance 1, instance 0 answered", "X-Cf-App-Instance has no effect");
    }

    /// <summary>Runs the check through a router.</summary>
    /// <param name="instances">The port of each instance that the router knows; or its error for one; or nothing, and it ends the connection.</param>
    /// <param name="answering">The instance that answers requests for any; half of those for <c>/info</c> go to instance 0.</param>
    /// <param name="plain">The port that answers those, where it is not that of an instance.</param>
    private static async Task<Checks> RunAsync(Dictionary<int, object> instances, int answering = 0, int? plain = null)
    {
        int infos = 0;
        using var router = new ScriptedServer((peer, _) =>
        {
            string request = peer.ReadHead();
            string? wanted = request.Split("\r\n").FirstOrDefault(line => line.StartsWith("X-Cf-App-Instance: ", StringComparison.Ordinal));
            bool isOther = wanted is null && answering == 1 && request.StartsWith("GET /info ", StringComparison.Ordinal) && Interlocked.Increment(ref infos) % 2 == 0;
            int index = wanted is not null ? int.Parse(wanted.Split(':')[^1]) : isOther ? 0 : answering;
            object? target = wanted is null && plain is not null ? plain : instances.GetValueOrDefault(index);
            switch (target)
            {
                case null:
                    peer.Send("HTTP/1.1 400 Bad Request\r\nX-Cf-RouterError: unknown_route\r\nContent-Length: 18\r\nConnection: close\r\n\r\nRequested instance");
                    break;
                case "":
                    break;
                case string error:
                    peer.Send($"HTTP/1.1 502 Bad Gateway\r\nX-Cf-RouterError: {error}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    break;
                default:
                    Forward(peer, request, (int)target);
                    break;
            }
        });
        return await Checks.RunAsync(router.Url.AbsoluteUri + "raw", options => options with { ReachesInstances = true });
    }

    [TestCase("11111111-2222-3333-4444-555555555555", ExpectedResult = true)]
    [TestCase("11111111-2222-3333-4444-555555555555\\r\\nX-Evil: yes", ExpectedResult = false)]
    [TestCase("guid", ExpectedResult = false)]
    public bool Only_a_GUID_is_taken_from_a_server_for_a_request(string application)
    {
        string info = HttpReply.Get(SharedServers.Default.Port, "/info").Text;
        string hostile = info.Replace("\"headers\": [", $"\"headers\": [{{\"name\": \"X-Cf-Applicationid\", \"value\": \"{application}\"}},");
        ServerInfo read = ServerInfo.Read(hostile)!;
        Assert.That(read.Header("X-Cf-Applicationid"), Is.Not.Null);
        return read.ApplicationId is not null;
    }

    private static void Forward(RawPeer peer, string request, int port)
    {
        using var server = new RawPeer(port);
        server.Send(request.Replace("\r\n\r\n", $"\r\nX-Cf-Applicationid: {Application}\r\n\r\n"));
        peer.Join(server);
    }

    private static void ExpectFacts(Checks checks, string reached, string failed, string unknown) => Assert.That(
        checks["instances"].Facts.Select(fact => $"{fact.Name} {string.Join(' ', (string[])fact.Value!)}".TrimEnd()),
        Is.EqualTo(new[] { $"reached {reached}", $"failed {failed}".TrimEnd(), $"unknown {unknown}".TrimEnd() }));

    private static Task<ServerProcess> StartAsync(int index, params string[] options) => ServerProcess.StartAsync(
        ["--log-messages", "false", .. options],
        new Dictionary<string, string> { ["CF_INSTANCE_INDEX"] = $"{index}" });
}
