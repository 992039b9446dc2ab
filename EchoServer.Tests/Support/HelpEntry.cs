namespace EchoServer.Tests.Support;

/// <summary>An option, as a help text has it.</summary>
/// <param name="Group">The title above it, such as <c>Limits</c>.</param>
/// <param name="Label">Its names and its value, such as <c>-w, --wait &lt;seconds&gt;</c>.</param>
/// <param name="Description">What it does.</param>
/// <param name="Variable">Its environment variable; empty for none.</param>
/// <param name="Default">Its default; empty for none.</param>
internal sealed record HelpEntry(string Group, string Label, string Description, string Variable, string Default)
{
    private static readonly Regex TitleOrEntry = new(@"^(?<title>[A-Z].*):$|^  (?<label>-.*)\n(?<text>(        .*\n)+)", RegexOptions.Multiline);
    private static readonly Regex Bracket = new(@"\[((?<variable>[A-Z_]+), )?default: (?<default>.*)\]$");

    /// <summary>Reads the options of a help text, but for those that every command has.</summary>
    public static IReadOnlyList<HelpEntry> Read(string help)
    {
        List<HelpEntry> entries = [];
        string group = "";
        foreach (Match match in TitleOrEntry.Matches(help[help.IndexOf("\nOptions:\n", StringComparison.Ordinal)..]))
        {
            if (match.Groups["title"].Success)
            {
                group = match.Groups["title"].Value;
                continue;
            }

            string text = string.Join(' ', match.Groups["text"].Value.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            Match bracket = Bracket.Match(text);
            string description = bracket.Success ? text[..bracket.Index].TrimEnd() : text;
            entries.Add(new HelpEntry(group, match.Groups["label"].Value, description, bracket.Groups["variable"].Value, bracket.Groups["default"].Value.Trim('"')));
        }

        return [.. entries.Where(entry => !entry.Label.Contains("--help", StringComparison.Ordinal) && entry.Label != "--version")];
    }
}
