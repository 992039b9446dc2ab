using EchoServer.Tests.Deployment;

namespace EchoServer.Tests.Containers;

/// <summary><c>./build.sh image</c>, and what it makes, run as docs/docker.md says.</summary>
[WholeMachine]
internal sealed class ImageTests
{
    private const string Name = "echo.example.com/tests/echo-server:1.0";

    private ImageStore? _store;
    private ProgramResult _build = null!;

    [OneTimeSetUp]
    public async Task BuildImageAsync()
    {
        _store = await ImageStore.TakeAsync();
        _build = await BuildAsync("image", "--base", _store!.Base, Name);
    }

    [OneTimeTearDown]
    public void GiveBack() => _store?.GiveBack();

    [SetUp]
    public void ItWasBuilt() => Assert.That(
        (_build.ExitCode, _build.Output), Is.EqualTo((0, $"{Name} (loaded into podman)\n")), _build.Error);

    [Test]
    public async Task It_says_what_it_is_and_runs_as_nobody_in_particular()
    {
        JsonElement config = await InspectAsync();
        Assert.That(config.GetProperty("User").GetString(), Does.Match("^[1-9][0-9]*$"), "a number that is not root's");
        Assert.That(Texts(config.GetProperty("Entrypoint")), Is.EqualTo(["/app/EchoServer"]));
        Assert.That(Texts(config.GetProperty("Env")), Has.Member("PORT=8080"));
        Assert.That(config.GetProperty("ExposedPorts").EnumerateObject().Select(port => port.Name), Is.EqualTo(["8080/tcp"]));
        Assert.That(Texts(config.GetProperty("Env")), Is.SupersetOf(Manifest.Read().Environment.Select(pair => $"{pair.Key}={pair.Value}")));

        JsonElement labels = config.GetProperty("Labels");
        Assert.That(Label("title"), Is.EqualTo("EchoServer"));
        Assert.That(Label("description"), Does.Contain("WebSocket"));
        Assert.That(Label("base.name"), Is.EqualTo(_store!.Base));
        Assert.That(Label("licenses"), Is.EqualTo("MIT"));
        ProgramResult version = await Programs.RunAsync(Programs.EchoServer(["--version"]));
        Assert.That(version.Output, Does.StartWith($"EchoServer {Label("version")}, commit {Label("revision")![..7]}, build "));
        Assert.That(
            await Podman.RunAsync("run", "--rm", "--read-only", Name, "--version"), Is.EqualTo(version.Output.Trim()));

        string? Label(string name) => labels.GetProperty($"org.opencontainers.image.{name}").GetString();
    }

