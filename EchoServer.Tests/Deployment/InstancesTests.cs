namespace EchoServer.Tests.Deployment;

/// <summary>Three instances behind a router that asks for their health, under load, while they are restarted and killed.</summary>
[WholeMachine]
internal sealed class InstancesTests
{
    private const int Connections = 60;
    private const string Rate = "3000";

    private static readonly TimeSpan HealthInterval = TimeSpan.FromMilliseconds(500);

    // What a connection may be without service: a bound for when something hangs, not the second that is usual.
    private static readonly TimeSpan MaxOutage = ServerProcess.Patience;

    // Every other kind of error is that of a wrong or missing echo, or of a place that was not served again.
    private static readonly string[] EndsWithoutAWord = ["endedWithoutClose", "connectionReset"];

    private readonly List<ServerProcess> _instances = [];
    private TestCertificates _certificates = null!;
    private Haproxy _router = null!;

    [SetUp]
    public async Task StartAsync()
    {
        for (int index = 0; index < 3; index++)
        {
            _instances.Add(await StartInstanceAsync(index, FreePort.Find()));
        }

        _certificates = new TestCertificates();
        _router = await Haproxy.StartAsync(new HaproxyOptions
        {
            Certificate = _certificates.Issue("localhost"),
            Instances = [.. _instances.Select(instance => instance.Port)],
            HealthInterval = HealthInterval,
        });
        await WaitUntilAllAreUpAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await (_router?.DisposeAsync() ?? ValueTask.CompletedTask);
        _certificates?.Dispose();
        foreach (ServerProcess instance in _instances)
        {
            await instance.DisposeAsync();
        }

        _instances.Clear();
    }

    [Test]
    public async Task A_rolling_restart_costs_no_echo_and_no_connection_a_word()
    {
        await using RunningProgram load = StartLoad();
        int[] drained = new int[3];
        for (int index = 0; index < 3; index++)
        {
            await WaitUntilLoadedAsync();
            drained[index] = OpenConnections(index);
            int port = _instances[index].Port;
            await _instances[index].StopAndCheckBudgetAsync();
            await _instances[index].DisposeAsync();
            _instances[index] = await StartInstanceAsync(index, port);
            await _router.WaitForAsync($"{index}", isUp: true);
        }

        (JsonElement report, JsonElement reconnects, double longest) = await EndAsync(load);
        int ended = reconnects.GetProperty("ended").GetInt32();
        await TestContext.Out.WriteLineAsync($"{ended} connections drained, served again within {longest:0} ms");
        Assert.That(report.GetProperty("ok").GetBoolean(), Is.True, $"{report}");
        Assert.That(drained, Has.All.Positive, "the load was on all of them");
        Assert.That(ended, Is.EqualTo(drained.Sum()), "every connection of an instance that stopped");
        Assert.That(reconnects.GetProperty("drained").GetInt32(), Is.EqualTo(ended), "was told so by 1001");
        Assert.That(reconnects.GetProperty("servedAgain").GetInt32(), Is.EqualTo(ended), "and had an echo soon after");
        Assert.That(CloseCodes(report), Is.EquivalentTo(new[] { (1000, Connections), (1001, ended) }));
        Assert.That(report.GetProperty("openAtEnd").GetInt32(), Is.EqualTo(Connections));
        Assert.That(longest, Is.LessThan(MaxOutage.TotalMilliseconds));
    }

