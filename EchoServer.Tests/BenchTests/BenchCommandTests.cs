using System.Xml.Linq;
using EchoServer.Bench;
using EchoServer.Bench.Measurements;
using EchoServer.Bench.Servers;

namespace EchoServer.Tests.BenchTests;

[WholeMachine]
internal sealed class BenchCommandTests : FolderTest
{
    // Ours, as it is published, and what each shape needs besides.
    private static readonly string[] FewServers = [ServerKinds.Raw, ServerKinds.Cf, ServerKinds.Tutorial];

    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = NewFolder();

    [Test]
    public async Task A_quick_run_measures_every_server()
    {
        Requires.BenchServers();
        using JsonDocument json = await MeasureAsync("--shapes", EchoShape.Small);
        JsonElement report = json.RootElement;
        ServerKind[] there = [.. ServerKinds.All.Where(kind => kind.Missing is null)];
        Assert.That(report.GetProperty("leftOut").GetArrayLength(), Is.EqualTo(ServerKinds.All.Count - there.Length));
        Assert.That(Keys(report, "servers", "key"), Is.EqualTo(there.Select(kind => kind.Key)));
        AssertEchoes(report, [EchoShape.Small], there.Where(kind => kind.HasRawPath).Select(kind => kind.Key));
    }

    [Test]
    public async Task A_quick_run_measures_every_shape()
    {
        Requires.BenchServers();
        using JsonDocument json = await MeasureAsync("--servers", string.Join(',', FewServers));
        JsonElement report = json.RootElement;
        Assert.That(report.EnumerateObject().Select(property => property.Name), Is.EqualTo(
            (string[])["date", "commit", "machine", "conditions", "servers", "leftOut", "echo", "connects", "idle", "start", "tutorial",
                "allocations", "deflate", "cfBytesOnDisk", "targets", "errors"]));
        AssertEchoes(report, EchoShape.All.Select(shape => shape.Key), [ServerKinds.Raw, ServerKinds.Cf]);
        Assert.That(Keys(report, "connects", "server"), Is.EqualTo([ServerKinds.Cf]));
        Assert.That(Keys(report, "idle", "server"), Is.EqualTo([ServerKinds.Raw, ServerKinds.Cf]));
        Assert.That(Keys(report, "start", "server"), Is.EqualTo(FewServers));
        string[] logging = [ServerKinds.Cf, ServerKinds.Tutorial];
        Assert.That(Keys(report, "tutorial", "server"), Is.EqualTo((string[])[.. logging, .. logging]), "with 1 and with 16 in flight");
        Assert.That(
            Keys(report, "deflate", "server"),
            Is.EqualTo(Enumerable.Repeat((string[])[ServerKinds.CfDeflate, ServerKinds.CfDeflate6], 6).SelectMany(keys => keys)), "three shapes, with and without context");
        Assert.That(report.GetProperty("allocations").GetArrayLength(), Is.GreaterThan(0));

        string markdown = await File.ReadAllTextAsync(Path.Combine(_folder, "bench.md"));
        Assert.That(markdown, Does.Contain("EchoServer, cf build").And.Contain("1,000 × 64 B × 1"));
        Assert.That(XElement.Load(Path.Combine(_folder, "bench.svg")).Name.LocalName, Is.EqualTo("svg"));
        Assert.That(new FileInfo(Path.Combine(_folder, "bench.svg")).Length, Is.LessThan(60_000), "it is to be committed");
    }

