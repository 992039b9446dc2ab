namespace EchoServer.Tests.Containers;

/// <summary><c>./build.sh image</c> where it cannot work: each cause is told from the others, in one line.</summary>
[WholeMachine]
internal sealed class ImageFailureTests
{
    // Before the work begins.
    private const string Notice = "build.sh: making the image echo-failure:1 (about a minute) ...\n";

    private const string Instead = "give another one with --base";

    private ImageStore? _store;

    [OneTimeSetUp]
    public async Task TakeAsync() => _store = await ImageStore.TakeAsync();

    [OneTimeTearDown]
    public void GiveBack() => _store?.GiveBack();

    [TestCase("localhost:1/base:1", "Connection refused (localhost:1)")]
    [TestCase("no-such-host.invalid/base:1", "Name or service not known (no-such-host.invalid:443)")]
    public async Task A_base_image_that_cannot_be_reached(string name, string reason) =>
        await FailsAsync(Script(name), $"image: the base image {name} cannot be pulled: {reason}; {Instead}");

    [Test]
    public async Task A_base_image_that_does_not_exist() => await FailsAsync(
        Script($"{_store!.Base}.2"),
        $"image: the base image {_store!.Base}.2 cannot be pulled: Unable to access the repository 'base' at tag '1.2' in the registry ''. " +
        $"Please confirm that this name and tag are present in the registry; {Instead}");

    [Test]
    public async Task A_base_image_that_is_not_for_everybody()
    {
        using ScriptedServer registry = Registry("401 Unauthorized", "text/plain", "no");
        string host = $"localhost:{registry.Url.Port}";
        await FailsAsync(
            Script($"{host}/base:1", ("DOCKER_CONFIG", _store!.Folder)),
            $"image: the base image {host}/base:1 cannot be pulled: Failed retrieving credentials for \"{host}\": " +
            $"Docker config file doesn't exist; log in to its registry, or {Instead}");
    }

    [Test]
    public async Task A_base_image_that_is_no_image()
    {
        using ScriptedServer registry = Registry("200 OK", "text/html", "<html>Log in to this network first</html>");
        string host = $"localhost:{registry.Url.Port}";
        ProgramResult result = await Programs.RunAsync(Script($"{host}/base:1"), ServerBuild.Patience);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")));
        Assert.That(
            result.Error,
            Does.StartWith($"{Notice}build.sh: image: the base image {host}/base:1 cannot be pulled: The manifest for ")
                .And.Contain("was an unknown type: text/html").And.EndWith($"; {Instead}\n"));
    }

    [TestCase("LOUD/base:1", "LOUD/base:1", TestName = "{m}(in capitals)")]
    [TestCase("LOUD\e[31m/base:1", "LOUD?[31m/base:1", TestName = "{m}(with an escape sequence)")]
    public async Task A_base_image_with_a_wrong_name(string name, string shown) =>
        await FailsAsync(Script(name), $"--base or ContainerBaseImage: '{shown}' is not a name of an image: [registry/]name[:tag or @digest]", exitCode: 2);

    [Test]
    public async Task A_disk_that_is_full()
    {
        string temporary = Directory.CreateDirectory(Path.Combine(_store!.Folder, "temporary")).FullName;
        ProcessStartInfo start = Script(_store.Base, ("TMPDIR", temporary));
        Programs.Through(start, "unshare", "--mount", "bash", "-c", "mount -t tmpfs -o size=4m none \"$TMPDIR\" && exec \"$0\" \"$@\"");
        ProgramResult result = await Programs.RunAsync(start, ServerBuild.Patience);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")));
        Assert.That(result.Error, Does.Match($"^{Regex.Escape(Notice)}build.sh: image: the disk is full: No space left on device : '{temporary}/.*'\n$"));
    }

    [Test]
    public Task A_setting_that_the_SDK_does_not_know_has_its_own_words() => FailsAsync(
        Script(_store!.Base, ("ContainerAppCommandInstruction", "Nonsense")),
        "image: the SDK cannot make it: System.NotSupportedException: CONTAINER2021: Unknown AppCommandInstruction 'Nonsense'. " +
        "Valid instructions are Entrypoint,DefaultArgs,None.");

    [Test]
    public async Task What_does_not_build_is_no_matter_of_the_base_image()
    {
        ProgramResult result = await Programs.RunAsync(Script(_store!.Base, ("WebSocketEngine", "steam")), ServerBuild.Patience);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")));
        Assert.That(
            result.Error,
            Does.Match($"^{Regex.Escape(Notice)}" + @"build.sh: image: the build failed: .*EchoServer.csproj\(\d+,\d+\): error : WebSocketEngine: 'steam' is not an engine \(builtin, Fleck\)\n$"));
    }

    [Test]
    public Task An_engine_that_is_not_installed() => FailsAsync(
        Script(_store!.Base, ("PATH", Tools("bash", "dirname", "dotnet")), ("CONTAINER_ENGINE", "docker")),
        "CONTAINER_ENGINE: docker is not installed; CONTAINER_ENGINE=none makes an archive", notice: "");

