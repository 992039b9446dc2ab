using EchoServer.Tests.Source;

namespace EchoServer.Tests.Commands;

/// <summary><c>--help</c> of every command: on a terminal of 80 columns, and with an example.</summary>
internal sealed class HelpTests
{
    [Test]
    public async Task Every_help_text_fits_80_columns_and_has_an_example()
    {
        string[] commands = await OptionsPage.CommandsAsync();
        Assert.That(commands, Has.Member("serve").And.Member("client").And.Member("ping").And.Member("load"));
        foreach (string[] arguments in commands.Select(command => (string[])[command, "--help"]).Append(["--help"]))
        {
            ProgramResult result = await Programs.RunAsync(Programs.EchoServer(arguments));
            string[] lines = result.Output.Split('\n');
            string[] examples = [.. lines.SkipWhile(line => line != "Examples:").Skip(1).Where(line => line.Length > 0)];
            Assert.Multiple(() =>
            {
                Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
                Assert.That(lines, Has.All.Length.LessThanOrEqualTo(80));
                Assert.That(lines, Has.None.EndsWith(" "));
                Assert.That(lines[0], Does.StartWith("Usage: EchoServer"));
                Assert.That(examples.Where(line => line.Contains("EchoServer", StringComparison.Ordinal)), Is.Not.Empty, result.Output);
            });
        }
    }

    [TestCase("client", "Usage: EchoServer client <url> [<message>]... [options]")]
    [TestCase("load", "Usage: EchoServer load <url> [options]")]
    public async Task The_first_line_says_how_it_is_called(string command, string usage)
    {
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer([command, "-h"]));
        Assert.That(result.Output, Does.StartWith(usage + "\n"));
    }

    [Test]
    public async Task An_option_has_its_names_its_value_and_its_default()
    {
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["client", "--help"]));
        Assert.That(result.Output, Does.Contain(
            """
              -w, --wait <seconds>
                    How long a server may say nothing after the end of a pipe, before the
                    client leaves. Takes a time such as 70s or 5m (0-86400 seconds).
                    [default: 1]

            """));
    }

    [TestCase("serve", "Options", "Listening", "Echo", "Clients", "Limits", "Timeouts", "Logging and monitoring")]
    [TestCase("client", "Options", "Connection")]
    [TestCase("load", "Options", "Connection")]
    public async Task Options_are_in_groups(string command, params string[] groups)
    {
        string help = (await Programs.RunAsync(Programs.EchoServer([command, "--help"]))).Output;
        string[] titles = [.. help.Split('\n').Where(line => line.EndsWith(':') && !line.StartsWith(' ')).Select(line => line.TrimEnd(':'))];
        Assert.That(titles.Where(title => title is not ("Arguments" or "Examples")), Is.EqualTo(groups));
    }
}
