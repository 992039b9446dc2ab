namespace EchoServer.Tests.Commands;

/// <summary>Every command with a standard stream that is full, closed or not open for reading: one line at most, and the right exit code.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class StandardStreamTests
{
    private const string Url = "URL";
    private const string IsFull = "EchoServer: standard output cannot be written: No space left on device\n";
    private const string IsClosed = "EchoServer: standard output is closed\n";

    private static readonly string[][] Printing =
    [
        ["--version"],
        ["--help"],
        ["client", "--help"],
        ["[suggest:3]", "cli"],
        ["client", Url, "x"],
        ["client", Url, "x", "--json"],
        ["client", Url],
        ["client", Url, "--json"],
        ["ping", Url],
        ["check", Url],
        ["check", Url, "--json"],
        ["load", Url, "--duration", "0.1", "--connections", "1"],
    ];

    private static IEnumerable<TestCaseData> Outputs() =>
        from command in Printing
        from output in (string[])[">/dev/full", ">&-"]
        select new TestCaseData(command, output).SetName($"{{m}}({string.Join(' ', command).Replace(Url, "U")} {output})");

    [TestCaseSource(nameof(Outputs))]
    public async Task Output_that_cannot_be_written_is_one_line_and_exit_code_1(string[] command, string output)
    {
        ProgramResult result = await RunAsync(command, output);
        Assert.That(result, Is.EqualTo(new ProgramResult(1, "", output == ">&-" ? IsClosed : IsFull)));
    }

    [TestCase(">/dev/full 2>/dev/full", 1, "--version")]
    [TestCase(">&- 2>&-", 1, "--version")]
    [TestCase(">&- 2>&-", 1, "client", Url, "x")]
    [TestCase("2>&-", 2, "--port", "x")]
    [TestCase("2>/dev/full", 2, "--port", "x")]
    [TestCase("<&- >&- 2>&-", 2, "client", "nonsense://x")]
    [TestCase("2>&-", 1, "client", "ws://127.0.0.1:1", "x")]
    [TestCase("2>&-", 1, "ping", "ws://127.0.0.1:1")]
    [TestCase("2>&-", 1, "load", "ws://127.0.0.1:1")]
    [TestCase("2>&-", 1, "check", "ws://127.0.0.1:1", "--quick")]
    public async Task An_error_that_cannot_be_written_leaves_the_exit_code(string redirections, int exitCode, params string[] command) =>
        Assert.That(await RunAsync(command, redirections), Is.EqualTo(new ProgramResult(exitCode, "", "")));

    [TestCase("check", Url, "--quick")]
    public async Task A_command_that_prints_nothing_needs_no_output(params string[] command) =>
        Assert.That(await RunAsync(command, ">&- 2>&-"), Is.EqualTo(new ProgramResult(0, "", "")));

    [TestCase("</dev/null", TestName = "{m}(empty)")]
    [TestCase("<&-", TestName = "{m}(closed)")]
    [TestCase("0>/dev/null", TestName = "{m}(not open for reading, as from nohup)")]
    public async Task Input_without_a_line_ends_at_once(string input) => Assert.That(
        await RunAsync(["client", Url], input), Is.EqualTo(new ProgramResult(0, "Hi, this is the Echo-Server\n", "")));

    [Test]
    public async Task A_directory_as_input_is_named()
    {
        ProgramResult result = await RunAsync(["client", SharedServers.Default.Url("/raw").AbsoluteUri], "</");
        result.AssertFailed(1, Does.EndWith("/raw: standard input cannot be read: Is a directory; pass a file or a pipe that can be read, or messages as arguments\n"));
    }

    private static Task<ProgramResult> RunAsync(string[] command, string redirections) => Programs.RunAsync(Programs.Redirected(
        Programs.EchoServer(command.Select(word => word == Url ? SharedServers.Default.Url().AbsoluteUri : word)), redirections));
}
