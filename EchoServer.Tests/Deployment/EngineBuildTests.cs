using EchoServer.Echo;

namespace EchoServer.Tests.Deployment;

/// <summary><c>-p:WebSocketEngine</c>: the default build knows nothing of Fleck, and a name that is none is refused.</summary>
[Slow]
internal sealed class EngineBuildTests : FolderTest
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
        ProgramResult result = await Programs.RunAsync(
            ServerBuild.Sdk("build", ServerBuild.ServerProject, "-p:WebSocketEngine=Kestrel", $"-p:ArtifactsPath={NewFolder()}"), ServerBuild.Patience);
        string[] errors = [.. result.Output.Split('\n').Where(line => line.Contains(" error ", StringComparison.Ordinal)).Distinct()];
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(errors, Has.Length.EqualTo(1).And.All.EndsWith("error : WebSocketEngine: 'Kestrel' is not an engine (builtin, Fleck)"));
    }

    [Test]
    public async Task Each_build_for_the_platform_restores_the_packages_of_its_lock_file([Values("true", "false")] string isNative)
    {
        ProgramResult result = await Programs.RunAsync(
            ServerBuild.Sdk("restore", ServerBuild.ServerProject, "-p:RuntimeIdentifier=linux-x64", $"-p:PublishAot={isNative}", "-p:RestoreLockedMode=true", $"-p:ArtifactsPath={NewFolder()}"),
            ServerBuild.Patience);
        Assert.That(result.ExitCode, Is.Zero, $"{result.Output}{result.Error}");
    }

    [Test]
    public async Task With_Fleck_it_builds_without_a_warning_and_starts_whether_or_not_a_feed_has_the_package()
    {
        ServerBuild build = await ServerBuild.GetAsync(ServerEngine.FleckStub);
        await using ServerProcess server = await build.StartAsync("--port", "0", "--compression-level", "7");
        await server.WaitForLineAsync(line => line.EndsWith("; given but ignored: --compression-level", StringComparison.Ordinal));
        Assert.That(await server.StopAsync(), Is.Zero);
        Assert.That(await server.ReadErrorAsync(), Is.Empty);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
