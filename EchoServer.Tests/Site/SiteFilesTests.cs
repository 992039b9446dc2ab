using EchoServer.Site;

namespace EchoServer.Tests.Site;

/// <summary>The files of the page, which are made of those that are embedded in the executable.</summary>
internal sealed class SiteFilesTests
{
    private static readonly Regex ModuleStatement = new(@"^\s*(import|export)\b", RegexOptions.Multiline);
    private static readonly IReadOnlyDictionary<string, SiteFile> Files = SiteFiles.Load();

    private static readonly string Folder = Path.Combine(Programs.ProjectFolder, "EchoServer", "Site", "Page");

    [Test]
    public void A_browser_asks_for_one_file_of_each_kind() =>
        Assert.That(Files.Keys, Is.EquivalentTo((string[])["/", "/page.css", "/page.js", "/icon.svg"]));

    [Test]
    public void Every_file_of_the_page_is_in_one_of_them_once()
    {
        string script = Text("/page.js");
        foreach (string file in Directory.EnumerateFiles(Folder))
        {
            string name = Path.GetFileName(file);
            string text = File.ReadAllText(file);
            _ = Path.GetExtension(name) switch
            {
                ".css" => AssertOnce(Text("/page.css"), text, name),
                ".js" => AssertOnce(script, $"\nmodules['{name}'] = (() => {{\n", name),
                ".html" => AssertOnce(Text("/"), text.Replace("<!-- icon.svg -->", Text("/icon.svg"), StringComparison.Ordinal), name),
                _ => AssertOnce(Text($"/{name}"), text, name),
            };
        }

        static bool AssertOnce(string whole, string part, string name)
        {
            Assert.That(whole.Split(part), Has.Length.EqualTo(2), name);
            return true;
        }
    }

    [Test]
    public void Modules_are_joined_behind_those_that_they_import()
    {
        var modules = new Dictionary<string, string>
        {
            ["first.js"] = "// What begins.\n\nimport { a, B } from './second.js';\nimport { c } from './third.js';\n\na(c, B);\n",
            ["second.js"] = "import { c } from './third.js';\nexport async function a(x) {\n  return x;\n}\nexport class B extends Object {}\n",
            ["third.js"] = "const inner = 1;\nexport const c = Object.freeze({ inner });",
        };
        Assert.That(PageScript.Join("first.js", name => modules[name]), Is.EqualTo(
            """
            const modules = {};
            modules['third.js'] = (() => {
            const inner = 1;
            const c = Object.freeze({ inner });
            return { c };
            })();
            modules['second.js'] = (() => {
            const { c } = modules['third.js'];
            async function a(x) {
              return x;
            }
            class B extends Object {}

            return { a, B };
            })();
            modules['first.js'] = (() => {
            // What begins.

            const { a, B } = modules['second.js'];
            const { c } = modules['third.js'];

            a(c, B);

            return {  };
            })();

            """));
    }

    [Test]
    public void No_module_has_an_import_or_export_that_is_not_joined() => Assert.That(Text("/page.js"), Does.Not.Match(ModuleStatement));

    [Test]
    public void Each_is_sent_with_a_tag_of_its_own_and_the_pages_policy_and_not_again_to_a_client_that_has_it()
    {
        foreach ((string path, SiteFile file) in Files)
        {
            HttpReply reply = HttpReply.Get(SharedServers.Default.Port, path);
            Assert.That(reply.Status, Is.EqualTo(200), path);
            Assert.That(reply.Body, Is.EqualTo(file.Body.ToArray()), path);
            Assert.That(reply.Fields["Content-Type"], Is.EqualTo(file.ContentType), path);
            Assert.That(reply.Fields["Cache-Control"], Is.EqualTo("no-cache"), path);
            Assert.That(reply.Fields["ETag"], Is.EqualTo(file.EntityTag).And.Match("^\"[0-9a-f]{40}\"$"), path);
            Assert.That(reply.Fields["X-Frame-Options"], Is.EqualTo("DENY"), path);
            Assert.That(reply.Fields["Referrer-Policy"], Is.EqualTo("no-referrer"), path);
            Assert.That(reply.Fields["Content-Security-Policy"], Does.StartWith("default-src 'none'; ").And.Not.Contain("unsafe"), path);
            HttpReply again = HttpReply.Get(SharedServers.Default.Port, path, $"If-None-Match: {file.EntityTag}");
            Assert.That((again.Status, again.Body.Length), Is.EqualTo((304, 0)), path);
        }

        Assert.That(Files.Values.Select(file => file.EntityTag), Is.Unique);
    }

    private static string Text(string path) => Encoding.UTF8.GetString(Files[path].Body.Span);
}
