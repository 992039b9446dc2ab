namespace EchoServer.Tests.Commands;

/// <summary>The scripts of <c>EchoServer completions</c>, in the shells they are for.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class ShellCompletionTests : FolderTest
{
    private const string Zsh = "/usr/bin/zsh";
    private const string Calling =
        """
        source "$1"; shift
        COMP_WORDS=(EchoServer "$@") COMP_CWORD=$#
        _echo_server
        [ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
        """;

    [OneTimeSetUp]
    public async Task MakeFilesAsync()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "bin"));
        foreach (string file in (string[])["my file.pem", "my other file.pem", "$(touch hacked).txt", "bin/EchoServer"])
        {
            Write(file, "");
        }

        foreach (string shell in (string[])["bash", "zsh"])
        {
            ProgramResult script = await Programs.RunAsync(Programs.EchoServer(["completions", shell]));
            Assert.That((script.ExitCode, script.Error), Is.EqualTo((0, "")));
            Write($"script.{shell}", script.Output);
        }
    }

    [TestCase("", "serve|client|ping|load|check|completions")]
    [TestCase("lo", "load")]
    [TestCase("nonsense", "")]
    [TestCase("--log-f", "--log-format")]
    [TestCase("serve|--log-f", "--log-format")]
    [TestCase("serve|--log-format|", "text|json")]
    [TestCase("--log-level|war", "warning")]
    [TestCase("serve|--log-format|=", "text|json")]
    [TestCase("serve|--log-format|=|t", "text")]
    [TestCase("serve|--port|", "")]
    [TestCase("serve|--port|=|8080|--log-fo", "--log-format")]
    [TestCase("load|ws|:|//localhost|--expect-echo|", "on|off")]
    [TestCase("load|ws|:|//localhost|--in-", "--in-flight")]
    [TestCase("load|--json|--expect-echo|o", "on|off")]
    [TestCase("client|-H|x: y|--show", "--show-pings")]
    [TestCase("client|ws://x|--|--show", "")]
    [TestCase("nonsense|--", "")]
    [TestCase("completions|z", "zsh")]
    [TestCase("load|--ca|my", "my file.pem|my other file.pem")]
    [TestCase("load|--chart|=|my", "my file.pem|my other file.pem")]
    [TestCase(@"load|--send|my\ f", "my file.pem")]
    [TestCase("load|--send|\"my o", "my other file.pem")]
    [TestCase("client|--key|bin/", "bin/EchoServer")]
    [TestCase("client|--cert|$(", "$(touch hacked).txt")]
    [TestCase("ping|--cert|nowhere", "")]
    [TestCase("load|--send|-", "")]
    public async Task Bash_completes_words(string words, string expected)
    {
        ProgramResult result = await Programs.RunAsync(
            Programs.Start("bash", ["--norc", "-c", Calling, "bash", Path.Combine(Folder, "script.bash"), .. words.Split('|')], Folder));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EquivalentTo(expected.Split('|', StringSplitOptions.RemoveEmptyEntries)));
        Assert.That(File.Exists(Path.Combine(Folder, "hacked")), Is.False);
    }

    [Test]
    public async Task Bash_offers_every_option_of_every_command()
    {
        foreach (string command in (string[])["serve", "client", "ping", "load", "check"])
        {
            ProgramResult help = await Programs.RunAsync(Programs.EchoServer([command, "--help"]));
            string[] options = [.. HelpEntry.Read(help.Output).Select(entry => Regex.Match(entry.Label, "--[a-z.-]+").Value), "--help"];
            ProgramResult result = await Programs.RunAsync(
                Programs.Start("bash", ["--norc", "-c", Calling, "bash", Path.Combine(Folder, "script.bash"), command, "--"], Folder));
            Assert.That(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EquivalentTo(options), command);
        }
    }

    [WholeMachine]
    [TestCase("bash", "--norc", "--noprofile", "-i")]
    [TestCase(Zsh, "-f", "-i")]
    public async Task The_Tab_key_completes_for_each_name_of_the_program(string shell, params string[] options)
    {
        Requires.Zsh();
        ProcessStartInfo start = Programs.Start(shell, options, Folder);
        start.Environment["HOME"] = Folder;
        await using TmuxTerminal terminal = await TmuxTerminal.StartAsync(start);
        await terminal.TypeAsync($"cd {Folder}; PS1='$ '; source script.{Path.GetFileName(shell)}; clear");
        await terminal.PressAsync("Enter");
        await terminal.WaitForAsync("$");
        (string Typed, string Completed)[] lines =
        [
            ("EchoServer lo", "EchoServer load"),
            ("echo-server serve --log-fo", "echo-server serve --log-format"),
            ("./bin/EchoServer serve --log-format j", "./bin/EchoServer serve --log-format json"),
            ("EchoServer serve --compression=of", "EchoServer serve --compression=off"),
            ("EchoServer load ws://localhost:8080/raw --send my\\ f", "EchoServer load ws://localhost:8080/raw --send my\\ file.pem"),
            ("EchoServer client --ca bi", "EchoServer client --ca bin/"),
        ];
        foreach ((string typed, string completed) in lines)
        {
            await terminal.TypeAsync(typed);
            await terminal.PressAsync("Tab");
            await terminal.WaitForLineAsync($"$ {completed}");
            await terminal.PressAsync("C-u");
            await terminal.WaitForLineAsync("$");
        }
    }

    [TestCase("shell: 'fish' is not bash or zsh", "fish")]
    [TestCase("completions: <shell> is missing. The shell: bash or zsh.")]
    public async Task Another_shell_is_one_line(string error, params string[] arguments)
    {
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["completions", .. arguments]));
        result.AssertFailed(2, Does.StartWith($"EchoServer: {error}"));
    }
}
