using System.Xml.Linq;

namespace EchoServer.Tests.Source;

/// <summary>The folders of the server's project: each refers only to folders below it (docs/design.md).</summary>
internal sealed class LayerTests
{
    // In a using, an alias, an XML comment, or written out in the code.
    private static readonly Regex Name = new(@"(?<!namespace |[\w.])(?<root>EchoServer\.)?(?<folder>[A-Z]\w*)(?:\.(?<type>[A-Z]\w*)|(?=;))");
    private const int MaxFilesInFolder = 20;

    // From the top. Folders on one line do not refer to each other.
    private static readonly string[][] Layers =
    [
        ["Commands"],
        ["Site", "Client", "Ping", "Check", "Load", "Fleck"],
        ["Echo"],
        ["Server"],
        ["Connect"],
        ["Metrics"],
        ["Transport"],
        ["Diagnosis"],
        ["Http"],
        ["WebSockets"],
        ["Buffers"],
        ["Text"],
    ];

    [Test]
    public void Each_folder_refers_only_to_folders_below_it()
    {
        string[] upward =
        [
            .. from file in ServerSources.Files
               let folder = FolderOf(file)
               where folder.Length > 0
               from match in Name.Matches(File.ReadAllText(file))
               let other = match.Groups["folder"].Value
               where other != folder && Names(match, other) && LayerOf(other) <= LayerOf(folder)
               select $"{Path.GetRelativePath(ServerSources.Root, file)}: {match.Value}"
        ];

        Assert.That(upward, Is.Empty);
    }

    [Test]
    public void Each_folder_has_a_layer_and_each_layer_its_folders()
    {
        IEnumerable<string> folders = ServerSources.Files.Select(FolderOf).Where(folder => folder.Length > 0).Distinct();
        Assert.That(folders, Is.EquivalentTo(Layers.SelectMany(layer => layer)));
    }

    [Test]
    public void Only_the_folder_at_the_bottom_is_in_scope_without_a_using()
    {
        IEnumerable<string> everywhere = XDocument.Load(Path.Combine(ServerSources.Root, "EchoServer.csproj"))
            .Descendants("Using")
            .SelectMany(item => item.Attribute("Include")!.Value.Split(';'))
            .Where(name => name.StartsWith(nameof(EchoServer), StringComparison.Ordinal));
        Assert.That(everywhere, Is.EqualTo(Layers[^1].Select(folder => $"{nameof(EchoServer)}.{folder}")));
    }

    [Test]
    public void No_folder_has_more_files_than_a_reader_takes_in()
    {
        IEnumerable<string> large = ServerSources.Files
            .GroupBy(file => Path.GetRelativePath(ServerSources.Root, Path.GetDirectoryName(file)!))
            .Where(folder => folder.Count() > MaxFilesInFolder)
            .Select(folder => $"{folder.Key}: {folder.Count()} files");
        Assert.That(large, Is.Empty);
    }

    /// <summary>The folder in the project's root that a file is in, at any depth; empty for the root itself.</summary>
    private static string FolderOf(string file)
    {
        string[] parts = Path.GetRelativePath(ServerSources.Root, file).Split(Path.DirectorySeparatorChar);
        return parts.Length == 1 ? "" : parts[0];
    }

    private static int LayerOf(string folder)
    {
        int layer = Array.FindIndex(Layers, layer => layer.Contains(folder));
        Assert.That(layer, Is.Not.Negative, $"{folder} is in no layer");
        return layer;
    }

    /// <summary>Whether a dotted name is that of a folder here, or of a type in one: a property can have a folder's name.</summary>
    private static bool Names(Match match, string folder) => match.Groups["root"].Success
        ? Layers.Any(layer => layer.Contains(folder))
        : Directory.Exists(Path.Combine(ServerSources.Root, folder)) &&
            Directory.EnumerateFiles(Path.Combine(ServerSources.Root, folder), $"{match.Groups["type"]}.cs", SearchOption.AllDirectories).Any();
}
