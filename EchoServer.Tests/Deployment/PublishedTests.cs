using System.Diagnostics;
using EchoServer.Tests.Support;

namespace EchoServer.Tests.Deployment;

/// <summary>What <c>./build.sh</c> publishes, started the way it is meant to be.</summary>
internal sealed class PublishedTests
{
    private string _folder = null!;

    [SetUp]
    public void SetUp()
    {
        Requires.Published();
        _folder = Directory.CreateTempSubdirectory("echo-droplet-").FullName;
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
    public async Task The_manifests_command_runs_from_a_copy_of_the_folder_it_pushes()
    {
        string manifest = await File.ReadAllTextAsync(Path.Combine(Programs.ProjectFolder, "manifest.yml"));
        string pushed = Path.Combine(Programs.ProjectFolder, Attribute(manifest, "path"));
        foreach (string file in Directory.EnumerateFiles(pushed))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        // Only what Cloud Foundry sets, and no .NET anywhere.
        ProcessStartInfo start = Programs.Start("/bin/bash", ["-c", Attribute(manifest, "command")], _folder);
        start.Environment.Clear();
        start.Environment["PORT"] = "0";
        start.Environment["HOME"] = _folder;
        start.Environment["PATH"] = "/usr/bin:/bin";
        await using ServerProcess server = await ServerProcess.StartAsync(start);
        await AssertItEchoesAsync(server);

        // What Cloud Foundry asks to know whether it is up, and whether to send anybody there.
        foreach (string check in (string[])["health-check", "readiness-health-check"])
        {
            Assert.That(Attribute(manifest, $"{check}-type"), Is.EqualTo("http"));
            Assert.That(HttpReply.Get(server.Port, Attribute(manifest, $"{check}-http-endpoint")).Status, Is.EqualTo(200));
        }

        Assert.That(HttpReply.Get(server.Port, "/").Text, Does.StartWith("<!doctype html>"), "the page was trimmed away");

        // "exec" made the server the process that the signal reaches.
        Assert.That(await server.StopAsync(), Is.Zero);
    }

    [Test]
    public async Task What_is_pushed_can_put_load_on_a_server()
    {
        // Trimmed: what only load uses must still be there.
        string program = Path.Combine(Programs.ProjectFolder, "artifacts", "cf", "EchoServer");
        ProgramResult result = await Programs.RunAsync(
            Programs.Start(program, ["load", SharedServers.Large.Url().AbsoluteUri, "--duration", "0.3", "--rate", "1000", "--json"], _folder));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
        Assert.That(result.Output, Does.Contain("\"ok\":true"));
    }

    [Test]
    public void What_is_pushed_is_one_file_of_at_most_30_MB()
    {
        string[] files = Directory.GetFiles(Path.Combine(Programs.ProjectFolder, "artifacts", "cf"));
        Assert.That(files.Select(Path.GetFileName), Is.EqualTo(["EchoServer"]));
        Assert.That(new FileInfo(files[0]).Length, Is.LessThanOrEqualTo(30_000_000));
    }

    [Test]
    public async Task The_portable_build_runs_with_dotnet_as_the_dotnet_core_buildpack_starts_it()
    {
        ProcessStartInfo start = Programs.Start(
            "dotnet", [Path.Combine(Programs.ProjectFolder, "artifacts", "portable", "EchoServer.dll"), "--server.urls", "http://0.0.0.0:0"], _folder);
        start.Environment["PORT"] = "1";
        await using ServerProcess server = await ServerProcess.StartAsync(start);
        await AssertItEchoesAsync(server);
        Assert.That(await server.StopAsync(), Is.Zero);
    }

    private static async Task AssertItEchoesAsync(ServerProcess server)
    {
        ProgramResult client = await Programs.RunAsync(Programs.EchoServer(["client", server.Url().AbsoluteUri, "Hi there!"]));
        Assert.That(client.Output, Does.Contain("Received Message: Echo: Hi there!\n"));
    }

    private static string Attribute(string manifest, string name) => manifest.Split('\n')
        .Select(line => line.Trim())
        .Single(line => line.StartsWith($"{name}: ", StringComparison.Ordinal))[(name.Length + 2)..];
}
