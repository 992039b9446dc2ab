using System.Text.RegularExpressions;
using EchoServer.Tests.Support;

namespace EchoServer.Tests.Commands;

/// <summary>README's table of options says what <c>--help</c> says.</summary>
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

    private static string Row(Match match, string defaultText) => $"{match.Groups["option"]} {match.Groups["variable"]} {defaultText}";

    [GeneratedRegex(@"^  (?<option>--[a-z.-]+) <value> .* \[((?<variable>[A-Z_]+), )?default: (?<default>.*)\]", RegexOptions.Multiline)]
    private static partial Regex HelpLine();

    [GeneratedRegex(@"^\| `(?<option>--[a-z.-]+)` \| (`(?<variable>[A-Z_]+)`)? ?\| `?(?<default>[^|`]*)`? \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
