using System.Reflection;

namespace EchoServer.Site;

/// <summary>The files of the test page, by path. They are in the executable.</summary>
internal static class SiteFiles
{
    // How the project file names them.
    private const string ResourcePrefix = "Site/";

    /// <summary>Loads the files that are in this assembly.</summary>
    internal static IReadOnlyDictionary<string, SiteFile> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var files = new Dictionary<string, SiteFile>(StringComparer.Ordinal);
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using Stream resource = assembly.GetManifestResourceStream(name)!;
            byte[] bytes = new byte[resource.Length];
            resource.ReadExactly(bytes);
            string fileName = name[ResourcePrefix.Length..];
            files[PathOf(fileName)] = new SiteFile(ContentType(fileName), bytes);
        }

        return files;
    }

    private static string PathOf(string fileName) => fileName == "index.html" ? "/" : $"/{fileName}";

    private static string ContentType(string fileName) => Path.GetExtension(fileName) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        string other => throw new InvalidOperationException($"{fileName}: no content type is known for '{other}'"),
    };
}
