namespace EchoServer.Tests.Support;

/// <summary>An option, as a help text has it.</summary>
internal sealed partial record HelpEntry(string Label, string Description, string Variable, string Default)
{
    public string Name => LongName().Match(Label).Value;

    /// <summary>Reads the options of a help text, but for those that every command has.</summary>
    public static IReadOnlyList<HelpEntry> Read(string help)
    {
        List<HelpEntry> entries = [];
        foreach (Match match in Entry().Matches(help[help.IndexOf("\nOptions:\n", StringComparison.Ordinal)..]))
        {
            string text = string.Join(' ', match.Groups["text"].Value.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            Match bracket = Bracket().Match(text);
            string description = bracket.Success ? text[..bracket.Index].TrimEnd() : text;
            entries.Add(new HelpEntry(match.Groups["label"].Value, description, bracket.Groups["variable"].Value, bracket.Groups["default"].Value.Trim('"')));
        }

        return [.. entries.Where(entry => entry.Name is not ("--help" or "--version"))];
    }

    [GeneratedRegex(@"^  (?<label>-.*)\n(?<text>(        .*\n)+)", RegexOptions.Multiline)]
    private static partial Regex Entry();

    [GeneratedRegex(@"\[((?<variable>[A-Z_]+), )?default: (?<default>.*)\]$")]
    private static partial Regex Bracket();

    [GeneratedRegex("--[a-z.-]+")]
    private static partial Regex LongName();
}
