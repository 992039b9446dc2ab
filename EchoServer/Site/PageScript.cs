namespace EchoServer.Site;

/// <summary>Makes one script of the page's modules. A browser would load each by itself, and each answer of this server is a connection.</summary>
/// <remarks>Pure: safe on any thread. Reads what the modules have: imports of names on one line, and exports that are declarations.</remarks>
internal static class PageScript
{
    private const string Import = "import ";
    private const string From = " from './";
    private const string Export = "export ";

    private static readonly string[] Declarations = ["async", "function", "class", "const"];

    /// <summary>Joins a module and those that it imports: each becomes a function that returns its exports, behind those that it needs.</summary>
    internal static string Join(string first, Func<string, string> read)
    {
        var script = new StringBuilder("const modules = {};\n");
        Append(script, first, read, []);
        return script.ToString();
    }

    private static void Append(StringBuilder script, string name, Func<string, string> read, HashSet<string> done)
    {
        if (!done.Add(name))
        {
            return;
        }

        var body = new StringBuilder();
        List<string> exports = [];
        foreach (string line in read(name).Split('\n'))
        {
            string rest = line;
            if (line.StartsWith(Import, StringComparison.Ordinal))
            {
                int from = line.IndexOf(From, StringComparison.Ordinal);
                string imported = line[(from + From.Length)..line.LastIndexOf('\'')];
                Append(script, imported, read, done);
                rest = $"const {line[Import.Length..from]} = modules['{imported}'];";
            }
            else if (line.StartsWith(Export, StringComparison.Ordinal))
            {
                rest = line[Export.Length..];
                exports.Add(rest.Split(' ', '(').First(word => !Declarations.Contains(word)));
            }

            body.Append(rest).Append('\n');
        }

        script.Append(CultureInfo.InvariantCulture, $"modules['{name}'] = (() => {{\n{body}return {{ {string.Join(", ", exports)} }};\n}})();\n");
    }
}
