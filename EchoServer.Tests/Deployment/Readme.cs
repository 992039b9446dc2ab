namespace EchoServer.Tests.Deployment;

/// <summary>README's code blocks: what they tell people to run is what the tests run.</summary>
internal static partial class Readme
{
    public static string Block(string language, string containing) => CodeBlock().Matches(File.ReadAllText(Path.Combine(Programs.ProjectFolder, "README.md")))
        .Where(match => match.Groups["language"].Value == language)
        .Select(match => match.Groups["text"].Value)
        .Single(text => text.Contains(containing, StringComparison.Ordinal));

    [GeneratedRegex("^```(?<language>[a-z]+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
