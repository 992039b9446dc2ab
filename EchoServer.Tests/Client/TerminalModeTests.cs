namespace EchoServer.Tests.Client;

/// <summary>The bytes that commands write to a terminal: util-linux's script passes on all of them.</summary>
[WholeMachine]
[Parallelizable(ParallelScope.Children)]
internal sealed class TerminalModeTests
{
    private static string RawUrl => SharedServers.Default.Url("/raw").AbsoluteUri;

    private static IEnumerable<TestCaseData> Commands()
    {
        yield return Case("Usage: EchoServer", "--help");
        yield return Case("Usage: EchoServer client", "client", "--help");
        yield return Case("1.0.0", "--version");
        yield return Case("EchoServer: ", "--no-such-option");
        yield return Case("EchoServer: --host: ", "serve", "--host", "192.0.2.1");
        yield return Case("Received Message: hello", "client", "{url}", "hello");
        yield return Case("1 sent, 1 received", "ping", "{url}", "-c", "1");
        yield return Case("errors       none", "load", "{url}", "--connections", "1", "--duration", "0.6");
        yield return Case("WebSockets work here", "check", "{url}");
        yield return Case("", "check", "--quick", "{url}");

        static TestCaseData Case(string expected, params string[] arguments) =>
            new TestCaseData(expected, arguments).SetName($"{{m}}({string.Join(' ', arguments)})");
    }

    [TestCaseSource(nameof(Commands))]
    public async Task A_command_that_only_prints_writes_no_escape_sequence(string expected, string[] arguments)
    {
        string written = await RunAsync([.. arguments.Select(argument => argument.Replace("{url}", RawUrl, StringComparison.Ordinal))]);
        Assert.That(written, Does.Contain(expected).And.Not.Contain("\u001b"));
    }

    // Named, because a filter of the test runner leaves out a test with a control character in its name.
    [TestCase("/close\r", TestName = "{m}(/close)")]
    [TestCase("\u0004", TestName = "{m}(Ctrl-D)")]
    [TestCase("\u0003", TestName = "{m}(SIGINT)")]
    [TestCase("\u001c", TestName = "{m}(SIGQUIT)")]
    [TestCase("\u001b[200~half a paste\u0003", TestName = "{m}(SIGINT in a paste)")]
    public async Task The_prompt_changes_one_mode_of_the_terminal_and_takes_it_back(string input)
    {
        string written = await RunAsync(["client", RawUrl], input, prompt: "\u001b[?2004h> ", line: "hello");

        // ECMA-48 and DEC: CSI ? sets or resets modes, ESC = and ESC > are the keypad's.
        Assert.That(Regex.Matches(written, @"\x1b(\[\?[0-9]+.|=|>)").Select(match => match.Value), Is.EqualTo((string[])["\u001b[?2004h", "\u001b[?2004l"]));
    }

    private static async Task<string> RunAsync(string[] arguments, string input = "", string prompt = "", string line = "")
    {
        const string script = "/usr/bin/script";
        Requires.Unless(File.Exists(script), "Debian's package bsdutils is not installed");
        ProcessStartInfo command = Programs.EchoServer(arguments, new Dictionary<string, string> { ["TERM"] = "xterm-256color", ["NO_COLOR"] = "1" });
        string shellLine = "ulimit -c 0; exec " + string.Join(' ', command.ArgumentList.Prepend(command.FileName).Select(word => $"'{word}'"));
        ProcessStartInfo start = Programs.Start(script, ["--quiet", "--command", shellLine, "/dev/null"]);
        start.Environment.Clear();
        foreach ((string name, string? value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        await using var program = new RunningProgram(start);
        string before = await ReadUntilAsync(program.Output, prompt);
        if (line.Length > 0)
        {
            // The terminal makes a signal of Ctrl-C, and drops the input before it that is not read yet.
            await program.Input.WriteAsync($"{line}\r");
            await program.Input.FlushAsync();
            before += await ReadUntilAsync(program.Output, $"> {line}");
        }

        return before + (await program.EndAsync(input)).Output;
    }

    private static async Task<string> ReadUntilAsync(StreamReader output, string end)
    {
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        string read = "";
        char[] next = new char[1];
        while (!read.EndsWith(end, StringComparison.Ordinal))
        {
            read += await output.ReadAsync(next, patience.Token) == 1 ? next[0] : throw new EndOfStreamException(read);
        }

        return read;
    }
}