    [Test]
    public async Task Ctrl_C_ends_the_bench_and_its_servers()
    {
        Requires.BenchServers();

        // A process that was started in the background ignores SIGINT, and so do its children, unless it is told not to.
        ProcessStartInfo start = Bench("--servers", "raw,node", "--shapes", EchoShape.Small, "--rounds", "1000", "--output", _folder);
        await using var bench = new RunningProgram(Programs.WithDefaultSignals(start));
        string[] servers = [];
        await Wait.UntilAsync(() => (servers = ChildrenOf(bench.Id)).Length == 2, () => "the bench starts no servers");
        bench.Signal("INT");
        ProgramResult result = await bench.EndAsync();
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.EndWith("bench: interrupted; nothing was written\n"));
        Assert.That(servers.Where(id => Directory.Exists($"/proc/{id}")), Is.Empty);
        Assert.That(Directory.EnumerateFiles(_folder), Is.Empty);
    }

    [Test]
    public async Task A_server_that_is_not_there_is_left_out_with_a_line()
    {
        Requires.BenchServers();
        ProcessStartInfo start = Bench("--quick", "--servers", "raw,node", "--shapes", EchoShape.Small, "--output", _folder);
        string tools = Path.Combine(_folder, "tools");
        Directory.CreateDirectory(tools);
        start.Environment["PATH"] = tools;
        ProgramResult result = await Programs.RunAsync(start);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Error, Does.Contain("bench: node is left out: Node is not on the PATH\n"));
        Assert.That(result.Output, Does.Contain("raw TCP echo").And.Not.Contain("  Node ws"));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(_folder, "bench.md")), Does.Contain("| Node ws | left out | Node is not on the PATH |"));
    }

    [Test]
    public async Task When_none_of_the_servers_is_there_it_is_one_line_and_exit_code_1()
    {
        ProcessStartInfo start = Bench("--servers", "node", "--output", _folder);
        start.Environment["PATH"] = _folder;
        ProgramResult result = await Programs.RunAsync(start);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")));
        Assert.That(result.Error, Does.EndWith("bench: none of the servers is there\n"));
    }

    [Test]
    public async Task With_too_few_open_files_only_the_idle_connections_are_left_out()
    {
        Requires.BenchServers();
        ProcessStartInfo bench = Bench("--servers", "raw", "--shapes", $"{EchoShape.Small},idle", "--rounds", "1", "--warm-up", "0.1", "--output", _folder);
        ProgramResult result = await Programs.RunAsync(Programs.Start(
            "/bin/sh", ["-c", "ulimit -n 1000; exec \"$0\" \"$@\"", bench.FileName, .. bench.ArgumentList]));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Error, Does.Contain("bench: no idle connections to raw: 10000 connections need "));
        Assert.That(result.Output, Does.Contain("Echoes on /raw").And.Not.Contain("Idle connections"));
    }

    [TestCase("--rounds", "0", "--rounds: '0' is not a whole number from 1 to 1000")]
    [TestCase("--rounds", "2.5", "--rounds: '2.5' is not a whole number from 1 to 1000")]
    [TestCase("--round-time", "-1", "--round-time: '-1' is not a number from 0.05 to 60")]
    [TestCase("--round-time", "1e3", "--round-time: '1e3' is not a number from 0.05 to 60")]
    [TestCase("--warm-up", "601", "--warm-up: '601' is not a number from 0 to 600")]
    [TestCase("--servers", "raw,nginx", "--servers: 'nginx' is none of raw, cf, cf-jit, dotnet, bun, kestrel, kestrel-inline, node, node-bufferutil, tutorial")]
    [TestCase("--shapes", "", "--shapes: '' is none of 50x64Bx1, 50x64Bx16, 50x4KiBx1, 8x64KiBx4, 1000x64Bx1, connects, idle, start, tutorial, allocations, deflate")]
    public async Task A_wrong_value_is_one_line_and_exit_code_2(string option, string value, string message)
    {
        ProgramResult result = await Programs.RunAsync(Bench(option, value));
        Assert.That(result, Is.EqualTo(new ProgramResult(2, "", $"bench: {message} (see --help)\n")));
    }

    [Test]
    public async Task A_wrong_option_is_one_line_and_exit_code_2([Values("--rounds", "--speed")] string option)
    {
        ProgramResult result = await Programs.RunAsync(Bench(option));
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((2, "")));
        Assert.That(result.Error, Does.StartWith("bench: ").And.Contain(option).And.EndWith("(see --help)\n"));
        Assert.That(result.Error.Count(character => character == '\n'), Is.EqualTo(1));
    }

    [Test]
    public async Task README_shows_only_a_whole_run([Values("--quick", "--servers=raw", "--shapes=idle")] string option)
    {
        ProgramResult result = await Programs.RunAsync(Bench("--readme", option));
        Assert.That(result, Is.EqualTo(new ProgramResult(
            2, "", "bench: --readme: only a whole run is shown there: not with --quick, --servers or --shapes (see --help)\n")));
    }

    [Test]
    public async Task Help_names_every_option_server_and_shape()
    {
        ProgramResult result = await Programs.RunAsync(Bench("--help"));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        string[] words = ["--rounds", "--round-time", "--warm-up", "--servers", "--shapes", "--text", "--quick", "--output", "--readme"];
        string flowing = string.Concat(result.Output.Where(character => !char.IsWhiteSpace(character)));
        foreach (string word in (string[])[.. words, .. ServerKinds.All.Select(kind => kind.Key), .. BenchOptions.AllShapes])
        {
            Assert.That(flowing, Does.Contain(word));
        }
    }

    private static ProcessStartInfo Bench(params string[] arguments) => Programs.Start("dotnet", [Programs.BenchDll, .. arguments]);

    /// <summary>One round of each. Every server in every shape takes a minute, and shows no more: that is "./build.sh bench --quick".</summary>
    private async Task<JsonDocument> MeasureAsync(params string[] what)
    {
        ProgramResult result = await Programs.RunAsync(Bench(["--quick", "--rounds", "1", "--output", _folder, .. what]));
        Assert.That(result.ExitCode, Is.Zero, result.Error + result.Output);
        JsonDocument report = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "bench.json")));
        Assert.That(report.RootElement.GetProperty("errors").GetInt64(), Is.Zero, result.Error);
        return report;
    }

    private static void AssertEchoes(JsonElement report, IEnumerable<string> shapes, IEnumerable<string> servers)
    {
        JsonElement[] entries = [.. report.GetProperty("echo").EnumerateArray()];
        Assert.That(
            entries.Select(entry => (entry.GetProperty("shape").GetString(), entry.GetProperty("server").GetString())),
            Is.EqualTo(shapes.SelectMany(shape => servers.Select(server => (shape, server)))));
        Assert.That(entries.Select(entry => entry.GetProperty("cpuMicroseconds").GetProperty("best").GetDouble()), Has.All.GreaterThan(0));
    }

    private static IEnumerable<string?> Keys(JsonElement report, string list, string key) =>
        report.GetProperty(list).EnumerateArray().Select(entry => entry.GetProperty(key).GetString());

    private static string[] ChildrenOf(int process)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{process}/task")
                .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        }
        catch (IOException)
        {
            // A thread ended between the list and the look: the caller looks again.
            return [];
        }
    }
}
