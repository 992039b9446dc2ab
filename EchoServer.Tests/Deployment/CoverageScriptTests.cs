namespace EchoServer.Tests.Deployment;

/// <summary><c>EchoServer.Tests/coverage.sh</c>, with a <c>dotnet</c> in place of the real one that leaves a report.</summary>
internal sealed class CoverageScriptTests() : ScriptTest("coverage.sh")
{
    [TestCase(100, 0, "100.0 %")]
    [TestCase(98, 0, "98.0 %")]
    [TestCase(97, 1, "97.0 %")]
    [TestCase(0, 1, "0.0 %")]
    public async Task Less_than_98_percent_of_the_lines_are_a_failure(int run, int exitCode, string share)
    {
        ProgramResult result = await RunAsync(Report(Enumerable.Range(1, 100).Select(line => (line, line <= run ? 3 : 0))));
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((exitCode, "")));
        string[] missing = [.. Enumerable.Range(run + 1, 100 - run).Select(line => $"Http/Some.cs:{line}")];
        Assert.That(
            result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            Is.EqualTo((string[])[.. missing, $"coverage.sh: the tests run {run} of 100 lines of the pure core: {share}"]));
    }

    /// <summary>The lines of a lambda stand once more in the class that the compiler makes.</summary>
    [Test]
    public async Task A_line_counts_once_and_as_run_where_any_method_with_it_ran()
    {
        ProgramResult result = await RunAsync(Report([(7, 0), (7, 1), (8, 1)]));
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "", "coverage.sh: the tests run 2 of 2 lines of the pure core: 100.0 %\n")));
    }

    [Test]
    public async Task Without_a_line_nothing_is_covered() =>
        Assert.That((await RunAsync(Report([]))).ExitCode, Is.EqualTo(1));

    [Test]
    public async Task Tests_that_fail_are_shown() => Assert.That(
        await RunAsync("echo '  Failed Bad [1 s]'; exit 1"),
        Is.EqualTo(new ProgramResult(1, "", "  Failed Bad [1 s]\ncoverage.sh: the tests of the pure core failed\n")));

    private static string Report(IEnumerable<(int Number, int Hits)> lines) => $"""
        mkdir -p artifacts/coverage/a
        cat >artifacts/coverage/a/coverage.cobertura.xml <<'END'
        <class name="EchoServer.Http.Some" filename="EchoServer/Http/Some.cs" line-rate="1">
        {string.Join('\n', lines.Select(line => $"<line number=\"{line.Number}\" hits=\"{line.Hits}\" branch=\"False\" />"))}
        </class>
        END
        """;

    private Task<ProgramResult> RunAsync(string dotnet) => Programs.RunAsync(Script(dotnet));
}
