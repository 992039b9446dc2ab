using System.IO.Compression;

namespace EchoServer.Tests.Deployment;

/// <summary><c>./build.sh pack</c>: a .NET tool, installed and run as README says.</summary>
[WholeMachine]
internal sealed class ToolPackageTests : FolderTest
{
    [SetUp]
    public Task TakeTurnAsync() => ServerBuild.Turn.WaitAsync();

    [TearDown]
    public void GiveTurn() => ServerBuild.Turn.Release();

    [Test]
    public async Task The_package_is_a_tool_that_is_installed_and_talks_to_a_server()
    {
        string feed = Path.Combine(Folder, "package");
        // Of the build that these tests run on.
        await SdkAsync(ServerBuild.Sdk("pack", ServerBuild.ServerProject, "-c", "Release", "--no-build", "-o", feed));
        string package = Directory.GetFiles(feed).Single();

        // From this feed alone, whatever feeds the machine has.
        string configuration = Write("NuGet.config", $"<configuration><packageSources><clear/><add key=\"a\" value=\"{feed}\"/></packageSources></configuration>");
        ProcessStartInfo install = Programs.Start(
            "dotnet", ["tool", "install", "EchoServer", "--tool-path", Path.Combine(Folder, "tools"), "--configfile", configuration], Folder);
        install.Environment["NUGET_PACKAGES"] = Path.Combine(Folder, "packages");
        await SdkAsync(ServerBuild.WithSdk(install));

        string tool = Path.Combine(Folder, "tools", "echo-server");
        ProgramResult version = await Programs.RunAsync(Programs.Start(tool, ["--version"]));
        Assert.That((version.ExitCode, version.Error), Is.EqualTo((0, "")));
        Assert.That(version.Output, Does.StartWith($"{Path.GetFileNameWithoutExtension(package).Replace("EchoServer.", "EchoServer ", StringComparison.Ordinal)}, "));
        ProgramResult client = await Programs.RunAsync(Programs.Start(tool, ["client", SharedServers.Default.Url().AbsoluteUri, "Hi there!"]));
        Assert.That(client, Is.EqualTo(ProgramResult.Transcript));

        ZipArchive content = await ZipFile.OpenReadAsync(package);
        Assert.That(content.Entries.Select(entry => entry.FullName), Is.SupersetOf(["LICENSE", "README.md", "tools/net10.0/any/EchoServer.dll"]));
        using var nuspec = new StreamReader(await content.GetEntry("EchoServer.nuspec")!.OpenAsync());
        Assert.That(
            await nuspec.ReadToEndAsync(),
            Does.Contain("<license type=\"expression\">MIT</license>").And.Contain("<copyright>Copyright (c) 2026 the EchoServer authors</copyright>"));
        await content.DisposeAsync();
    }

    private static async Task SdkAsync(ProcessStartInfo command)
    {
        ProgramResult result = await Programs.RunAsync(command, ServerBuild.Patience);
        Assert.That(result.ExitCode, Is.Zero, $"{result.Output}{result.Error}");
    }
}
