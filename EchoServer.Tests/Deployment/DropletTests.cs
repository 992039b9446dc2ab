using System.Net.WebSockets;

namespace EchoServer.Tests.Deployment;

/// <summary>What <c>cf push</c> would run, as exactly as can be done without Cloud Foundry.</summary>
[WholeMachine]
internal sealed class DropletTests
{
    private static readonly Regex DroppedNotice = new(@"^[^ ]+ warn: Log\[1\] Dropped [1-9][0-9]* log lines because ");
    private static readonly Regex LogLine = new(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: (?<text>.+)$");

    // Then the platform kills.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    private Droplet _droplet = null!;
    private Manifest _manifest = null!;

    [SetUp]
    public async Task SetUp()
    {
        Requires.Published();
        _manifest = Manifest.Read();
        _droplet = await Droplet.StartAsync(_manifest);
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_droplet is not null)
        {
            await _droplet.DisposeAsync();
        }
    }

    [Test]
    public async Task It_becomes_healthy_echoes_and_stops_when_it_is_told_to()
    {
        using var liveness = new PlatformHealthCheck(_manifest, "health-check", _droplet.Port);
        using var readiness = new PlatformHealthCheck(_manifest, "readiness-health-check", _droplet.Port);
        await liveness.WaitUntilHealthyAsync();
        await readiness.WaitUntilHealthyAsync();
        using var stop = new CancellationTokenSource();
        Task<int> watch = liveness.WatchAsync(stop.Token);

        ProgramResult client = await Programs.RunAsync(Programs.EchoServer(["client", _droplet.Server.Url().AbsoluteUri, "Hi there!"]));
        Assert.That(client, Is.EqualTo(ProgramResult.Transcript));

        // "cf ssh": the client that was pushed with the server, in the same memory.
        ProgramResult ssh = await _droplet.RunAsync($"exec ./EchoServer client ws://localhost:{_droplet.Port} 'Hi there!'");
        Assert.That(ssh, Is.EqualTo(ProgramResult.Transcript));

        ProgramResult load = await Programs.RunAsync(Programs.EchoServer(
            ["load", _droplet.Server.Url("/raw").AbsoluteUri, "--connections", "500", "--size", "8192", "--binary", "--duration", "2"]));
        Assert.That((load.ExitCode, load.Error), Is.EqualTo((0, "")), load.Output);
        await TestContext.Out.WriteLineAsync($"{load.Output}memory: {_droplet.PeakBytes} bytes at most");

        using var visitor = new ClientWebSocket();
        await visitor.ConnectAsync(_droplet.Server.Url(), CancellationToken.None);
        await stop.CancelAsync();
        Assert.That(await watch, Is.Positive);

        Task<int> exit = _droplet.Server.StopAsync();
        Assert.That(await CloseStatusAsync(visitor), Is.EqualTo(WebSocketCloseStatus.EndpointUnavailable));
        Assert.That(await exit.WaitAsync(StopTimeout), Is.Zero);

        // Each message of the load is logged. How many of these lines are dropped depends on how fast the test reads them.
        Assert.That(await _droplet.Server.ReadErrorAsync(), Is.Empty);
        AssertLog([.. _droplet.Server.Output.Where(line => !DroppedNotice.IsMatch(line))]);
    }

    [Test]
    public async Task A_full_house_fits_its_memory_and_still_stops_in_time()
    {
        // Nearly all that it takes, idle; beside them every message is logged, which is what allocates. The log is read.
        const int idle = 3000;
        Requires.OpenFiles(idle + 500);
        using var liveness = new PlatformHealthCheck(_manifest, "health-check", _droplet.Port);
        await liveness.WaitUntilHealthyAsync();
        string url = _droplet.Server.Url("/raw").AbsoluteUri;
        await using var hold = RunningProgram.EchoServer("load", url, "--hold", "--connections", $"{idle}", "--duration", "600");
        await Wait.UntilAsync(() => OpenConnections() == idle, () => $"{OpenConnections()} of {idle} connections are open");
        using var stop = new CancellationTokenSource();
        Task<int> watch = liveness.WatchAsync(stop.Token);
        ProgramResult load = await Programs.RunAsync(Programs.EchoServer(["load", url, "--size", "1024", "--in-flight", "4", "--duration", "3"]));
        Assert.That((load.ExitCode, load.Error), Is.EqualTo((0, "")), load.Output);
        await TestContext.Out.WriteLineAsync($"{load.Output}memory: {_droplet.PeakBytes} bytes at most");
        await Wait.UntilAsync(() => OpenConnections() == idle, () => $"{OpenConnections()} of {idle} connections are open");
        await stop.CancelAsync();
        Assert.That(await watch, Is.Positive);

        Assert.That(await _droplet.Server.StopAsync().WaitAsync(StopTimeout), Is.Zero);

        // The one that asked for /info may not have ended before.
        Assert.That(_droplet.Server.Output.Last(), Does.Match($"Stopped: {idle / 10}[0-9] connections ended in time, 0 were aborted$"));

        // It says how each ended: the server went away.
        hold.Signal("INT");
        Assert.That((await hold.EndAsync()).Output, Does.Contain($"{idle:N0} x 1001"));
    }

