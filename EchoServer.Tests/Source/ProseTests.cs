namespace EchoServer.Tests.Source;

/// <summary>The prose of the project names things by their names: words that leave the subject open are counted, and only become fewer.</summary>
/// <remarks>
/// Comments and strings of C#, and all of Markdown, scripts, project files and the page. "The peer", "the caller" or "the value" is
/// nearly always meant. A word that is the right one in its place stays, and counts.
/// </remarks>
internal sealed class ProseTests
{
    /// <summary>Comments, then raw, verbatim and plain strings; characters, so that a quoted quote begins no string.</summary>
    private static readonly Regex CodeProse = new(
        """"
        //[^\n]* | /\*.*?\*/ | \$*(?<quotes>"{3,}).*?\k<quotes> | (?:@|@\$|\$@)"(?:[^"]|"")*" | \$?"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])+'
        """",
        RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace);

    private static readonly Regex VagueWord = new(
        @"\b(?:who|whom|whoever|nobody|somebody|anybody|everybody|one's\ own|what\ (?:is|are|was|were|comes|came|goes|has|had|one)
        |(?<!there\ )(?:is|are|was|were)\ no|from\ (?:here|there|then)\ on|mostly|can(?:not)?\ be\ had)\b",
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace);

    private static readonly string[] Extensions = [".cs", ".md", ".sh", ".yml", ".csproj", ".props", ".js", ".html", ".css"];

    private static readonly string[] SkippedFolders = ["artifacts", "node_modules", "bin", "obj"];

    [Test]
    public void No_folder_has_more_vague_words_than_it_had_and_the_table_follows_when_there_are_fewer()
    {
        IReadOnlyDictionary<string, int> allowed = ProseTable.Allowed;
        Dictionary<string, string[]> found = SourceFiles()
            .SelectMany(Find)
            .GroupBy(place => place.Folder, place => place.Text)
            .ToDictionary(folder => folder.Key, folder => folder.ToArray());

        List<string> wrong = [];
        foreach (string folder in allowed.Keys.Union(found.Keys).Order(StringComparer.Ordinal))
        {
            string[] places = found.GetValueOrDefault(folder, []);
            int most = allowed.GetValueOrDefault(folder);
            if (places.Length > most)
            {
                wrong.Add($"{folder}: {places.Length} vague words, at most {most} may be left. Name the subject in some of these:\n  {string.Join("\n  ", places)}");
            }
            else if (places.Length < most)
            {
                string entry = places.Length == 0 ? "remove its line from ProseTable" : $"write [\"{folder}\"] = {places.Length}, in ProseTable";
                wrong.Add($"{folder}: only {places.Length} vague words are left of {most}: {entry}");
            }
        }

        Assert.That(wrong, Is.Empty, string.Join('\n', wrong));
    }

    [TestCase("// For whoever asks.\nint x; // and nobody else", 2)]
    [TestCase("/// <summary>What comes from the peer; it is no text.</summary>", 2)]
    [TestCase("string s = \"what is \\\" left\"; char who = '\"'; int nobody = 1;", 1)]
    [TestCase("string s = @\"who \"\" \"; string t = $\"mostly {x}\"; string u = \"\"\"\n  somebody \" else\n  \"\"\";", 3)]
    [TestCase("// The whole of what follows is noted; someone's own.", 0)]
    public void Words_are_found_in_comments_and_strings_and_not_in_code(string code, int expected) =>
        Assert.That(CodeProse.Matches(code).Sum(part => VagueWord.Count(part.ValueSpan)), Is.EqualTo(expected));

    private static IEnumerable<(string Folder, string Text)> Find(string file)
    {
        string path = Path.GetRelativePath(Programs.ProjectFolder, file).Replace(Path.DirectorySeparatorChar, '/');
        string text = File.ReadAllText(file);
        IEnumerable<(int Start, string Text)> parts = file.EndsWith(".cs", StringComparison.Ordinal)
            ? CodeProse.Matches(text).Select(part => (part.Index, part.Value))
            : [(0, text)];
        foreach ((int start, string part) in parts)
        {
            foreach (Match word in VagueWord.Matches(part))
            {
                int line = text.AsSpan(0, start + word.Index).Count('\n') + 1;
                yield return (FolderOf(path), $"{path}:{line}: \"{word.Value}\"");
            }
        }
    }

    /// <summary>The first two folders of a path; "." for the top.</summary>
    private static string FolderOf(string path)
    {
        string[] folders = path.Split('/')[..^1];
        return folders.Length == 0 ? "." : string.Join('/', folders.Take(2));
    }

    private static IEnumerable<string> SourceFiles()
    {
        var pending = new Stack<DirectoryInfo>([new DirectoryInfo(Programs.ProjectFolder)]);
        while (pending.TryPop(out DirectoryInfo? folder))
        {
            foreach (DirectoryInfo inner in folder.EnumerateDirectories())
            {
                if (!inner.Name.StartsWith('.') && !SkippedFolders.Contains(inner.Name))
                {
                    pending.Push(inner);
                }
            }

            // This file has to have the words.
            foreach (FileInfo file in folder.EnumerateFiles().Where(file => Extensions.Contains(file.Extension) && file.Name != "ProseTests.cs"))
            {
                yield return file.FullName;
            }
        }
    }
}
