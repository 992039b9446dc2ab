using System.Text.RegularExpressions;
using EchoServer.Tests.Support;

namespace EchoServer.Tests.Commands;

/// <summary>README's tables say what the program says: its options and its metrics.</summary>
internal sealed partial class ReadmeTests
{
    [Test]
    public async Task Every_option_of_the_help_text_is_in_the_table_with_its_variable_and_default()
    {
        ProgramResult help = await Programs.RunAsync(Programs.EchoServer(["--help"]));
        string[] fromHelp = [.. HelpLine().Matches(help.Output).Select(match => Row(match, match.Groups["default"].Value.Trim('"')))];
        string readme = await File.ReadAllTextAsync(Path.Combine(Programs.ProjectFolder, "README.md"));
        string[] fromReadme = [.. TableRow().Matches(readme).Select(match => Row(match, match.Groups["default"].Value))];
        Assert.That(fromHelp, Is.Not.Empty);
        Assert.That(fromReadme, Is.EquivalentTo(fromHelp));
    }

    [Test]
    public async Task Every_option_of_load_is_in_its_table_with_its_default_and_range()
    {
        ProgramResult help = await Programs.RunAsync(Programs.EchoServer(["load", "--help"]));
        string[] fromHelp = [.. LoadHelpLine().Matches(help.Output).Select(match => $"{match.Groups["option"]} {match.Groups["default"]} {match.Groups["range"]}")];
        string readme = await File.ReadAllTextAsync(Path.Combine(Programs.ProjectFolder, "README.md"));
        string[] fromReadme = [.. LoadTableRow().Matches(readme).Select(match => $"{match.Groups["option"]} {match.Groups["default"]} {match.Groups["range"]}")];
        Assert.That(fromHelp, Has.Length.EqualTo(7));
        Assert.That(fromReadme, Is.EquivalentTo(fromHelp));
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

    private static string Row(Match match, string defaultText) => $"{match.Groups["option"]} {match.Groups["variable"]} {defaultText}";

    [GeneratedRegex(@"^  (?<option>--[a-z.-]+) <value> .* \[((?<variable>[A-Z_]+), )?default: (?<default>.*)\]", RegexOptions.Multiline)]
    private static partial Regex HelpLine();

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (?<type>[a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^\| `(?<name>[a-z_]+)` \| (?<type>counter|gauge|histogram) \|", RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex(@"^\| `(?<option>--[a-z.-]+)` \| (`(?<variable>[A-Z_]+)`)? ?\| `?(?<default>[^|`]*)`? \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex(@"^  (?<option>--[a-z-]+) <value> .* \((?<range>[0-9.]+-[0-9]+)\)\. \[default: (?<default>.*)\]", RegexOptions.Multiline)]
    private static partial Regex LoadHelpLine();

    [GeneratedRegex(@"^\| `(?<option>--[a-z-]+)` \| `(?<default>[^`]+)` \| (?<range>[0-9.]+-[0-9]+)[ ;]", RegexOptions.Multiline)]
    private static partial Regex LoadTableRow();
}