    // What docker 28.2.2 says.
    [TestCase(
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock; start it")]
    [TestCase(
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.50/info\": dial unix /var/run/docker.sock: connect: permission denied",
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.50/info\": dial unix /var/run/docker.sock: connect: permission denied; run as a user with access to it")]
    public Task A_docker_that_refuses(string said, string reason) => FailsAsync(
        Script(_store!.Base, ("PATH", WithStandIn("docker", $"echo Server:; echo '{said}' >&2; exit 1")), ("CONTAINER_ENGINE", "docker")),
        $"CONTAINER_ENGINE: docker refuses: {reason}; CONTAINER_ENGINE=none makes an archive", notice: "");

    [Test]
    public async Task A_podman_that_refuses()
    {
        ProcessStartInfo start = Script(_store!.Base);
        string settings = start.Environment["CONTAINERS_STORAGE_CONF"]!;
        string wrong = Path.Combine(_store!.Folder, "wrong.conf");
        await File.WriteAllTextAsync(wrong, (await File.ReadAllTextAsync(settings)).Replace("\"vfs\"", "\"nosuch\"").Replace("/graph\"", "/other-graph\""));
        start.Environment["CONTAINERS_STORAGE_CONF"] = wrong;
        ProgramResult result = await Programs.RunAsync(start, ServerBuild.Patience);
        result.AssertFailed(1, Does.Match("^build.sh: CONTAINER_ENGINE: podman refuses: .*driver not supported; CONTAINER_ENGINE=none makes an archive\n$"));
    }

    [Test]
    public async Task An_engine_that_does_not_load_the_image()
    {
        // Debian's podman, with a policy under which it takes no image.
        string policy = Path.Combine(_store!.Folder, "policy.json");
        await File.WriteAllTextAsync(policy, """{ "default": [{ "type": "reject" }] }""");
        string podman = $"[ \"$1\" != load ] || exec /usr/bin/podman load --signature-policy {policy} \"${{@:2}}\"; exec /usr/bin/podman \"$@\"";
        await FailsAsync(
            Script(_store.Base, ("PATH", WithStandIn("podman", podman))),
            "image: podman does not load artifacts/image.tar: Source image rejected: Running image " +
            "docker-archive:artifacts/image.tar:docker.io/library/echo-failure:1 is rejected by policy; the archive is still there");
        string archive = Path.Combine(Programs.ProjectFolder, "artifacts", "image.tar");
        Assert.That(archive, Does.Exist);
        File.Delete(archive);
    }

    [Test]
    public async Task Without_an_engine_it_says_so_beside_the_archive()
    {
        string path = WithStandIn("podman", "echo 'Error: no such luck' >&2; exit 125", WithStandIn("docker", "echo 'no daemon' >&2; exit 1"));
        ProcessStartInfo start = Script(_store!.Base, ("PATH", path));
        start.Environment.Remove("CONTAINER_ENGINE");
        Assert.That(await Programs.RunAsync(start, ServerBuild.Patience), Is.EqualTo(new ProgramResult(
            0,
            "artifacts/image.tar (echo-failure:1: docker load -i artifacts/image.tar)\n",
            $"{Notice}build.sh: image: nothing to load it into: docker refuses: no daemon; podman refuses: no such luck\n")));
        File.Delete(Path.Combine(Programs.ProjectFolder, "artifacts", "image.tar"));
    }

    private static async Task FailsAsync(ProcessStartInfo start, string error, int exitCode = 1, string notice = Notice) => Assert.That(
        await Programs.RunAsync(start, ServerBuild.Patience), Is.EqualTo(new ProgramResult(exitCode, "", $"{notice}build.sh: {error}\n")));

    private ProcessStartInfo Script(string baseImage, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = _store!.Podman.BuildScript("image", "--base", baseImage, "echo-failure:1");
        Array.ForEach(environment, variable => start.Environment[variable.Name] = variable.Value);
        return start;
    }

    private string NewFolder() => Directory.CreateDirectory(Path.Combine(_store!.Folder, Path.GetRandomFileName())).FullName;

    /// <summary>A PATH whose first program of this name is a script.</summary>
    private string WithStandIn(string program, string script, string? path = null)
    {
        string folder = NewFolder();
        Programs.WriteScript(Path.Combine(folder, program), script);
        return $"{folder}:{path ?? Environment.GetEnvironmentVariable("PATH")}";
    }

    private string Tools(params string[] programs)
    {
        string folder = NewFolder();
        string[] places = Environment.GetEnvironmentVariable("PATH")!.Split(':');
        foreach (string program in programs)
        {
            File.CreateSymbolicLink(Path.Combine(folder, program), places.Select(place => Path.Combine(place, program)).First(File.Exists));
        }

        return folder;
    }

    /// <summary>A server where a registry should be, which answers every request alike.</summary>
    private static ScriptedServer Registry(string status, string contentType, string body) => ScriptedServer.Answering(
        $"HTTP/1.1 {status}\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n" +
        $"WWW-Authenticate: Basic realm=\"tests\"\r\nConnection: close\r\n\r\n{body}");
}
