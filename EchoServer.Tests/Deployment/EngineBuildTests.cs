using EchoServer.Echo;

namespace EchoServer.Tests.Deployment;

/// <summary><c>-p:WebSocketEngine</c>: the default build knows nothing of Fleck, and a name that is none is refused.</summary>
[Slow]
internal sealed class EngineBuildTests
{
    [Test]
    public async Task The_default_build_restores_and_compiles_nothing_of_Fleck()
    {
        string assets = await File.ReadAllTextAsync(Path.Combine(Programs.ProjectFolder, "artifacts", "obj", "EchoServer", "project.assets.json"));
        JsonElement root = JsonDocument.Parse(assets).RootElement;
        string[] packages = [.. Names(root.GetProperty("libraries"))];
        string[] asked = [.. root.GetProperty("project").GetProperty("frameworks").EnumerateObject()
            .SelectMany(framework => Names(framework.Value.GetProperty("dependencies")))];
        Assert.That(asked, Has.Some.StartsWith("System.CommandLine").And.None.StartsWith("Fleck").IgnoreCase);
        Assert.That(packages, Has.Some.StartsWith("System.CommandLine/").And.None.StartsWith("Fleck").IgnoreCase);

        System.Reflection.Assembly server = typeof(EchoHandlers).Assembly;
        Assert.That(server.GetReferencedAssemblies().Select(name => name.Name), Has.None.EqualTo("Fleck"));
        Assert.That(server.GetTypes().Select(type => type.FullName), Has.None.Contains("Fleck"));
    }

    [Test]
    public async Task An_unknown_engine_is_a_build_error_in_one_clear_line()
    {
        string folder = Directory.CreateTempSubdirectory("echo-engine-").FullName;
        ProgramResult result = await Programs.RunAsync(
            ServerBuild.Sdk("build", ServerBuild.ServerProject, "-p:WebSocketEngine=Kestrel", $"-p:ArtifactsPath={folder}"), ServerBuild.Patience);
        Directory.Delete(folder, recursive: true);
        string[] errors = [.. result.Output.Split('\n').Where(line => line.Contains(" error ", StringComparison.Ordinal)).Distinct()];
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(errors, Has.Length.EqualTo(1).And.All.EndsWith("error : WebSocketEngine: 'Kestrel' is not an engine (builtin, Fleck)"));
    }

    [TestCase("true")]
    [TestCase("false")]
    public async Task Each_build_for_the_platform_restores_the_packages_of_its_lock_file(string isNative)
    {
        string folder = Directory.CreateTempSubdirectory("echo-restore-").FullName;
        try
        {
            await SucceedAsync(ServerBuild.Sdk(
                "restore", ServerBuild.ServerProject, "-p:RuntimeIdentifier=linux-x64", $"-p:PublishAot={isNative}", "-p:RestoreLockedMode=true", $"-p:ArtifactsPath={folder}/artifacts"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task With_Fleck_it_builds_without_a_warning_and_starts_whether_or_not_a_feed_has_the_package()
    {
        // A feed with one package, made of the stub: the test checks the build, the start and the stop, not Fleck.
        string folder = Directory.CreateTempSubdirectory("echo-fleck-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "Fleck.csproj"), StubProject);
            await SucceedAsync(ServerBuild.Sdk("pack", Path.Combine(folder, "Fleck.csproj"), "-o", folder));

            ProcessStartInfo build = ServerBuild.Sdk(
                "build", ServerBuild.ServerProject, "-c", "Release", "-p:WebSocketEngine=Fleck", $"-p:ArtifactsPath={folder}/artifacts");
            build.Environment["RestoreAdditionalProjectSources"] = folder;
            await SucceedAsync(WithOwnPackages(build, folder));

            string program = Path.Combine(folder, "artifacts", "bin", "EchoServer.Fleck", "release", "EchoServer.dll");
            ProcessStartInfo start = Programs.EchoServer(["--port", "0", "--max-fragments", "7"], command: ["dotnet", program]);
            await using ServerProcess server = await ServerProcess.StartAsync(start, hasBudget: false);
            await server.WaitForLineAsync(line => line.EndsWith("; given but ignored: --max-fragments", StringComparison.Ordinal));
            Assert.That(await server.StopAsync(), Is.Zero);
            Assert.That(await server.ReadErrorAsync(), Is.Empty);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string StubProject => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Version>1.2.0</Version>
          </PropertyGroup>
          <ItemGroup>
            <Compile Include="{Programs.ProjectFolder}/EchoServer.Tests/Support/FleckStub/*.cs" />
          </ItemGroup>
        </Project>
        """;

    /// <summary>The restored package must not stay behind as if it had come from a real feed; the others are there already.</summary>
    private static ProcessStartInfo WithOwnPackages(ProcessStartInfo start, string folder)
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        start.Environment["RestoreFallbackFolders"] =
            Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(home, ".nuget", "packages");
        start.Environment["NUGET_PACKAGES"] = Path.Combine(folder, "packages");
        return start;
    }

    private static async Task SucceedAsync(ProcessStartInfo start)
    {
        ProgramResult result = await Programs.RunAsync(start, ServerBuild.Patience);
        Assert.That(result.ExitCode, Is.Zero, $"{result.Output}{result.Error}");
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