    [Test]
    public async Task An_instance_that_is_killed_is_out_of_rotation_and_its_clients_are_served_by_the_others()
    {
        Assert.That(await IndicesAsync(30), Is.EqualTo("0 1 2"), "/info shows that all of them answer");
        await using RunningProgram load = StartLoad();
        await WaitUntilLoadedAsync();
        int broken = OpenConnections(1);
        long killedAt = Stopwatch.GetTimestamp();
        Programs.Signal(_instances[1].Id, "KILL");
        await _router.WaitForAsync("1", isUp: false);
        TimeSpan outOfRotation = Stopwatch.GetElapsedTime(killedAt);
        Assert.That(await IndicesAsync(30), Does.Not.Contain("1"), "the killed one is asked no more");

        // Which of the others answers depends on how many connections each has at that moment: the router takes the one with fewer.
        await Wait.UntilAsync(
            () => OpenConnections(0) + OpenConnections(2) == Connections, () => $"open connections: {OpenConnections(0)}, {OpenConnections(2)}");
        Assert.That(new[] { OpenConnections(0), OpenConnections(2) }, Has.All.Positive);

        (JsonElement report, JsonElement reconnects, double longest) = await EndAsync(load);
        await TestContext.Out.WriteLineAsync(
            $"{broken} connections cut, served again within {longest:0} ms; out of rotation after {outOfRotation.TotalMilliseconds:0} ms, health interval {HealthInterval.TotalMilliseconds} ms");
        Assert.That(broken, Is.Positive);
        Assert.That(Errors(report).Select(error => error.Kind), Is.SubsetOf(EndsWithoutAWord), $"{report}");
        Assert.That(Errors(report).Sum(error => error.Count), Is.EqualTo(broken), "each broken connection is an error");
        Assert.That(reconnects.GetProperty("ended").GetInt32(), Is.EqualTo(broken));
        Assert.That(reconnects.GetProperty("drained").GetInt32(), Is.Zero);
        Assert.That(reconnects.GetProperty("servedAgain").GetInt32(), Is.EqualTo(broken));
        Assert.That(report.GetProperty("openAtEnd").GetInt32(), Is.EqualTo(Connections));
        Assert.That(longest, Is.LessThan(MaxOutage.TotalMilliseconds));
    }

    private static Task<ServerProcess> StartInstanceAsync(int index, int port) => ServerProcess.StartAsync(
        ["--log-messages", "false"], new Dictionary<string, string> { ["CF_INSTANCE_INDEX"] = $"{index}", ["PORT"] = $"{port}" });

    private async Task WaitUntilAllAreUpAsync()
    {
        for (int index = 0; index < 3; index++)
        {
            await _router.WaitForAsync($"{index}", isUp: true);
        }
    }

    /// <summary>
    /// Waits until every connection of the load is at an instance; the one that it learned on is gone then, and none is opening.
    /// </summary>
    private Task WaitUntilLoadedAsync() => Wait.UntilAsync(
        () => Enumerable.Range(0, 3).Sum(OpenConnections) == Connections,
        () => $"open connections: {string.Join(", ", Enumerable.Range(0, 3).Select(OpenConnections))}");

    private int OpenConnections(int index) => HttpReply.OpenConnections(_instances[index].Port);

    private async Task<string> IndicesAsync(int requests)
    {
        using var trusting = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var http = new HttpClient(trusting);
        var indices = new SortedSet<int>();
        for (int i = 0; i < requests; i++)
        {
            JsonElement root = JsonElement.Parse(await http.GetStringAsync(_router.HttpUrl("/info")));
            int index = root.GetProperty("instance").GetProperty("index").GetInt32();
            string told = root.GetProperty("request").GetProperty("headers").EnumerateArray()
                .Single(header => header.GetProperty("name").GetString() == "X-Cf-Instanceindex").GetProperty("value").GetString()!;
            Assert.That($"{index}", Is.EqualTo(told), "it is the one that the router meant");
            indices.Add(index);
        }

        return string.Join(' ', indices);
    }

    private static IEnumerable<(string Kind, long Count)> Errors(JsonElement report) =>
        report.GetProperty("errors").EnumerateArray().Select(error => (error.GetProperty("kind").GetString()!, error.GetProperty("count").GetInt64()));

    private static IEnumerable<(int Code, int Count)> CloseCodes(JsonElement report) =>
        report.GetProperty("closeCodes").EnumerateArray().Select(seen => (seen.GetProperty("code").GetInt32(), seen.GetProperty("count").GetInt32()));

    private RunningProgram StartLoad()
    {
        ProcessStartInfo start = Programs.WithDefaultSignals(Programs.EchoServer(
            ["load", _router.Url().AbsoluteUri, "--reconnect", "--json", "--connections", $"{Connections}", "--in-flight", "2", "--rate", Rate, "--duration", "300"]));
        start.Environment["SSL_CERT_FILE"] = _certificates.AuthorityFile;
        return new RunningProgram(start);
    }

    /// <summary>Ends the load as Ctrl-C does, after a moment in which all is well.</summary>
    /// <returns>Its report, the report's part about new connections, and the longest time without service in ms.</returns>
    private static async Task<(JsonElement Report, JsonElement Reconnects, double Longest)> EndAsync(RunningProgram load)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        load.Signal("INT");
        JsonElement report = JsonElement.Parse((await load.EndAsync()).Output);
        JsonElement reconnects = report.GetProperty("reconnects");
        return (report, reconnects, reconnects.GetProperty("outageMilliseconds").GetProperty("max").GetDouble());
    }
}