    [Test]
    public async Task It_holds_the_one_file_that_is_pushed()
    {
        string mount = await Podman.RunAsync("image", "mount", Name);
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(mount, "app")).Select(Path.GetFileName), Is.EqualTo(["EchoServer"]));
        await Podman.RunAsync("image", "unmount", Name);
    }

    [Test]
    public async Task It_serves_where_nothing_can_be_written_and_stops_with_exit_code_0()
    {
        // The flags that docs/docker.md shows, on a port that is free: the network is the machine's own here.
        int port = FreePort.Find();
        string[] check = ["/app/EchoServer", "check", "--quick", $"ws://localhost:{port}"];
        await using Container container = await Container.StartAsync(
            Podman, Name, port, ["--read-only", "--cap-drop=ALL", "--memory", "32m", "--health-cmd", JsonSerializer.Serialize(check)]);
        ProgramResult client = await Programs.RunAsync(Programs.EchoServer(["client", container.Server.Url().AbsoluteUri, "Hi there!"]));
        Assert.That(client.Output, Does.Contain("Received Message: Echo: Hi there!\n"), client.Error);
        JsonElement info = HttpReply.Get(container.Server.Port, "/info").Json;
        Assert.That(
            info.GetProperty("limits").GetProperty("memoryBudgetBytes").GetInt64(), Is.EqualTo(32L * 1024 * 1024 * 3 / 16), "it sees the container's limit");

        // A health check without a shell and without curl, in the container's own memory.
        await Podman.RunAsync("healthcheck", "run", container.Name);
        await Podman.RunAsync(["exec", container.Name, .. check]);
        ProgramResult wrong = await Programs.RunAsync(Podman.Start("podman", ["exec", container.Name, .. check[..^1], "ws://localhost:1"]));
        Assert.That(wrong.ExitCode, Is.EqualTo(1), wrong.Error);

        await container.StopAsync();
        Assert.That(await container.Server.WaitForExitAsync(), Is.Zero);
        Assert.That(container.Server.Output, Has.Some.Match("Server[[]3[]] Stopped: [0-9] connections ended in time, 0 were aborted$"));
    }

    [Test]
    public async Task It_runs_as_Cloud_Foundry_runs_an_image()
    {
        // Its own command and user, and what the platform says: the port above all.
        Manifest manifest = Manifest.Parse(Pages.Block("docs/cloud-foundry.md", "yaml", "docker:"));
        Assert.That(manifest.Pairs("docker").Select(pair => pair.Key), Is.EqualTo(["image"]));
        int port = FreePort.Find();
        IEnumerable<string> variables = Droplet.Variables(manifest, port).SelectMany(pair => (string[])["--env", $"{pair.Key}={pair.Value}"]);
        await using Container container = await Container.StartAsync(
            Podman, Name, port, ["--cap-drop=ALL", "--memory", $"{manifest.MemoryBytes}", .. variables]);
        Assert.That(container.Server.Port, Is.EqualTo(port));
        foreach (string check in (string[])["health-check", "readiness-health-check"])
        {
            using var health = new PlatformHealthCheck(manifest, check, port);
            await health.WaitUntilHealthyAsync();
        }

        Assert.That(HttpReply.Get(port, "/info").Text, Does.Contain($"\"guid\": \"{Droplet.Guid}\"").And.Contain("\"application\": \"echo-server\""));
        await container.StopAsync();
        Assert.That(await container.Server.WaitForExitAsync(), Is.Zero);
    }

    [Test]
    public async Task Without_an_engine_it_is_an_archive_for_docker_load()
    {
        string archive = Path.Combine(Programs.ProjectFolder, "artifacts", "image.tar");
        ProcessStartInfo start = Podman.BuildScript("image", "--base", _store!.Base, "localhost:5000/me/echo-server");
        start.Environment["CONTAINER_ENGINE"] = "none";
        ProgramResult result = await Programs.RunAsync(start, ServerBuild.Patience);
        const string fullName = "localhost:5000/me/echo-server:latest";
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, $"artifacts/image.tar ({fullName}: docker load -i artifacts/image.tar)\n")), result.Error);
        await Podman.RunAsync("load", "-q", "-i", archive);
        Assert.That(await Podman.RunAsync("image", "inspect", "--format", "{{index .RepoTags 0}}", fullName), Is.EqualTo(fullName));
        File.Delete(archive);
    }

    [TestCase("image Echo", "image: 'Echo' is not a name for an image: [registry/]name[:tag], in small letters but for the tag")]
    [TestCase("image a:b:c", "image: 'a:b:c' is not a name for an image: [registry/]name[:tag], in small letters but for the tag")]
    [TestCase("image a b", "image: 'b' is one name too many")]
    [TestCase("image --base", "--base: the name of an image is needed")]
    [TestCase("image --tag=1", "image: '--tag=1' is not an option: --arch, --base")]
    [TestCase("image --arch", "--arch: a value is needed: x64, arm64")]
    [TestCase("image --arch amd64", "--arch: 'amd64' is not a processor that an image is made for: x64, arm64")]
    [TestCase("image --arch=", "--arch: '' is not a processor that an image is made for: x64, arm64")]
    public async Task A_wrong_argument_is_one_line_and_exit_code_2(string arguments, string error) => Assert.That(
        await BuildAsync(arguments.Split(' ')), Is.EqualTo(new ProgramResult(2, "", $"build.sh: {error}\n")));

    private Podman Podman => _store!.Podman;

    private Task<ProgramResult> BuildAsync(params string[] arguments) => Programs.RunAsync(Podman.BuildScript(arguments), ServerBuild.Patience);

    private async Task<JsonElement> InspectAsync() =>
        JsonDocument.Parse(await Podman.RunAsync("image", "inspect", Name)).RootElement[0].GetProperty("Config");

    private static IEnumerable<string?> Texts(JsonElement list) => list.EnumerateArray().Select(text => text.GetString());
}
