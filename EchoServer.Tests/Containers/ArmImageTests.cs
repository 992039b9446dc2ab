namespace EchoServer.Tests.Containers;

/// <summary><c>./build.sh image --arch arm64</c>, whose program runs in an emulator here: for Apple's and Amazon's processors.</summary>
[WholeMachine]
internal sealed class ArmImageTests
{
    private const string Name = "echo.example.com/tests/echo-server-arm:1.0";

    private ImageStore? _store;
    private ProgramResult _build = null!;

    [OneTimeSetUp]
    public async Task BuildImageAsync()
    {
        _store = await ImageStore.TakeAsync();
        await _store.AddArmBaseAsync();
        _build = await BuildAsync("image", "--arch", "arm64", "--base", _store.ArmBase, Name);
    }

    [OneTimeTearDown]
    public void GiveBack() => _store?.GiveBack();

    [Test]
    public async Task Its_program_is_native_code_that_serves_and_stops()
    {
        Assert.That(
            (_build.ExitCode, _build.Output, _build.Error),
            Is.EqualTo((0, $"{Name} (loaded into podman)\n", $"build.sh: making the image {Name} (about a minute) ...\n")));
        Assert.That(await _store!.Podman.RunAsync("image", "inspect", "--format", "{{.Os}} {{.Architecture}}", Name), Is.EqualTo("linux arm64"));
        string root = await _store.Podman.RunAsync("image", "mount", Name);
        string[] program = ["-L", root, Path.Combine(root, "app", "EchoServer")];
        ProgramResult version = await Programs.RunAsync(Programs.Start(Requires.Emulator, [.. program, "--version"]));
        Assert.That((version.ExitCode, version.Error), Is.EqualTo((0, "")));
        Assert.That(version.Output, Does.StartWith("EchoServer ").And.Contain(", build aot\n"));

        await using (ServerProcess server = await ServerProcess.StartAsync(Programs.Start(Requires.Emulator, [.. program, "--port", "0"])))
        {
            ProgramResult client = await Programs.RunAsync(Programs.EchoServer(["client", server.Url().AbsoluteUri, "Hi there!"]));
            Assert.That(client.Output, Does.Contain("Received Message: Echo: Hi there!\n"), client.Error);
            Assert.That(HttpReply.Get(server.Port, "/info").Text, Does.Contain("\"build\": \"aot\""));
            Assert.That(await server.StopAsync(), Is.Zero);
        }

        await _store.Podman.RunAsync("image", "unmount", Name);
    }

    [Test]
    public async Task A_base_image_for_another_processor_is_refused()
    {
        ProgramResult result = await BuildAsync("image", "--arch", "arm64", "--base", _store!.Base, Name);
        Assert.That(
            (result.ExitCode, result.Output, result.Error.Split('\n')[1]),
            Is.EqualTo((1, "", "build.sh: image: the base image is for amd64, not for arm64: give another one with --base")), result.Error);
    }

    private Task<ProgramResult> BuildAsync(params string[] arguments) =>
        Programs.RunAsync(_store!.Podman.BuildScript(arguments), ServerBuild.Patience);
}
