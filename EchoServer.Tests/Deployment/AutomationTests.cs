namespace EchoServer.Tests.Deployment;

/// <summary>What runs where the repository is kept: the workflow, updates of packages, and the container for development.</summary>
internal sealed class AutomationTests
{
    private static readonly Regex RunStep = new(@"^ +(?:- )?run: (?<command>.*)$", RegexOptions.Multiline);
    private static readonly Regex UsesStep = new(@"^ +(?:- )?uses: (?<action>\S+)", RegexOptions.Multiline);
    private static readonly Regex Image = new(@"^ +image: (?<image>\S+)$", RegexOptions.Multiline);
    private static readonly Regex EcosystemFolders = new(@"package-ecosystem: (?<ecosystem>\w+)\n(?: +#.*\n)* +directories: \[(?<folders>.*)\]");
    private static readonly string[] ProjectFolders = ["EchoServer", "EchoServer.Tests"];
    private static readonly string Workflow = Read(".github/workflows/ci.yml");

    [Test]
    public void The_workflow_calls_the_script_of_CI_and_nothing_else() =>
        Assert.That(RunStep.Matches(Workflow).Select(step => step.Groups["command"].Value), Is.EqualTo([".ci/run"]));

    [Test]
    public void Every_action_is_pinned_to_a_commit()
    {
        string[] actions = [.. UsesStep.Matches(Workflow).Select(step => step.Groups["action"].Value)];
        Assert.That(actions, Is.Not.Empty);
        Assert.That(actions, Has.All.Match("^[a-z/-]+@[0-9a-f]{40}$"));
    }

    [Test]
    public void The_container_for_development_is_that_of_CI_and_is_prepared_by_the_script_of_the_tests()
    {
        JsonElement container = JsonDocument.Parse(
            Read(".devcontainer/devcontainer.json"), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }).RootElement;
        Assert.That(container.GetProperty("onCreateCommand").GetString(), Is.EqualTo("EchoServer.Tests/prepare.sh test"));
        Assert.That(container.GetProperty("image").GetString(), Is.EqualTo(Image.Match(Workflow).Groups["image"].Value));
        Assert.That(Read("build.sh"), Does.Contain("EchoServer.Tests/prepare.sh test"), "what ./build.sh test calls");
    }

    [TestCase("nuget", "*.csproj")]
    [TestCase("npm", "package.json")]
    public void Packages_of_every_project_are_kept_up_to_date(string ecosystem, string projectFile)
    {
        string[] folders = [.. EcosystemFolders.Matches(Read(".github/dependabot.yml"))
            .Single(match => match.Groups["ecosystem"].Value == ecosystem).Groups["folders"].Value.Split(", ")];
        string[] projects = [.. ProjectFolders
            .SelectMany(top => Directory.GetFiles(Path.Combine(Programs.ProjectFolder, top), projectFile, SearchOption.AllDirectories))
            .Select(file => $"/{Path.GetRelativePath(Programs.ProjectFolder, Path.GetDirectoryName(file)!).Replace('\\', '/')}")];
        Assert.That(folders, Is.EquivalentTo(projects));
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Programs.ProjectFolder, path));
}
