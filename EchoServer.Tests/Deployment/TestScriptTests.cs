namespace EchoServer.Tests.Deployment;

/// <summary><c>EchoServer.Tests/run.sh</c>, with a <c>dotnet</c> in place of the real one that runs no test.</summary>
internal sealed class TestScriptTests() : ScriptTest("run.sh")
{
    private const string Results = """
          <UnitTestResult testId="1" testName="Good(&quot;a&quot;)" duration="00:01:02.5000000" outcome="Passed" />
          <UnitTestResult testId="2" testName="Left_out" duration="00:00:00.0010000" outcome="NotExecuted">
                <Message>OneTimeSetUp: SetUp : skipped: Fleck is not in the configured NuGet feeds</Message>
          <UnitTestResult testId="3" testName="Bad" duration="00:00:01.0000000" outcome="Failed">
                <Message>  Expected: 1</Message>
          <UnitTest name="Good(&quot;a&quot;)" id="1">
            <TestMethod className="Tests.Few" name="Good(&quot;a&quot;)" />
          <UnitTest name="Bad" id="3">
            <TestMethod className="Tests.Few" name="Bad" />
        """;

    [TestCase("", "")]
    [TestCase("--filter Conformance", "--filter (Conformance)")]
    [TestCase("--filter=A --filter B -v q", "-v q --filter (A)&(B)")]
    [TestCase("quick", "--filter (QUICK)")]
    [TestCase("quick --filter Conformance", "--filter (QUICK)&(Conformance)")]
    [TestCase("quick --filter:A|B -- NUnit.Seed=1", "--filter (QUICK)&(A|B) -- NUnit.Seed=1")]
    public async Task Several_filters_become_one(string arguments, string passedOn)
    {
        ProgramResult result = await RunAsync("""until [ $# = 0 ] || [ "$1" = --blame-hang-timeout ]; do shift; done; shift 2; echo "$*" """, arguments);
        string quick = $"TestCategory!={WholeMachineAttribute.Category}&TestCategory!={SlowAttribute.Category}";
        Assert.That(result, Is.EqualTo(new ProgramResult(
            1, "", $"{passedOn.Replace("QUICK", quick)}\nbuild.sh: test: no test ran: see artifacts/test.log\n")));
    }

    [Test]
    public async Task Failures_and_the_counts_are_shown()
    {
        ProgramResult result = await RunAsync(Dotnet(tests: 3, exitCode: 1));
        Assert.That(result, Is.EqualTo(new ProgramResult(
            1,
            "  Failed Bad [1 s]\n  Error Message:\n     Expected: 1\n1 passed, 1 failed, 1 skipped\n",
            "build.sh: test: skipped 1: Fleck is not in the configured NuGet feeds\n")));
        Assert.That(
            await File.ReadAllTextAsync(Path.Combine(Root, "artifacts", "test-results", "slowest.txt")),
            Is.EqualTo("62.500 s  Tests.Few.Good(\"a\")\n1.000 s  Tests.Few.Bad\n"));
    }

    [Test]
    public async Task A_failure_is_never_exit_code_0() =>
        Assert.That((await RunAsync(Dotnet(tests: 3, exitCode: 0))).ExitCode, Is.EqualTo(1));

    [Test]
    public async Task Tests_that_did_not_end_count_as_failed()
    {
        ProgramResult result = await RunAsync(Dotnet(tests: 10, exitCode: 0, last: "The active test run was aborted. Reason: Test host process crashed"));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.EndWith("\nThe active test run was aborted. Reason: Test host process crashed\n1 passed, 8 failed, 1 skipped\n"));
        Assert.That(result.Error, Does.Contain("build.sh: test: the run broke off: 7 of 10 tests did not end, and count as failed"));
    }

    [Test]
    public async Task A_filter_that_matches_no_test_is_not_exit_code_0()
    {
        ProgramResult result = await RunAsync(Dotnet(tests: 0, exitCode: 0, results: ""));
        Assert.That((result.ExitCode, result.Error.EndsWith("build.sh: test: no test ran: see artifacts/test.log\n")), Is.EqualTo((1, true)), result.Error);
    }

    [Test]
    public async Task A_run_that_fails_without_a_failed_test_says_so()
    {
        ProgramResult result = await RunAsync(Dotnet(tests: 3, exitCode: 1, results: Results.Replace("\"Failed\"", "\"Passed\"")));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.EndWith("\n2 passed, 0 failed, 1 skipped\n"));
        Assert.That(result.Error, Does.EndWith("build.sh: test: no test failed, but the run did: see artifacts/test.log\n"));
    }

    [TestCase("Fleck is not in the configured NuGet feeds", 0)]
    [TestCase("Debian's package haproxy is not installed", 1)]
    public async Task CI_accepts_one_reason_for_a_skip(string reason, int exitCode)
    {
        string results = Results.Replace("\"Failed\"", "\"Passed\"").Replace("Fleck is not in the configured NuGet feeds", reason);
        ProgramResult result = await RunAsync(Dotnet(tests: 3, exitCode: 0, results), environment: ("CI", "true"));
        Assert.That((result.ExitCode, result.Output.EndsWith("\n2 passed, 0 failed, 1 skipped\n")), Is.EqualTo((exitCode, true)), result.Error);
        Assert.That(result.Error, Does.StartWith($"build.sh: test: skipped 1: {reason}\n"));
        Assert.That(result.Error.Contains("CI must run them"), Is.EqualTo(exitCode == 1));
    }

    [Test]
    public async Task On_a_terminal_the_progress_is_shown()
    {
        // A terminal of util-linux's.
        ProcessStartInfo start = Script(Dotnet(tests: 3, exitCode: 1));
        string command = string.Join(' ', start.ArgumentList);
        start.FileName = "/usr/bin/script";
        start.ArgumentList.Clear();
        Array.ForEach(["-q", "-e", "-c", $"bash {command}", "/dev/null"], start.ArgumentList.Add);
        ProgramResult result = await Programs.RunAsync(start);
        Assert.That(result.Output, Does.Contain("\r\e[K1 of 3 tests, 0 failed").And.Contain("\r\e[K  Failed Bad [1 s]\r\n").And.Contain("\r\e[K3 of 3 tests, 1 failed"));
        Assert.That(result.Output, Does.EndWith("\n1 passed, 1 failed, 1 skipped\r\n"));
    }

    /// <summary>A stand-in that prints what the console logger prints, and leaves a results file.</summary>
    private static string Dotnet(int tests, int exitCode, string results = Results, string last = "Test Run Failed.") => $"""
        echo '   NUnit3TestExecutor discovered {tests} of {tests} NUnit test cases using Current Discovery mode, Non-Explicit run'
        echo '  Passed Good("a") [1 m 2 s]'
        echo '  Failed Bad [1 s]'
        echo '  Error Message:'
        echo '     Expected: 1'
        echo '  Skipped Left_out [1 ms]'
        echo '{last}'
        cat >artifacts/test-results/tests.trx <<'END'
        {results}
        END
        exit {exitCode}
        """;

    private Task<ProgramResult> RunAsync(string dotnet, string arguments = "", (string Name, string Value)? environment = null)
    {
        ProcessStartInfo start = Script(dotnet, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        start.Environment.Remove("CI");
        if (environment is var (name, value))
        {
            start.Environment[name] = value;
        }

        return Programs.RunAsync(start);
    }
}
