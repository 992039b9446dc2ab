namespace EchoServer.Tests.Source;

/// <summary>README.md and <c>docs/</c>: what they say of options and metrics, their links, and which of them may have dates.</summary>
internal sealed class PagesTests
{
    private static readonly Regex TypeLine = new("^# TYPE (?<name>[a-z_]+) (?<type>[a-z]+)$", RegexOptions.Multiline);
    private static readonly Regex MetricRow = new(@"^\| `(?<name>[a-z_]+)` \| (?<type>counter|gauge|histogram) \|", RegexOptions.Multiline);
    private static readonly Regex Link = new(@"\[(?<text>[^\[\]]*)\]\((?<target>[^()\s]+)\)");
    private static readonly Regex HeadingOrCode = new("^```.*?^```$|^#{1,6} (?<heading>[^\n]+)$", RegexOptions.Multiline | RegexOptions.Singleline);
    private static readonly Regex NotInAnchor = new(@"[^\p{L}\p{N}_\- ]");
    private static readonly Regex Date = new(@"\b20\d\d-\d\d-\d\d\b");

    // Set by "./build.sh docs".
    private const string WriteVariable = "ECHO_WRITE_DOCS";

    // A changelog has the dates of its versions.
    private static readonly string[] Dated = ["docs/performance.md", "docs/scaling.md", "docs/compression.md", "docs/changelog.md"];

    [Test]
    public async Task The_page_of_options_is_what_the_program_says_in_its_help()
    {
        string rendered = await OptionsPage.RenderAsync();
        if (Environment.GetEnvironmentVariable(WriteVariable) is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(Programs.ProjectFolder, OptionsPage.Page), rendered);
        }

        Assert.That(await OptionsPage.CommandsAsync(), Is.SupersetOf(["serve", "client", "ping", "load", "check"]));
        Assert.That(rendered, Does.Contain("| `--port <value>` | `PORT` | `8080` | Port to listen on; 0 takes a free one. Takes a port (0-65535). |"));
        Assert.That(Pages.Read(OptionsPage.Page), Is.EqualTo(rendered), "./build.sh docs writes it anew");
    }

    [Test]
    public void Every_metric_is_in_the_table_with_its_type()
    {
        string text = HttpReply.Get(SharedServers.Default.Port, "/metrics").Text;
        string[] fromText = [.. TypeLine.Matches(text).Select(Metric)];
        Assert.That(fromText, Is.Not.Empty);
        Assert.That(MetricRow.Matches(Pages.Read("docs/http.md")).Select(Metric), Is.EquivalentTo(fromText));

        static string Metric(Match match) => $"{match.Groups["name"]} {match.Groups["type"]}";
    }

    [Test]
    public void Every_link_within_the_project_leads_somewhere()
    {
        (string Page, string Target)[] links = [.. Pages.All.SelectMany(Links)];
        Assert.That(links, Has.Length.GreaterThan(20));
        Assert.That(links.Where(link => !Leads(link.Page, link.Target)).Select(link => $"{link.Page}: {link.Target}"), Is.Empty);
    }

    [Test]
    public void Every_page_can_be_reached_from_README()
    {
        HashSet<string> reached = ["README.md"];
        var pending = new Stack<string>(reached);
        while (pending.TryPop(out string? page))
        {
            foreach (string linked in Links(page).Select(link => PathOf(page, link.Target)).Where(Pages.All.Contains).Where(reached.Add))
            {
                pending.Push(linked);
            }
        }

        Assert.That(reached, Is.EquivalentTo(Pages.All));
    }

    [Test]
    public void README_is_short_and_so_are_its_transcripts()
    {
        Assert.That(Pages.Read("README.md").Count(character => character == '\n'), Is.InRange(200, 280));
        string[] transcripts = [.. Pages.Blocks("README.md", "console")];
        Assert.That(transcripts, Has.Length.GreaterThan(4));
        Assert.That(transcripts.Select(text => text.Count(character => character == '\n')), Has.All.LessThanOrEqualTo(10));
    }

    /// <summary>A measurement ages: it stands with its date where readers expect that, and nowhere else.</summary>
    [Test]
    public void Only_the_pages_of_measurements_have_dates() => Assert.That(
        Pages.All.Except(Dated).SelectMany(page => Date.Matches(Pages.Prose(page)).Select(date => $"{page}: {date.Value}")), Is.Empty);

    [TestCase("## The way to it", "the-way-to-it")]
    [TestCase("# HTTP: the page, `/health`, /info", "http-the-page-health-info")]
    [TestCase("### A [link](x.md) and *stress* in it", "a-link-and-stress-in-it")]
    [TestCase("## What it costs / why -- 2 parts_of", "what-it-costs--why----2-parts_of")]
    public void An_anchor_is_what_GitHub_makes_of_a_heading(string heading, string anchor) =>
        Assert.That(Anchors(heading + "\n"), Is.EqualTo([anchor]));

    [Test]
    public void A_repeated_heading_has_a_numbered_anchor_and_code_has_none() =>
        Assert.That(Anchors("# One\n## One\n```sh\n# One\n```\n## One\n"), Is.EqualTo(["one", "one-1", "one-2"]));

    private static IEnumerable<(string Page, string Target)> Links(string page) => Link.Matches(Pages.Prose(page))
        .Select(match => match.Groups["target"].Value)
        .Where(target => !target.Contains("://", StringComparison.Ordinal))
        .Select(target => (page, target));

    private static bool Leads(string page, string target)
    {
        string path = PathOf(page, target);
        string[] parts = target.Split('#');
        return path.Length > 0
            && Path.Exists(Path.Combine(Programs.ProjectFolder, path))
            && (parts.Length == 1 || (Pages.All.Contains(path) && Anchors(Pages.Read(path)).Contains(parts[1])));
    }

    /// <summary>The path in the project; empty where it leads out of it.</summary>
    private static string PathOf(string page, string target)
    {
        string file = target.Split('#')[0];
        string path = file.Length == 0 ? page : Path.GetRelativePath(
            Programs.ProjectFolder, Path.Combine(Programs.ProjectFolder, Path.GetDirectoryName(page)!, file)).Replace(Path.DirectorySeparatorChar, '/');
        return path.StartsWith("..", StringComparison.Ordinal) ? "" : path;
    }

    /// <summary>The anchors of a page's headings, by GitHub's rules: lower case, no punctuation, hyphens for spaces.</summary>
    private static IEnumerable<string> Anchors(string text)
    {
        var counts = new Dictionary<string, int>();
        foreach (Match heading in HeadingOrCode.Matches(text).Where(match => match.Groups["heading"].Success))
        {
            string shown = Link.Replace(heading.Groups["heading"].Value, "${text}").Trim();
            string slug = NotInAnchor.Replace(shown.ToLowerInvariant(), "").Replace(' ', '-');
            int count = counts[slug] = counts.GetValueOrDefault(slug) + 1;
            yield return count == 1 ? slug : $"{slug}-{count - 1}";
        }
    }
}
