using System.Xml.Linq;

namespace EchoServer.Tests.Load;

/// <summary><c>EchoServer load --chart</c>: the file that it writes, or cannot write.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class ChartFileTests() : FolderTest("chart ")
{
    [TestCase("new.svg", null)]
    [TestCase("longer.svg", 100_000)]
    public async Task It_replaces_what_was_there(string name, int? before)
    {
        string file = Path.Combine(Folder, name);
        if (before is int length)
        {
            File.WriteAllText(file, new string('x', length));
        }

        ProgramResult result = await RunAsync(SharedServers.Large.Url(), "--chart", file, "--duration", "0.5", "--connections", "2");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
        Assert.That(XDocument.Load(file).Root!.Name.LocalName, Is.EqualTo("svg"));
    }

    [TestCase("kept.svg", "as it was")]
    [TestCase("never.svg", null)]
    public async Task A_load_that_does_not_begin_changes_no_file(string name, string? before)
    {
        string file = Path.Combine(Folder, name);
        if (before is not null)
        {
            File.WriteAllText(file, before);
        }

        ProgramResult result = await RunAsync(new Uri($"ws://127.0.0.1:{FreePort.Find()}"), "--chart", file);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(File.Exists(file) ? File.ReadAllText(file) : null, Is.EqualTo(before));
    }

    [Test]
    public async Task A_file_that_cannot_be_written_is_one_line_before_anything_is_sent()
    {
        (string File, string Flaw)[] files =
        [
            (Folder, "is a directory"),
            (Path.Combine(Folder, "no", "x.svg"), "is in a folder that does not exist"),
            (Path.Combine(Folder, new string('x', 300)), "has a name that is too long"),
        ];
        foreach ((string file, string flaw) in files)
        {
            Assert.That(await RunAsync(new Uri($"ws://127.0.0.1:{FreePort.Find()}"), "--chart", file), Is.EqualTo(new ProgramResult(
                2, "", $"EchoServer: --chart: '{file}' {flaw}; it takes a file to write (see --help)\n")));
        }
    }

    [Test]
    public async Task A_disk_that_is_full_is_one_line_after_the_report()
    {
        ProgramResult result = await RunAsync(SharedServers.Large.Url(), "--chart", "/dev/full", "--duration", "0.2", "--connections", "2");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Contain("\nerrors       none\n"));
        Assert.That(result.Error, Does.Match("^EchoServer: the chart cannot be written: [^\n]*\n$"));
    }

    private static Task<ProgramResult> RunAsync(Uri url, params string[] arguments) =>
        Programs.RunAsync(Programs.EchoServer(["load", url.AbsoluteUri, .. arguments]));
}
