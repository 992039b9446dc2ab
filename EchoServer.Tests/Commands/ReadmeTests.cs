namespace EchoServer.Tests.Commands;

/// <summary>README's tables say what the program says: its options and its metrics.</summary>
internal sealed partial class ReadmeTests
{
    [Test]
    public async Task Every_option_of_the_help_text_is_in_the_table_with_its_variable_and_default()
    {
        ProgramResult help = await Programs.RunAsync(Programs.EchoServer(["--help"]));
        string[] fromHelp = [.. HelpEntry.Read(help.Output).Select(entry => $"{entry.Name} {entry.Variable} {entry.Default}")];
        string readme = await File.ReadAllTextAsync(Path.Combine(Programs.ProjectFolder, "README.md"));
        string[] fromReadme = [.. TableRow().Matches(readme).Select(match => $"{match.Groups["option"]} {match.Groups["variable"]} {match.Groups["default"]}")];
        Assert.That(fromHelp, Is.Not.Empty);
        Assert.That(fromReadme, Is.EquivalentTo(fromHelp));
    }

    [Test]
    public async Task Every_option_of_load_is_in_its_table_with_its_default_and_range()
    {
        ProgramResult help = await Programs.RunAsync(Programs.EchoServer(["load", "--help"]));
        ProgramResult client = await Programs.RunAsync(Programs.EchoServer(["client", "--help"]));
        string[] fromHelp = [.. HelpEntry.Read(help.Output).Except(HelpEntry.Read(client.Output)).Where(entry => entry.Default.Length > 0)
            .Select(entry => $"{entry.Name} {entry.Default} {Range().Match(entry.Description).Groups["range"]}")];
        string readme = await File.ReadAllTextAsync(Path.Combine(Programs.ProjectFolder, "README.md"));
        string[] fromReadme = [.. LoadTableRow().Matches(readme).Select(match => $"{match.Groups["option"]} {match.Groups["default"]} {match.Groups["range"]}")];
        Assert.That(fromHelp, Has.Length.EqualTo(6));
        Assert.That(fromReadme, Is.EquivalentTo(fromHelp));
    }

    /// <summary>The section on the client also has the options that ping, check and load share with it.</summary>
    [Test]
    public async Task Every_option_of_client_ping_and_check_is_in_their_tables_with_its_default()
    {
        HelpEntry[] client = await ReadHelpAsync("client");
        HelpEntry[] ping = await ReadHelpAsync("ping");
        HelpEntry[] check = await ReadHelpAsync("check");
        string readme = await File.ReadAllTextAsync(Path.Combine(Programs.ProjectFolder, "README.md"));
        Assert.That(client, Has.Length.GreaterThan(15));
        Assert.That(Rows(readme, "## Client"), Is.EquivalentTo(client.Select(Row)));
        Assert.That(Rows(readme, "## Ping"), Is.EquivalentTo(ping.Except(client).Select(Row)));
        Assert.That(Rows(readme, "## Check"), Is.EquivalentTo(check.Except(client).Select(Row)));

        static async Task<HelpEntry[]> ReadHelpAsync(string command) =>
            [.. HelpEntry.Read((await Programs.RunAsync(Programs.EchoServer([command, "--help"]))).Output)];

        static string Row(HelpEntry entry) => $"{entry.Label} {entry.Variable} {(entry.Default.Length == 0 ? "off" : entry.Default)}";

        static IEnumerable<string> Rows(string readme, string title)
        {
            int start = readme.IndexOf($"\n{title}\n", StringComparison.Ordinal);
            int end = readme.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
            return ClientTableRow().Matches(readme[start..end]).Select(match => $"{match.Groups["label"]} {match.Groups["variable"]} {match.Groups["default"]}");
        }
    }

    [Test]
    public async Task Every_metric_is_in_the_table_with_its_type()
    {
        string text = HttpReply.Get(SharedServers.Default.Port, "/metrics").Text;
        string readme = await File.ReadAllTextAsync(Path.Combine(Programs.ProjectFolder, "README.md"));
        string[] fromText = [.. TypeLine().Matches(text).Select(Metric)];
        Assert.That(fromText, Is.Not.Empty);
        Assert.That(MetricRow().Matches(readme).Select(Metric), Is.EquivalentTo(fromText));
    }

    private static string Metric(Match match) => $"{match.Groups["name"]} {match.Groups["type"]}";

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (?<type>[a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^\| `(?<name>[a-z_]+)` \| (?<type>counter|gauge|histogram) \|", RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex(@"^\| `(?<option>--[a-z.-]+)` \| (`(?<variable>[A-Z_]+)`)? ?\| `?(?<default>[^|`]*)`? \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex(@"\((?<range>[0-9.]+-[0-9]+)( seconds| bytes)?\)\.$")]
    private static partial Regex Range();

    [GeneratedRegex(@"^\| `(?<label>-[^`]*)` \| (`(?<variable>[A-Z_]+)`, )?`?(?<default>[^|`]*)`? \|", RegexOptions.Multiline)]
    private static partial Regex ClientTableRow();

    [GeneratedRegex(@"^\| `(?<option>--[a-z-]+)` \| `(?<default>[^`]+)` \| (?<range>[0-9.]+-[0-9]+)[ ;]", RegexOptions.Multiline)]
    private static partial Regex LoadTableRow();
}
