using System.Text.Json;
using EchoServer.Echo;
using EchoServer.Tests.Support;

namespace EchoServer.Tests.Deployment;

/// <summary><c>-p:WebSocketEngine</c>: the default build knows nothing of Fleck, and a name that is none is refused.</summary>
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
        ProgramResult result = await Programs.RunAsync(ServerBuild.Sdk("build", "-p:WebSocketEngine=Kestrel"));
        string[] errors = [.. result.Output.Split('\n').Where(line => line.Contains(" error ", StringComparison.Ordinal)).Distinct()];
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(errors, Has.Length.EqualTo(1).And.All.EndsWith("error : WebSocketEngine: 'Kestrel' is not an engine (builtin, Fleck)"));
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
