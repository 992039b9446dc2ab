using System.CommandLine;
using EchoServer.Commands.Options;

namespace EchoServer.Tests.Fleck;

/// <summary>Which of the settings that were given have no effect with Fleck.</summary>
[NonParallelizable]
internal sealed class SettingsTests
{
    private const string Variable = "ECHO_MAX_FRAGMENTS";

    [TearDown]
    public void TearDown() => Environment.SetEnvironmentVariable(Variable, null);

    [TestCase("", new string[0])]
    [TestCase("--port 1 --host ::1 --greeting x --prefix x --drain-timeout 1 --allowed-origins https://x --stats-interval 1 --log-level debug", new string[0])]
    [TestCase("--max-message-bytes 1 --close-timeout 1 --port 1", new[] { "--max-message-bytes", "--close-timeout" })]
    public void Options_without_effect_are_named(string arguments, string[] ignored) =>
        Assert.That(FleckSettings.Ignored(Parse(arguments)), Is.EqualTo(ignored));

    [Test]
    public void A_variable_is_named_unless_its_option_wins_over_it()
    {
        Environment.SetEnvironmentVariable(Variable, "7");
        Assert.That(FleckSettings.Ignored(Parse("")), Is.EqualTo([Variable]));
        Assert.That(FleckSettings.Ignored(Parse("--max-fragments 7")), Is.EqualTo(["--max-fragments"]));
    }

    [Test]
    public void The_page_on_Fleck_names_every_option_that_has_an_effect()
    {
        const string begin = "Of the options it takes ";
        string page = Pages.Read("docs/fleck.md");
        string sentence = page.Split(begin)[1].Split(" and those of the log.")[0].ReplaceLineEndings(" ");
        Setting[] log = [Settings.Level, Settings.Format, Settings.LogMessages];
        Assert.That(
            sentence.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries),
            Is.EquivalentTo(FleckSettings.Honoured.Except(log).Select(setting => $"`{setting.Option.Name}`")));
    }

    private static ParseResult Parse(string arguments)
    {
        var command = new RootCommand();
        Array.ForEach(Settings.All, setting => command.Add(setting.Option));
        return command.Parse(arguments);
    }
}
