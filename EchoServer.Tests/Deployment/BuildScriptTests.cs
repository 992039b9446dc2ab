namespace EchoServer.Tests.Deployment;

/// <summary><c>build.sh</c> and the scripts that it calls, where they must not build anything: help, answers to mistakes, results of tests.</summary>
internal sealed class BuildScriptTests : FolderTest
{
    [Test]
    public async Task Help_names_every_command()
    {
        ProgramResult result = await RunAsync("help");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        foreach (string command in (string[])["publish", "image", "run", "test", "test quick", "soak", "bench", "docs", "clean", "help", "artifacts/portable", "artifacts/cf", "--engine fleck"])
        {
            Assert.That(result.Output, Does.Contain(command));
        }
    }

    [Test]
    public async Task An_unknown_command_is_one_line_and_exit_code_2()
    {
        ProgramResult result = await RunAsync("bild");
        Assert.That(result, Is.EqualTo(new ProgramResult(
            2, "", "build.sh: 'bild' is not a command: (none), publish, image, pack, run, test, soak, bench, docs, clean, help\n")));
    }

    [TestCase("run --engine turbo", "--engine: 'turbo' is not an engine: builtin, fleck")]
    [TestCase("run --engine=", "--engine: '' is not an engine: builtin, fleck")]
    [TestCase("run --engine", "--engine: a value is needed: builtin, fleck")]
    [TestCase("publish --engine Fleck", "--engine: 'Fleck' is not an engine: builtin, fleck")]
    [TestCase("publish --engine fleck portable", "publish: 'portable' is not an option: --engine, --jit")]
    [TestCase("test --engine fleck", "test: takes no --engine: it tests every engine that can be restored")]
    [TestCase("test quik", "test: 'quik' is neither quick nor an option of dotnet test, such as --filter")]
    [TestCase("docs options", "docs: takes no 'options'")]
    [TestCase("soak long", "soak: 'long' is not a number of minutes (1-999)")]
    public async Task A_mistake_is_one_line_and_exit_code_2(string arguments, string error) => Assert.That(
        await RunAsync(arguments.Split(' ')), Is.EqualTo(new ProgramResult(2, "", $"build.sh: {error}\n")));

    [Test]
    public async Task Where_no_feed_has_Fleck_it_says_so_in_one_line_and_what_to_do([Values("run", "publish")] string command)
    {
        // A feed without any package, and no package from earlier.
        string folder = NewFolder();
        ProcessStartInfo start = Script(command, "--engine", "fleck");
        start.Environment["RestoreSources"] = folder;
        start.Environment["NUGET_PACKAGES"] = Path.Combine(folder, "packages");
        start.Environment["ArtifactsPath"] = Path.Combine(folder, "artifacts");
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        ProgramResult result = await Programs.RunAsync(start, ServerBuild.Patience);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")));
        Assert.That(
            result.Error,
            Does.Match("^(build.sh: (building the server|publishing artifacts/portable-fleck and artifacts/cf-fleck) .*\n)?" + Regex.Escape(
                "build.sh: Fleck 1.2.0 is not in the configured NuGet feeds: add one that has it with " +
                "'dotnet nuget add source <URL or folder>', or take --engine builtin\n") + "$"));
    }

    [Test]
    public async Task Without_the_SDK_it_says_what_to_install([Values("run", "test", "bench", "publish")] string command)
    {
        ProcessStartInfo start = Script(command);

        // A PATH on which there is a shell, and no dotnet.
        string tools = NewFolder();
        foreach (string tool in (string[])["bash", "dirname"])
        {
            File.CreateSymbolicLink(Path.Combine(tools, tool), $"/usr/bin/{tool}");
        }

        start.Environment["PATH"] = tools;
        ProgramResult result = await Programs.RunAsync(start);
        Assert.That(result, Is.EqualTo(new ProgramResult(
            1, "", "build.sh: the .NET 10 SDK is not installed: see https://dotnet.microsoft.com/download/dotnet/10.0\n")));
    }

    private static Task<ProgramResult> RunAsync(params string[] arguments) => Programs.RunAsync(Script(arguments));

    private static ProcessStartInfo Script(params string[] arguments) =>
        Programs.Start("/usr/bin/bash", [Path.Combine(Programs.ProjectFolder, "build.sh"), .. arguments]);
}
