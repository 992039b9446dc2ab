using System.Security.Cryptography;

namespace EchoServer.Tests.Deployment;

/// <summary>Which build it is: said alike everywhere, and one commit is one program.</summary>
[WholeMachine]
internal sealed class VersionTests : FolderTest
{
    [Test]
    public async Task The_version_option_says_what_info_and_the_repository_say()
    {
        Requires.Git();
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["--version"]));
        JsonElement info = HttpReply.Get(SharedServers.Default.Port, "/info").Json;
        string commit = info.GetProperty("commit").GetString()!;
        Assert.That(result, Is.EqualTo(new ProgramResult(0, $"EchoServer {info.GetProperty("version").GetString()}, commit {commit}, build {info.GetProperty("build").GetString()}\nCopyright (c) 2026 the EchoServer authors. MIT License: free to use, change and share, without warranty.\n", "")));
        Assert.That(await GitAsync("rev-parse", "--verify", $"{commit}^{{commit}}"), Does.StartWith(commit), "a commit of this repository");
    }

    [Test]
    public async Task A_publish_of_the_same_commit_in_another_place_gives_the_same_bytes()
    {
        Requires.Git();
        Requires.Published();
        await RequireCleanCommitAsync();
        string clone = Path.Combine(Folder, "a longer name", "b");
        await GitAsync("clone", "--quiet", Programs.ProjectFolder, clone);
        await AssertSameAsync(clone, "portable/EchoServer.dll", "-p:UseAppHost=false");
        await AssertSameAsync(clone, "cf/EchoServer", "-r", "linux-x64", $"-p:PublishAot={await PublishedProgram.IsNativeAsync()}");
    }

    /// <summary>Publishes as <c>build.sh</c> does, without the analyzers, which take half of the time and write nothing.</summary>
    private static async Task AssertSameAsync(string clone, string program, params string[] options)
    {
        string output = Path.Combine(clone, "out", Path.GetDirectoryName(program)!);
        ProgramResult result = await Programs.RunAsync(
            ServerBuild.Sdk(
                "publish", Path.Combine(clone, "EchoServer", "EchoServer.csproj"), ["-c", "Release", "-p:RunAnalyzers=false", "-o", output, .. options]),
            ServerBuild.Patience);
        Assert.That(result.ExitCode, Is.Zero, $"{result.Output}{result.Error}");
        byte[] published = await File.ReadAllBytesAsync(Path.Combine(Programs.ProjectFolder, "artifacts", program));
        byte[] again = await File.ReadAllBytesAsync(Path.Combine(clone, "out", program));
        Assert.That(Convert.ToHexString(SHA256.HashData(again)), Is.EqualTo(Convert.ToHexString(SHA256.HashData(published))), program);
    }

    /// <summary>A clone has the commit alone: the published files must be of it, without changes.</summary>
    private static async Task RequireCleanCommitAsync()
    {
        string changes = await GitAsync("status", "--porcelain", "--", "EchoServer", "global.json");
        string head = await GitAsync("rev-parse", "HEAD");
        string version = await PublishedProgram.VersionAsync();
        Requires.Unless(
            changes.Length == 0 && version.Contains($", commit {head[..7]}", StringComparison.Ordinal),
            "the published files are not of the last commit alone: commit, and run ./build.sh");
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
