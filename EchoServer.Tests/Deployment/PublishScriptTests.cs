namespace EchoServer.Tests.Deployment;

/// <summary><c>build.sh publish</c> with an SDK and a C compiler that only pretend: what it publishes where native code cannot be linked or run.</summary>
internal sealed class PublishScriptTests : FolderTest
{
    // Writes a program as large as a compiler makes it, which names the version of the C library that it needs.
    private const string Dotnet = """
        echo "$*" >>commands
        while [ $# -gt 0 ]; do
          [ "$1" != -o ] || folder=$2
          shift
        done
        [ -z "${folder:-}" ] || { mkdir -p "$folder" && echo "GLIBC_2.4 $GLIBC GLIBC_2.17" >"$folder/EchoServer"; }
        """;

    private static readonly string[] Tools = ["bash", "cat", "dirname", "grep", "mkdir", "rm", "sort", "tail", "wc"];

    private string _folder = null!;
    private string _tools = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = NewFolder();
        _tools = Directory.CreateDirectory(Path.Combine(_folder, "tools")).FullName;
        File.Copy(Path.Combine(Programs.ProjectFolder, "build.sh"), Path.Combine(_folder, "build.sh"));
        Array.ForEach(Tools, tool => File.CreateSymbolicLink(Path.Combine(_tools, tool), $"/usr/bin/{tool}"));
        Pretend("dotnet", Dotnet);
    }

    [Test]
    public async Task Native_code_is_published_where_it_can_be_linked([Values("GLIBC_2.35", "GLIBC_2.9")] string glibc)
    {
        PretendToCompile();
        Assert.That(await PublishAsync(glibc), Is.EqualTo(("native code", "")));
        Assert.That(Published, Is.EqualTo(["-p:PublishAot=true"]));
    }

    [Test]
    public async Task Without_a_compiler_it_says_so_and_publishes_the_runtime_as_well()
    {
        (string kind, string obstacle) = await PublishAsync("GLIBC_2.27");
        Assert.That(kind, Is.EqualTo("with the .NET runtime"));
        Assert.That(obstacle, Does.Match("^there is no C compiler to link it with; .*gcc"));
        Assert.That(Published, Is.EqualTo(["-p:PublishAot=false"]));
    }

    [Test]
    public async Task A_compiler_that_does_not_link_is_named([Values("gcc", "clang")] string compiler)
    {
        Pretend(compiler, "exit 1");
        Pretend("objcopy");
        (string kind, string obstacle) = await PublishAsync("GLIBC_2.27");
        Assert.That(kind, Is.EqualTo("with the .NET runtime"));
        Assert.That(obstacle, Does.StartWith($"{_tools}/{compiler} links no program here; "));
        Assert.That(Published, Is.EqualTo(["-p:PublishAot=false"]));
    }

    [Test]
    public async Task Native_code_that_Cloud_Foundry_cannot_run_is_replaced([Values("GLIBC_2.36", "GLIBC_2.100")] string glibc)
    {
        PretendToCompile();
        Assert.That(await PublishAsync(glibc), Is.EqualTo((
            "with the .NET runtime",
            $"linked here it needs {glibc}, and cflinuxfs4 has GLIBC_2.35; link it on Debian 12 or Ubuntu 22.04, such as in a container")));
        Assert.That(Published, Is.EqualTo(["-p:PublishAot=true", "-p:PublishAot=false"]));
    }

    [Test]
    public async Task The_option_asks_for_the_runtime_and_needs_no_reason()
    {
        PretendToCompile();
        Assert.That(await PublishAsync("GLIBC_2.27", "--jit"), Is.EqualTo(("with the .NET runtime", "")));
        Assert.That(Published, Is.EqualTo(["-p:PublishAot=false"]));
    }

    /// <summary>How the program for the platform was asked for, each time.</summary>
    private IEnumerable<string> Published => File.ReadAllLines(Path.Combine(_folder, "commands"))
        .Where(command => command.Contains(" -r linux-x64 ", StringComparison.Ordinal))
        .Select(command => command.Split(' ').Single(argument => argument.StartsWith("-p:PublishAot=", StringComparison.Ordinal)));

    /// <summary>Publishes.</summary>
    /// <returns>The kind of program that the script says it has published, and why not native code; empty for no reason.</returns>
    private async Task<(string Kind, string Obstacle)> PublishAsync(string glibc, params string[] options)
    {
        ProcessStartInfo start = Programs.Start("/usr/bin/bash", [Path.Combine(_folder, "build.sh"), "publish", .. options], _folder);
        start.Environment["PATH"] = _tools;
        start.Environment["GLIBC"] = glibc;
        ProgramResult result = await Programs.RunAsync(start);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Match said = Regex.Match(result.Output, "^artifacts/cf/EchoServer \\(0 MiB, (?<kind>.*)\\)\nartifacts/portable/EchoServer.dll\n$");
        Assert.That(said.Success, Is.True, result.Output);
        Match why = Regex.Match(result.Error, "\nbuild.sh: artifacts/cf is not native code, but a file three times as large: (?<obstacle>.*)\n$");
        Assert.That(result.Error.Count(character => character == '\n'), Is.EqualTo(why.Success ? 2 : 1), result.Error);
        return (said.Groups["kind"].Value, why.Groups["obstacle"].Value);
    }

    private void PretendToCompile()
    {
        Pretend("gcc");
        Pretend("objcopy");
    }

    private void Pretend(string tool, string script = "") => Programs.WriteScript(Path.Combine(_tools, tool), script);
}
