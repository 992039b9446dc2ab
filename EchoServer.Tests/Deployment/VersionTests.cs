using System.Security.Cryptography;

namespace EchoServer.Tests.Deployment;

/// <summary>Which build it is: said alike everywhere, and one commit is one program.</summary>
[WholeMachine]
internal sealed class VersionTests
{
    [Test]
    public async Task The_version_option_says_what_info_and_the_repository_say()
    {
        Requires.Git();
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["--version"]));
        JsonElement info = JsonDocument.Parse(HttpReply.Get(SharedServers.Default.Port, "/info").Text).RootElement;
        string commit = info.GetProperty("commit").GetString()!;
        Assert.That(result, Is.EqualTo(new ProgramResult(0, $"EchoServer {info.GetProperty("version").GetString()}, commit {commit}, build {info.GetProperty("build").GetString()}\n", "")));
        Assert.That(await GitAsync("rev-parse", "--verify", $"{commit}^{{commit}}"), Does.StartWith(commit), "a commit of this repository");
    }

    [Test]
    public async Task Two_publishes_of_one_commit_in_two_places_give_the_same_bytes()
    {
        Requires.Git();
        string folder = Directory.CreateTempSubdirectory("echo-publish-").FullName;
        try
        {
            string first = await PublishAsync(Path.Combine(folder, "a"));
            string second = await PublishAsync(Path.Combine(folder, "a longer name", "b"));
            Assert.That(second, Is.EqualTo(first));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Clones the repository and publishes as <c>build.sh</c> does, without the analyzers, which take half of the time and write nothing.</summary>
    private static async Task<string> PublishAsync(string folder)
    {
        await GitAsync("clone", "--quiet", Programs.ProjectFolder, folder);
        ProgramResult result = await Programs.RunAsync(
            ServerBuild.Sdk(
                "publish", Path.Combine(folder, "EchoServer", "EchoServer.csproj"), "-c", "Release", "-p:UseAppHost=false", "-p:RunAnalyzers=false", "-o", Path.Combine(folder, "out")),
            ServerBuild.Patience);
        Assert.That(result.ExitCode, Is.Zero, $"{result.Output}{result.Error}");
        return Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(folder, "out", "EchoServer.dll"))));
    }

    private static async Task<string> GitAsync(params string[] arguments)
    {
        // The user that runs the tests may not own the folder.
        ProgramResult result = await Programs.RunAsync(
            Programs.Start("git", ["-c", "safe.directory=*", .. arguments], Programs.ProjectFolder));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return result.Output.Trim();
    }
}
