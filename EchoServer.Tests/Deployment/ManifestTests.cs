namespace EchoServer.Tests.Deployment;

/// <summary><c>manifest.yml</c> and the manifests in docs/cloud-foundry.md: nothing in them that Cloud Foundry would not take.</summary>
internal sealed class ManifestTests
{
    private static readonly Regex ReplacedAttribute = new("^    (instances|random-route):");
    // A name and a colon, or lines indented below one; anything else is prose.
    private static readonly Regex CommentedAttribute = new("^(?<indent> +)# (?=[A-Za-z_-]+:( |$)|  )");

    // https://docs.cloudfoundry.org/devguide/deploy-apps/manifest-attributes.html, without those that it calls deprecated.
    private static readonly string[] KnownAttributes =
    [
        "name", "path", "buildpacks", "docker", "command", "memory", "disk_quota", "instances", "random-route", "routes", "no-route",
        "health-check-type", "health-check-http-endpoint", "health-check-invocation-timeout", "health-check-interval",
        "readiness-health-check-type", "readiness-health-check-http-endpoint", "readiness-health-check-invocation-timeout",
        "readiness-health-check-interval", "timeout", "env", "log-rate-limit-per-second", "processes", "services", "sidecars", "stack", "metadata",
    ];

    // What the platform takes at most, unless its operator has said otherwise.
    private const int MaxTimeout = 180;

    private static IEnumerable<TestCaseData> Manifests()
    {
        yield return new TestCaseData((Func<string>)(() => File.ReadAllText(Manifest.File))).SetArgDisplayNames("manifest.yml");
        yield return new TestCaseData((Func<string>)Alternatives).SetArgDisplayNames("manifest.yml with its alternatives");
        yield return new TestCaseData((Func<string>)(() => Pages.Block("docs/cloud-foundry.md", "yaml", "docker:"))).SetArgDisplayNames("cloud-foundry.md, docker");
        yield return new TestCaseData((Func<string>)(() => Pages.Block("docs/cloud-foundry.md", "yaml", "dotnet_core_buildpack"))).SetArgDisplayNames("cloud-foundry.md, dotnet_core_buildpack");
    }

    [TestCaseSource(nameof(Manifests))]
    public void Cloud_Foundry_takes_every_attribute(Func<string> text)
    {
        Manifest manifest = Manifest.Parse(text());
        Assert.That(manifest.Names, Is.SubsetOf(KnownAttributes));
        Assert.That(manifest.Text("name"), Does.Match("^[a-z][a-z-]*$"));
        Assert.That(manifest.Number("instances"), Is.Positive);
        Assert.That(manifest.MemoryBytes, Is.Positive);
        Assert.That(manifest.Bytes("disk_quota"), Is.Positive);
        Assert.That(manifest.Number("timeout"), Is.InRange(1, MaxTimeout));
        foreach (string check in (string[])["health-check", "readiness-health-check"])
        {
            Assert.That(manifest.Text($"{check}-type"), Is.EqualTo("http"));
            Assert.That(manifest.Text($"{check}-http-endpoint"), Is.EqualTo("/health"));
            Assert.That(manifest.Number($"{check}-invocation-timeout"), Is.InRange(1, manifest.Number("timeout")));
        }
    }

    [TestCaseSource(nameof(Manifests))]
    public void What_excludes_each_other_is_not_in_one_manifest(Func<string> text)
    {
        Manifest manifest = Manifest.Parse(text());
        Assert.That(manifest.Names.Intersect(["random-route", "routes"]), Has.Exactly(1).Items);
        Assert.That(manifest.Names.Intersect(["path", "docker"]), Has.Exactly(1).Items);
        Assert.That(manifest.Names.Intersect(["buildpacks", "docker"]), Has.Exactly(1).Items);
    }

    [TestCaseSource(nameof(Manifests))]
    [WholeMachine]
    public void What_is_pushed_fits_the_disk(Func<string> text)
    {
        Manifest manifest = Manifest.Parse(text());
        if (manifest.Names.Contains("path"))
        {
            Requires.Published();
            string[] files = Directory.GetFiles(Path.Combine(Programs.ProjectFolder, manifest.Text("path")), "*", SearchOption.AllDirectories);
            Assert.That(files, Is.Not.Empty);
            Assert.That(files.Sum(file => new FileInfo(file).Length), Is.LessThan(manifest.Bytes("disk_quota")));
        }
    }

    [Test]
    public void Every_manifest_in_the_pages_has_attributes_of_Cloud_Foundry()
    {
        string[] manifests = [.. Pages.All.SelectMany(page => Pages.Blocks(page, "yaml"))];
        Assert.That(manifests, Has.Length.GreaterThanOrEqualTo(4));
        Assert.That(manifests.SelectMany(text => Manifest.Parse(text).Names).Distinct(), Is.SubsetOf(KnownAttributes));
    }

    /// <summary>It needs CAPI 1.137, and the quota of an org can refuse it: nothing that a first push may fail by.</summary>
    [TestCaseSource(nameof(Manifests))]
    public void Only_the_alternatives_limit_the_log(Func<string> text)
    {
        const string attribute = "log-rate-limit-per-second";
        Manifest manifest = Manifest.Parse(text());
        Assert.That(manifest.Names.Contains(attribute), Is.EqualTo(text == (Func<string>)Alternatives));
        Assert.That(Manifest.Parse(Alternatives()).Bytes(attribute), Is.Positive);
    }

    [Test]
    public void The_alternatives_are_the_ones_that_the_file_speaks_of()
    {
        Manifest manifest = Manifest.Parse(Alternatives());
        Assert.That(manifest.Number("instances"), Is.EqualTo(3));
        Assert.That(manifest.Pairs("routes"), Is.EqualTo([KeyValuePair.Create("route", "echo.example.com")]));
        Assert.That(manifest.Environment.Keys, Is.EquivalentTo(["ECHO_ALLOWED_ORIGINS", "ECHO_INFO", "ECHO_METRICS", "LOG_FORMAT", "LOG_MESSAGES"]));
    }

    [Test]
    public async Task The_server_takes_the_variables_of_the_alternatives()
    {
        await using ServerProcess server = await ServerProcess.StartAsync([], Manifest.Parse(Alternatives()).Environment);
        Assert.That(server.FirstLine, Does.StartWith("{"), "LOG_FORMAT");
        Assert.That(HttpReply.Get(server.Port, "/info").Status, Is.EqualTo(404), "ECHO_INFO");
        Assert.That(HttpReply.Get(server.Port, "/metrics").Status, Is.EqualTo(404), "ECHO_METRICS");
        foreach ((string origin, int exitCode) in ((string, int)[])[("https://app.example.com", 0), ("https://www.example.com", 0), ("https://example.org", 1)])
        {
            ProgramResult client = await Programs.RunAsync(Programs.EchoServer(["client", server.Url().AbsoluteUri, "Hi there!", "--origin", origin]));
            Assert.That(client.ExitCode, Is.EqualTo(exitCode), $"{origin}: {client.Error}");
        }

        Assert.That(await server.StopAsync(), Is.Zero);
        Assert.That(server.Output, Has.None.Contains("Hi there!"), "LOG_MESSAGES");
    }

    /// <summary>The manifest with every alternative uncommented, and without what it stands in for.</summary>
    private static string Alternatives()
    {
        IEnumerable<string> lines = File.ReadAllLines(Manifest.File).Where(line => !ReplacedAttribute.IsMatch(line));
        return string.Join('\n', lines.Select(line => CommentedAttribute.Replace(line, "${indent}")));
    }
}
