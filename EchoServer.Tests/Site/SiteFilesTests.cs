using EchoServer.Site;

namespace EchoServer.Tests.Site;

/// <summary>The files that are embedded in the executable.</summary>
internal sealed class SiteFilesTests
{
    private static readonly IReadOnlyDictionary<string, SiteFile> Files = SiteFiles.Load();

    private static readonly string Folder = Path.Combine(Programs.ProjectFolder, "EchoServer", "Site", "Page");

    [Test]
    public void Every_file_of_the_page_is_there_and_no_other()
    {
        string[] paths = [.. Directory.EnumerateFiles(Folder).Select(file => $"/{Path.GetFileName(file)}")];
        Assert.That(Files.Keys, Is.EquivalentTo(paths.Select(path => path == "/index.html" ? "/" : path)));
    }

    [Test]
    public void Each_is_served_byte_for_byte_with_a_tag_of_its_own_and_the_pages_policy()
    {
        foreach ((string path, SiteFile file) in Files)
        {
            HttpReply reply = HttpReply.Get(SharedServers.Default.Port, path);
            Assert.That(reply.Status, Is.EqualTo(200), path);
            Assert.That(reply.Body, Is.EqualTo(File.ReadAllBytes(Path.Combine(Folder, path == "/" ? "index.html" : path[1..]))), path);
            Assert.That(reply.Fields["Content-Type"], Is.EqualTo(file.ContentType), path);
            Assert.That(reply.Fields["Cache-Control"], Is.EqualTo("no-cache"), path);
            Assert.That(reply.Fields["ETag"], Is.EqualTo(file.EntityTag).And.Match("^\"[0-9a-f]{40}\"$"), path);
            Assert.That(reply.Fields["X-Frame-Options"], Is.EqualTo("DENY"), path);
            Assert.That(reply.Fields["Referrer-Policy"], Is.EqualTo("no-referrer"), path);
            Assert.That(reply.Fields["Content-Security-Policy"], Does.StartWith("default-src 'none'; ").And.Not.Contain("unsafe"), path);
        }

        Assert.That(Files.Values.Select(file => file.EntityTag), Is.Unique);
    }
}
