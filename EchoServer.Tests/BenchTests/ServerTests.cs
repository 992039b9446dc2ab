using EchoServer.Bench.Measurements;
using EchoServer.Bench.Servers;

namespace EchoServer.Tests.BenchTests;

[WholeMachine]
[NonParallelizable]
internal sealed class ServerTests
{
    private static readonly TimeSpan EnoughCpu = TimeSpan.FromSeconds(0.2);

    private static ServerKind Shell(string script) => new("shell", "a script", "/bin/sh", "-c", script)
    {
        Settings = "",
        Version = () => "",
    };

    [Test]
    public async Task The_CPU_clock_of_a_busy_process_agrees_with_proc()
    {
        int id;
        await using (var busy = new RunningProgram(Programs.Start("/bin/sh", ["-c", "while :; do :; done"])))
        {
            id = busy.Id;
            await Wait.UntilAsync(() => ProcessClock.Read(id) > EnoughCpu, () => "a busy process uses no CPU");
            Assert.That(() => ProcessClock.Check(id), Throws.Nothing);
            Assert.That(ProcessClock.ReadTicks(id), Is.GreaterThan(TimeSpan.Zero));
        }

        Assert.That(() => ProcessClock.Read(id), Throws.InvalidOperationException.With.Message.Contains("it has ended"));
    }

    [Test]
    public async Task The_CPU_clock_does_not_run_for_a_process_that_waits()
    {
        await using var waiting = new RunningProgram(Programs.Start("/bin/sleep", ["60"]));
        // As soon as the program has taken the process over.
        await Wait.UntilAsync(() => File.ReadAllText($"/proc/{waiting.Id}/comm") == "sleep\n", () => "sleep does not start");
        await Wait.UntilAsync(() => File.ReadAllText($"/proc/{waiting.Id}/stat").Contains(" S ", StringComparison.Ordinal), () => "sleep does not sleep");
        TimeSpan before = ProcessClock.Read(waiting.Id);
        await Task.Delay(50);
        Assert.That(ProcessClock.Read(waiting.Id), Is.EqualTo(before));
    }

    [Test]
    public void Memory_is_what_proc_says_of_this_process()
    {
        ProcessMemory memory = ProcessMemory.Read(Environment.ProcessId);
        Assert.That(memory.Resident, Is.GreaterThan(1 << 20));
        Assert.That(memory.Peak, Is.GreaterThanOrEqualTo(memory.Resident));
    }

    [Test]
    public async Task A_disposed_server_has_ended()
    {
        RunningServer server = await RunningServer.StartAsync(Shell("echo Listening on ws://127.0.0.1:4711; exec sleep 60"), CancellationToken.None);
        Assert.That(server.Port, Is.EqualTo(4711));
        Assert.That(Directory.Exists($"/proc/{server.Id}"), Is.True);
        int id = server.Id;
        await server.DisposeAsync();
        Assert.That(Directory.Exists($"/proc/{id}"), Is.False);
    }

    [Test]
    public void A_server_that_cannot_start_is_named_with_its_own_words() => Assert.That(
        () => RunningServer.StartAsync(Shell("echo no port for me >&2; exit 1"), CancellationToken.None),
        Throws.InvalidOperationException.With.Message.EqualTo("shell: it did not say where it listens, but: no port for me"));

    [Test]
    public async Task A_stopped_start_leaves_no_process()
    {
        using var stop = new CancellationTokenSource();
        string file = Path.GetTempFileName();
        Task<RunningServer> start = RunningServer.StartAsync(Shell($"echo $$ >{file}; exec sleep 600"), stop.Token);
        await Wait.UntilAsync(() => File.ReadAllText(file).EndsWith('\n'), () => "the script does not begin");
        string id = File.ReadAllText(file).Trim();
        File.Delete(file);
        await stop.CancelAsync();
        Assert.That(async () => await start, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.Exists($"/proc/{id}"), Is.False);
    }

    [Test]
    public async Task A_servers_environment_is_not_the_shells_but_what_its_kind_says()
    {
        // The script writes it before it is ready: /proc/PID/environ is empty for a moment while the process becomes sleep.
        string variables = Path.GetTempFileName();
        ServerKind kind = Shell($"env >{variables}; echo Listening on ws://127.0.0.1:$PORT$PORT1; exec sleep 60") with
        {
            Environment = new Dictionary<string, string> { ["WS_NO_BUFFER_UTIL"] = "1", ["PORT1"] = "123" },
        };
        Environment.SetEnvironmentVariable("DOTNET_gcServer", "1");
        try
        {
            await using RunningServer server = await RunningServer.StartAsync(kind, CancellationToken.None);
            Assert.That(server.Port, Is.EqualTo(123));
            Assert.That(await File.ReadAllTextAsync(variables), Does.Not.Contain("DOTNET_gcServer").And.Contain("WS_NO_BUFFER_UTIL=1"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("DOTNET_gcServer", null);
            File.Delete(variables);
        }
    }

    [Test]
    public void A_server_whose_files_are_not_there_says_what_to_do()
    {
        ServerKind kind = Shell("") with { Needs = [("/bin/sh", "no shell"), ("/nowhere", "install it")] };
        Assert.That(kind.Missing, Is.EqualTo("install it"));
        Assert.That((kind with { Needs = [("/bin/sh", "no shell")] }).Missing, Is.Null);
    }

    [Test]
    public async Task Lanes_take_turns_and_the_warm_up_is_not_counted()
    {
        await using RunningServer server = await RunningServer.StartAsync(Shell("echo Listening on tcp://127.0.0.1:1; exec sleep 60"), CancellationToken.None);
        var turns = new List<string>();
        Lane[] lanes = [.. ((string[])["A", "B"]).Select(name => new Lane(server, time =>
        {
            turns.Add($"{name}{time.TotalSeconds}");
            return Task.FromResult(new Amount(Count: 10, Errors: 1, time));
        }))];
        await Lane.WarmUpAsync(lanes, TimeSpan.FromSeconds(3), CancellationToken.None);
        await Lane.MeasureAsync(lanes, new EchoServer.Bench.BenchOptions { Rounds = 3, RoundTime = TimeSpan.FromSeconds(1) }, CancellationToken.None);
        Assert.That(string.Join(' ', turns), Is.EqualTo("A3 B3 A1 B1 A1 B1 A1 B1"));
        Assert.That((lanes[1].Count, lanes[1].CountInAll, lanes[1].Errors), Is.EqualTo((30, 40, 4)));
        Assert.That((lanes[1].Rate.Best, lanes[1].Rate.Median), Is.EqualTo((10.0, 10.0)));
    }

    [Test]
    public async Task A_round_in_which_nothing_came_back_is_no_round()
    {
        await using RunningServer server = await RunningServer.StartAsync(Shell("echo Listening on tcp://127.0.0.1:1; exec sleep 60"), CancellationToken.None);
        var lane = new Lane(server, time => Task.FromResult(new Amount(0, 0, time)));
        Assert.That(
            () => Lane.MeasureAsync([lane], new EchoServer.Bench.BenchOptions(), CancellationToken.None),
            Throws.InvalidOperationException.With.Message.Contains("shell: nothing came back"));
    }
}
