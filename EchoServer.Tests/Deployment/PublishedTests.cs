namespace EchoServer.Tests.Deployment;

/// <summary>What <c>./build.sh</c> publishes, started the way it is meant to be.</summary>
[WholeMachine]
internal sealed class PublishedTests : FolderTest
{
    private static readonly Regex NeededLibrary = new(@"^\s+NEEDED\s+(?<library>\S+)$", RegexOptions.Multiline);
    private static readonly Regex GlibcVersion = new(@"\sGLIBC_(?<version>[0-9.]+)$", RegexOptions.Multiline);

    private string _folder = null!;

    [SetUp]
    public void SetUp()
    {
        Requires.Published();
        _folder = NewFolder();
    }

    [Test]
    public async Task The_manifests_command_runs_from_a_copy_of_the_folder_it_pushes()
    {
        // DropletTests does the same where there is more than a shell: this one runs everywhere.
        Manifest manifest = Manifest.Read();
        Copy(manifest);

        // Only what Cloud Foundry sets, and no .NET anywhere.
        ProcessStartInfo start = Programs.Start("/bin/bash", ["-c", manifest.Text("command")], _folder);
        start.Environment.Clear();
        start.Environment["PORT"] = "0";
        start.Environment["HOME"] = _folder;
        start.Environment["PATH"] = "/usr/bin:/bin";
        await using ServerProcess server = await ServerProcess.StartAsync(start);
        await AssertItServesAsync(server, manifest);
        Assert.That(HttpReply.Get(server.Port, "/").Text, Does.StartWith("<!doctype html>"), "the page was trimmed away");

        // "exec" made the server the process that the signal reaches.
        Assert.That(await server.StopAsync(), Is.Zero);
    }

    [Test]
    public async Task What_is_pushed_can_put_load_on_a_server()
    {
        // Trimmed: what only load uses must still be there.
        ProgramResult result = await Programs.RunAsync(
            Programs.Start(PublishedProgram.Path, ["load", SharedServers.Large.Url().AbsoluteUri, "--duration", "0.3", "--rate", "1000", "--json"], _folder));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
        Assert.That(result.Output, Does.Contain("\"ok\":true"));
    }

    [Test]
    public async Task What_is_published_has_the_zlib_that_compression_needs([Values("cf/EchoServer", "portable/EchoServer.dll")] string program)
    {
        string path = Path.Combine(Programs.ProjectFolder, "artifacts", program);
        string[] command = program.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", path] : [path];
        ProcessStartInfo start = Programs.Start(command[0], [.. command[1..], "--compression", "on", "--port", "0", "--host", "127.0.0.1"], _folder);
        await using ServerProcess server = await ServerProcess.StartAsync(start);
        using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/raw", "Sec-WebSocket-Extensions: permessage-deflate"));
        Assert.That(peer.ReadHead(), Does.Contain("\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"));
        var decoder = new DeflateDecoder();
        byte[] json = Deflated.Json(1_000);
        for (int i = 0; i < 2; i++)
        {
            peer.Send(new WireFrame(WireFrame.TextOpcode, Deflated.Message(json), Rsv: 4));
            Assert.That(decoder.Read(peer.ReadOneFrame().Payload), Is.EqualTo(json));
        }

        Assert.That(decoder.FarthestBeforeMessage, Is.Positive);
        Assert.That(await server.StopAsync(), Is.Zero);
    }

    [Test]
    public async Task What_is_pushed_is_one_file_of_at_most_11_MB()
    {
        string[] files = Directory.GetFiles(Path.GetDirectoryName(PublishedProgram.Path)!);
        Assert.That(files.Select(Path.GetFileName), Is.EqualTo(["EchoServer"]));
        Assert.That(new FileInfo(files[0]).Length, Is.LessThanOrEqualTo(await PublishedProgram.IsNativeAsync() ? 11_000_000 : 30_000_000));
    }

