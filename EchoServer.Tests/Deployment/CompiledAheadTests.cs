namespace EchoServer.Tests.Deployment;

/// <summary>What the runtime still compiles when the published file starts; everything else was compiled ahead.</summary>
[WholeMachine]
internal sealed class CompiledAheadTests
{
    // 29 were counted. Without the runtime's own list of what it calls (see the project file) it was 121, without composite images 355.
    private const int MostMethods = 50;

    private string _folder = null!;

    [SetUp]
    public void SetUp()
    {
        Requires.Published();
        _folder = Directory.CreateTempSubdirectory("echo-start-").FullName;
    }

    [TearDown]
    public void TearDown()
    {
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Test]
    public async Task Next_to_nothing_is_compiled_between_the_start_and_the_first_echo()
    {
        string list = Path.Combine(_folder, "compiled.txt");
        ProcessStartInfo start = Programs.Start(Path.Combine(Programs.ProjectFolder, "artifacts", "cf", "EchoServer"), [], _folder);
        start.Environment["PORT"] = "0";
        start.Environment["DOTNET_JitStdOutFile"] = list;
        start.Environment["DOTNET_JitDisasmSummary"] = "1";
        await using ServerProcess server = await ServerProcess.StartAsync(start);
        ProgramResult client = await Programs.RunAsync(Programs.EchoServer(["client", server.Url().AbsoluteUri]));
        Assert.That(client.ExitCode, Is.Zero, client.Error);
        Assert.That(await server.StopAsync(), Is.Zero);

        // Tier 0 are the methods without ahead-of-time code. Some methods are compiled once more when they have run often. How often the thread pool adapts
        // itself, and whether it does at all, is the machine's doing.
        string[] compiled =
        [
            .. File.ReadLines(list).Where(line => line.Contains("Tier0", StringComparison.Ordinal)).Select(Method).Distinct()
                .Where(method => !method.Contains("PortableThreadPool", StringComparison.Ordinal) && !method.Contains("LowLevelLifoSemaphore", StringComparison.Ordinal)),
        ];
        Assert.That(compiled, Is.Not.Empty, "the runtime did not say what it compiles");
        Assert.That(compiled, Has.Length.AtMost(MostMethods), string.Join('\n', compiled));
    }

    /// <summary>Of a line such as <c>7: JIT compiled Type:Method(int) [Tier0, IL size=7, code size=31]</c>.</summary>
    private static string Method(string line) => line[(line.IndexOf(" compiled ", StringComparison.Ordinal) + " compiled ".Length)..line.LastIndexOf(" [", StringComparison.Ordinal)];
}
