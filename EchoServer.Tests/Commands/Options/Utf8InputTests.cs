namespace EchoServer.Tests.Commands.Options;

/// <summary>Arguments and variables that are not UTF-8 are refused; the replacement character itself is not.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class Utf8InputTests
{
    [TestCase(@"geheim\377", false)]
    [TestCase(@"geheim\355\240\200", false, Description = "a surrogate")]
    [TestCase(@"\357\277\275\377", false)]
    [TestCase(@"geheim\357\277\275", true)]
    public async Task An_argument_has_its_number(string octal, bool isUtf8)
    {
        ProgramResult result = await RunAsync($"exec \"$@\" \"$(printf '{octal}')\" -q", "client", SharedServers.Default.Url("/raw").AbsoluteUri, "");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo(isUtf8 ? (0, "") : (2, "EchoServer: argument 4: the value (not shown) is not text in UTF-8 (see --help)\n")));
        Assert.That(result.Output, Is.EqualTo(isUtf8 ? "\ngeheim\uFFFD\n" : ""));
    }

    [TestCase("ECHO_BASIC_AUTH", @"geheim:\377", false)]
    [TestCase("http_proxy", @"http://geheim:\377@127.0.0.1:1", false)]
    [TestCase("ECHO_BASIC_AUTH", @"geheim:\357\277\275", true)]
    [TestCase("ECHO_GREETING", @"\377", true, Description = "which a client does not read")]
    public async Task A_variable_that_is_read_is_named(string name, string octal, bool isFine)
    {
        ProgramResult result = await RunAsync(
            $"export {name}=\"$(printf '{octal}')\"; exec \"$@\"", "client", SharedServers.Default.Url("/raw").AbsoluteUri, "x", "-q");
        Assert.That(result, Is.EqualTo(isFine
            ? new ProgramResult(0, "x\n", "")
            : new ProgramResult(2, "", $"EchoServer: {name}: the value (not shown) is not text in UTF-8 (see --help)\n")));
    }

    [Test]
    public async Task A_server_names_its_variable_too()
    {
        ProgramResult result = await RunAsync("export ECHO_GREETING=\"$(printf 'a\\377')\"; exec \"$@\"", "serve");
        Assert.That(result, Is.EqualTo(new ProgramResult(2, "", "EchoServer: ECHO_GREETING: the value (not shown) is not text in UTF-8 (see --help)\n")));
    }

    /// <summary>A shell makes the bytes, which the runtime's own strings cannot have.</summary>
    private static Task<ProgramResult> RunAsync(string script, params string[] arguments) =>
        Programs.RunAsync(Programs.Through(Programs.EchoServer(arguments), "sh", "-c", script, "sh"));
}