    /// <summary>Cloud Foundry's stack cflinuxfs4 has glibc 2.35.</summary>
    [Test]
    public async Task What_is_pushed_needs_glibc_2_35_and_nothing_else()
    {
        Requires.Objdump();
        ProgramResult result = await Programs.RunAsync(
            Programs.Start("objdump", ["-p", PublishedProgram.Path]));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        string[] libraries = ["ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6"];
        string[] runtimeLibraries = ["libdl.so.2", "librt.so.1", "libpthread.so.0", "libgcc_s.so.1", "libstdc++.so.6"];
        Assert.That(
            NeededLibrary.Matches(result.Output).Select(match => match.Groups["library"].Value),
            Is.SubsetOf(await PublishedProgram.IsNativeAsync() ? libraries : [.. libraries, .. runtimeLibraries]));

        Version[] versions = [.. GlibcVersion.Matches(result.Output).Select(match => Version.Parse(match.Groups["version"].Value))];
        Assert.That(versions, Is.Not.Empty.And.All.LessThanOrEqualTo(new Version(2, 35)));
    }

    [Test]
    public async Task The_portable_build_runs_as_the_dotnet_core_buildpack_starts_it()
    {
        Manifest manifest = Manifest.Parse(Pages.Block("docs/cloud-foundry.md", "yaml", "dotnet_core_buildpack"));
        Copy(manifest);
        await using MemoryCgroup? memory = MemoryCgroup.TryCreate(manifest.MemoryBytes);
        string enter = memory is null ? "" : $"echo $$ > {memory.ProcessesFile}; ";

        // The buildpack's own start command. It installs .NET, which is what the last two variables say, and sets the third last.
        const string command = "cd ${HOME} && exec dotnet ./EchoServer.dll --server.urls http://0.0.0.0:${PORT}";
        ProcessStartInfo start = Programs.Start("/bin/bash", ["-c", enter + command], _folder);
        start.Environment.Clear();
        foreach ((string name, string value) in Droplet.Variables(manifest, port: 0))
        {
            start.Environment[name] = value;
        }

        string dotnet = Path.GetDirectoryName(Environment.ProcessPath)!;
        start.Environment["HOME"] = _folder;
        start.Environment["TMPDIR"] = Path.GetTempPath();
        start.Environment["ASPNETCORE_URLS"] = "http://0.0.0.0:0";
        start.Environment["DOTNET_ROOT"] = dotnet;
        start.Environment["PATH"] = $"{dotnet}:/usr/bin:/bin";
        await using ServerProcess server = await ServerProcess.StartAsync(start);
        await AssertItServesAsync(server, manifest);

        ProgramResult load = await Programs.RunAsync(Programs.EchoServer(
            ["load", server.Url("/raw").AbsoluteUri, "--connections", "500", "--size", "8192", "--binary", "--duration", "1"]));
        Assert.That((load.ExitCode, load.Error), Is.EqualTo((0, "")), load.Output);
        Assert.That(await server.StopAsync(), Is.Zero);
    }

    private void Copy(Manifest manifest)
    {
        string pushed = Path.Combine(Programs.ProjectFolder, manifest.Text("path"));
        foreach (string file in Directory.EnumerateFiles(pushed))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }
    }

    private static async Task AssertItServesAsync(ServerProcess server, Manifest manifest)
    {
        ProgramResult client = await Programs.RunAsync(Programs.EchoServer(["client", server.Url().AbsoluteUri, "Hi there!"]));
        Assert.That(client.Output, Does.Contain("Received Message: Echo: Hi there!\n"));

        // Cloud Foundry asks this to know whether the app is up, and whether to route clients to it.
        foreach (string check in (string[])["health-check", "readiness-health-check"])
        {
            Assert.That(HttpReply.Get(server.Port, manifest.Text($"{check}-http-endpoint")).Status, Is.EqualTo(200));
        }
    }
}