    [Test]
    public async Task It_is_as_confined_as_an_instance_is()
    {
        string status = await File.ReadAllTextAsync($"/proc/{_droplet.Server.Id}/status");
        Assert.That(status, Does.Match($@"Uid:\s+{Droplet.UserId}\s").And.Match(@"CapEff:\s+0+\n").And.Match(@"Groups:\s*\n"));
        string limits = await File.ReadAllTextAsync($"/proc/{_droplet.Server.Id}/limits");
        Assert.That(Regex.Match(limits, @"Max open files\s+(\d+)\s+(\d+)").Groups[2].Value, Is.EqualTo($"{Droplet.OpenFiles}"));
        string[] variables = (await File.ReadAllTextAsync($"/proc/{_droplet.Server.Id}/environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(
            variables.Select(variable => variable.Split('=')[0]).Except(["PWD", "SHLVL", "_"]),
            Is.EquivalentTo(Droplet.Variables(_manifest, _droplet.Port).Keys));

        // Not one place to write to, no ICU, no .NET: whatever the server needed of them it would not have started.
        ProgramResult touch = await _droplet.RunAsync("for folder in . /tmp $TMPDIR /dev/shm /var/tmp; do touch $folder/file; done");
        Assert.That(touch.Error.TrimEnd('\n').Split('\n'), Has.Length.EqualTo(5).And.All.EndsWith("Read-only file system"));
        ProgramResult found = await _droplet.RunAsync("command -v dotnet; ls / /usr/share/dotnet /usr/lib/x86_64-linux-gnu | grep -E '^libicu|hostfxr'");
        Assert.That(found.Output, Is.Empty);
        Assert.That((await _droplet.RunAsync("ldd --version | head -n 1")).Output, Does.EndWith(" 2.36\n"));
    }

    [Test]
    public void It_knows_who_it_is_and_sizes_itself_by_what_it_was_given()
    {
        JsonElement info = HttpReply.Get(_droplet.Port, "/info").Json;
        JsonElement instance = info.GetProperty("instance");
        Assert.That(instance.GetProperty("index").GetInt32(), Is.Zero);
        Assert.That(instance.GetProperty("guid").GetString(), Is.EqualTo(Droplet.Guid));
        Assert.That(instance.GetProperty("application").GetString(), Is.EqualTo("echo-server"));
        Assert.That(instance.GetProperty("space").GetString(), Is.EqualTo("dev"));
        Assert.That(instance.GetProperty("uris")[0].GetString(), Is.EqualTo("echo-server-quick-otter.cfapps.example.com"));

        // Three quarters are the runtime's heap limit, a quarter of those the budget: what docs/cloud-foundry.md says of 32M.
        JsonElement limits = info.GetProperty("limits");
        Assert.That(limits.GetProperty("memoryBudgetBytes").GetInt64(), Is.EqualTo(_manifest.MemoryBytes * 3 / 16));
        Assert.That(limits.GetProperty("maxConnections").GetInt32(), Is.EqualTo(3072));
    }

    private int OpenConnections() => HttpReply.OpenConnections(_droplet.Port);

    private static async Task<WebSocketCloseStatus?> CloseStatusAsync(ClientWebSocket visitor)
    {
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        (WebSocketMessageType type, _) = await visitor.ReceiveMessageAsync(patience.Token);
        while (type != WebSocketMessageType.Close)
        {
            (type, _) = await visitor.ReceiveMessageAsync(patience.Token);
        }

        await visitor.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
        return visitor.CloseStatus;
    }

    /// <summary>Every line has a time, a level and an event; binary messages are not logged.</summary>
    private void AssertLog(string[] lines)
    {
        Assert.That(lines.Where(line => !LogLine.IsMatch(line)), Is.Empty);
        string[] texts = [.. lines.Select(line => LogLine.Match(line).Groups["text"].Value)];
        Assert.That(texts[0], Is.EqualTo($"EchoServer[1] Listening on ws://0.0.0.0:{_droplet.Port}"));
        Assert.That(texts.Count(text => Regex.IsMatch(text, "^Echo[[]10[]] #[0-9]+ Received Message: Hi there!$")), Is.EqualTo(2));

        // One of the last checks of health may not have ended before.
        Assert.That(texts, Has.Some.Match("^Server[[]2[]] Stopping: [1-3] connections are told to go$"));
        Assert.That(texts[^1], Does.Match("^Server[[]3[]] Stopped: [1-3] connections ended in time, 0 were aborted$"));
    }
}
