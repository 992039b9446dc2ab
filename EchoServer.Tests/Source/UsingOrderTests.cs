namespace EchoServer.Tests.Source;

/// <summary>The <c>using</c> lines of every C# file: <c>System</c> first, then by the alphabet, as <c>dotnet format</c> sorts them.</summary>
/// <remarks>The build reports all other formatting (IDE0055), but not this order; <c>dotnet format style</c> takes half a minute.</remarks>
internal sealed class UsingOrderTests
{
    private static readonly Regex Using = new(@"^using ([A-Za-z][\w.]*);$", RegexOptions.Multiline);

    [Test]
    public void Usings_are_sorted()
    {
        string[] files =
        [
            .. ((string[])["EchoServer", "EchoServer.Tests"]).SelectMany(project =>
                Directory.EnumerateFiles(Path.Combine(Programs.ProjectFolder, project), "*.cs", SearchOption.AllDirectories)),
        ];
        Assert.That(files, Has.Length.GreaterThan(400), "the files of both projects");
        Assert.That(files.Where(file => !IsSorted(File.ReadAllText(file))).Select(file => Path.GetRelativePath(Programs.ProjectFolder, file)), Is.Empty);
    }

    [TestCase("using System.Text;\nusing EchoServer.Http;\nusing Microsoft.Extensions.Logging;\n", true)]
    [TestCase("using System;\nusing System.Net;\nusing System.Net.Sockets;\n", true)]
    [TestCase("using EchoServer.Http;\nusing System.Text;\n", false)]
    [TestCase("using EchoServer.Text;\nusing EchoServer.Http;\n", false)]
    public void An_order_is_judged(string usings, bool isSorted) => Assert.That(IsSorted(usings), Is.EqualTo(isSorted));

    private static bool IsSorted(string source)
    {
        string[] names = [.. Using.Matches(source).Select(match => match.Groups[1].Value)];
        return names.SequenceEqual(names
            .OrderBy(name => name != "System" && !name.StartsWith("System.", StringComparison.Ordinal))
            .ThenBy(name => name, StringComparer.OrdinalIgnoreCase));
    }
}
