using System.Diagnostics;
using EchoServer.Tests.Support;

namespace EchoServer.Tests.Deployment;

/// <summary><c>build.sh</c> where it must not build anything: its help, and its answers to mistakes.</summary>
internal sealed class BuildScriptTests
{
    [Test]
    public async Task Help_names_every_command()
    {
        ProgramResult result = await RunAsync("help");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        foreach (string command in (string[])["run", "test", "soak", "bench", "clean", "help", "artifacts/portable", "artifacts/cf"])
        {
            Assert.That(result.Output, Does.Contain(command));
        }
    }

    [Test]
    public async Task An_unknown_command_is_one_line_and_exit_code_2()
    {
        ProgramResult result = await RunAsync("bild");
        Assert.That(result, Is.EqualTo(new ProgramResult(
            2, "", "build.sh: 'bild' is not a command: (none), run, test, soak, bench, clean, help\n")));
    }

    [TestCase("run")]
    [TestCase("test")]
    [TestCase("bench")]
    [TestCase("publish")]
    public async Task Without_the_SDK_it_says_what_to_install(string command)
    {
        ProcessStartInfo start = Script(command);

        // A PATH on which there is a shell, and no dotnet.
        string tools = Directory.CreateTempSubdirectory("echo-tools-").FullName;
        foreach (string tool in (string[])["bash", "dirname"])
        {
            File.CreateSymbolicLink(Path.Combine(tools, tool), $"/usr/bin/{tool}");
        }

        start.Environment["PATH"] = tools;
        ProgramResult result = await Programs.RunAsync(start);
        Directory.Delete(tools, recursive: true);
        Assert.That(result, Is.EqualTo(new ProgramResult(
            1, "", "build.sh: the .NET 10 SDK is not installed: see https://dotnet.microsoft.com/download/dotnet/10.0\n")));
    }

    private static Task<ProgramResult> RunAsync(string command) => Programs.RunAsync(Script(command));

    private static ProcessStartInfo Script(string command) =>
        Programs.Start("/usr/bin/bash", [Path.Combine(Programs.ProjectFolder, "build.sh"), command]);
}
