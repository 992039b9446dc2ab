namespace EchoServer.Tests.Support;

/// <summary>README.md and the pages in <c>docs/</c>, by their paths in the project.</summary>
internal static class Pages
{
    private static readonly Regex CodeBlock = new("^```(?<language>[a-z]*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline);
    private static readonly Regex InlineCode = new("`[^`\n]+`");

    public static IReadOnlyList<string> All { get; } =
    [
        "README.md",
        .. Directory.GetFiles(Path.Combine(Programs.ProjectFolder, "docs"), "*.md").Select(file => $"docs/{Path.GetFileName(file)}").Order(StringComparer.Ordinal),
    ];

    public static string Read(string page) => File.ReadAllText(Path.Combine(Programs.ProjectFolder, page));

    /// <summary>The one code block of a page that contains a text: what a page tells people to run is what the tests run.</summary>
    public static string Block(string page, string language, string containing) =>
        Blocks(page, language).Single(text => text.Contains(containing, StringComparison.Ordinal));

    /// <summary>All code blocks of a page in a language.</summary>
    public static IEnumerable<string> Blocks(string page, string language) => CodeBlock.Matches(Read(page))
        .Where(match => match.Groups["language"].Value == language)
        .Select(match => match.Groups["text"].Value);

    /// <summary>A page without its code, in which a bracket or a date means something else.</summary>
    public static string Prose(string page) => InlineCode.Replace(CodeBlock.Replace(Read(page), ""), "");
}
