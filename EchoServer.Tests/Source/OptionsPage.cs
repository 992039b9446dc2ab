namespace EchoServer.Tests.Source;

/// <summary>The tables of <c>docs/options.md</c>: every option of every command, as the program's help texts have them.</summary>
internal static class OptionsPage
{
    private static readonly Regex MarkdownCharacter = new(@"[|*_<[\]]");
    private static readonly Regex CommandName = new("^  (?<name>[a-z]+)  +[A-Z]", RegexOptions.Multiline);
    public const string Page = "docs/options.md";

    /// <summary>Above it the page is written by hand.</summary>
    private const string Begin = "<!-- Written by ./build.sh docs. -->\n";

    /// <summary>The options of how to connect, which several commands share.</summary>
    private const string Shared = "Connection";

    public static async Task<string> RenderAsync()
    {
        var text = new StringBuilder(Pages.Read(Page).Split(Begin)[0]).Append(Begin);
        List<string> connecting = [];
        HelpEntry[] shared = [];
        foreach (string command in await CommandsAsync())
        {
            HelpEntry[] entries = [.. HelpEntry.Read(await HelpAsync(command))];
            if (entries.Any(entry => entry.Group == Shared))
            {
                connecting.Add(command);
                shared = [.. entries.Where(entry => entry.Group == Shared)];
            }

            HelpEntry[] own = [.. entries.Where(entry => entry.Group != Shared)];
            if (own.Length > 0)
            {
                text.Append($"\n## {command}\n");
                AppendGroups(text, own);
            }
        }

        text.Append($"\n## connection\n\nHow to connect: the same for {string.Join(", ", connecting.Select(command => $"`{command}`"))}.\n");
        AppendGroups(text, shared);
        return text.ToString();
    }

    public static async Task<string[]> CommandsAsync()
    {
        string help = await HelpAsync();
        string list = help[help.IndexOf("\nCommands:\n", StringComparison.Ordinal)..help.IndexOf("\nOptions:\n", StringComparison.Ordinal)];
        return [.. CommandName.Matches(list).Select(match => match.Groups["name"].Value)];
    }

    private static async Task<string> HelpAsync(params string[] command)
    {
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer([.. command, "--help"]));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        return result.Output;
    }

    private static void AppendGroups(StringBuilder text, IReadOnlyList<HelpEntry> entries)
    {
        bool hasVariables = entries.Any(entry => entry.Variable.Length > 0);
        foreach (IGrouping<string, HelpEntry> group in entries.GroupBy(entry => entry.Group))
        {
            text.Append(group.Key is "Options" or Shared ? "\n" : $"\n### {group.Key}\n\n");
            text.Append(hasVariables ? "| option | variable | default | what it does |\n|---|---|---|---|\n" : "| option | default | what it does |\n|---|---|---|\n");
            foreach (HelpEntry entry in group)
            {
                string variable = hasVariables ? $" {Code(entry.Variable)} |" : "";
                text.Append($"| {Code(entry.Label)} |{variable} {Code(entry.Default)} | {Escaped(entry.Description)} |\n");
            }
        }
    }

    private static string Code(string text) => text.Length == 0 ? "" : $"`{text.Replace("|", "\\|", StringComparison.Ordinal)}`";

    private static string Escaped(string text) => MarkdownCharacter.Replace(text, @"\$0");
}
