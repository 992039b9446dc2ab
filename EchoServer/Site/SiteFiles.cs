using System.Reflection;

namespace EchoServer.Site;

/// <summary>The files that a browser asks for, by path. Made of those in the executable: few, because each answer is a connection.</summary>
internal static class SiteFiles
{
    // How the project file names them.
    private const string ResourcePrefix = "Site/";

    // In this order: a later rule wins.
    private static readonly string[] Styles = ["page.css", "controls.css", "panels.css"];

    /// <summary>Loads the files that are in this assembly.</summary>
    internal static IReadOnlyDictionary<string, SiteFile> Load() => new Dictionary<string, SiteFile>(StringComparer.Ordinal)
    {
        ["/"] = Make("text/html", Read("index.html").Replace("<!-- icon.svg -->", Read("icon.svg"), StringComparison.Ordinal)),
        ["/page.css"] = Make("text/css", string.Concat(Styles.Select(Read))),
        ["/page.js"] = Make("text/javascript", PageScript.Join("page.js", Read)),
        ["/icon.svg"] = Make("image/svg+xml", Read("icon.svg")),
    };

    private static SiteFile Make(string type, string text) => new($"{type}; charset=utf-8", Encoding.UTF8.GetBytes(text));

    private static string Read(string fileName)
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(ResourcePrefix + fileName)!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
