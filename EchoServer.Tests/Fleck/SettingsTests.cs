using System.CommandLine;
using EchoServer.Commands.Options;

namespace EchoServer.Tests.Fleck;

/// <summary>Which of the settings that were given have no effect with Fleck.</summary>
[NonParallelizable]
internal sealed class SettingsTests
{
    private const string Variable = "ECHO_COMPRESSION_LEVEL";

    [TearDown]
    public void TearDown() => Environment.SetEnvironmentVariable(Variable, null);

    [TestCase("", new string[0])]
    [TestCase("--port 1 --max-message-bytes 1 --close-timeout 1 --drain-timeout 1 --allowed-origins https://x --log-level debug", new string[0])]
    [TestCase("--compression off --max-fragments 9 --compression-level 1 --port 1", new[] { "--compression", "--compression-level" })]
    public void Options_without_effect_are_named(string arguments, string[] ignored) =>
        Assert.That(FleckSettings.GivenButIgnored(Parse(arguments)), Is.EqualTo(ignored));

    [Test]
    public void A_variable_is_named_unless_its_option_wins_over_it()
    {
        Environment.SetEnvironmentVariable(Variable, "7");
        Assert.That(FleckSettings.GivenButIgnored(Parse("")), Is.EqualTo([Variable]));
        Assert.That(FleckSettings.GivenButIgnored(Parse("--compression-level 7")), Is.EqualTo(["--compression-level"]));
    }

    [Test]
    public void The_page_on_Fleck_names_every_option_that_has_no_effect()
    {
        string sentence = Pages.Read("docs/fleck.md").Split("Without effect are ")[1].Split('.')[0].ReplaceLineEndings(" ");
        Assert.That(
            sentence.Split(',', StringSplitOptions.TrimEntries),
            Is.EqualTo(FleckSettings.Ignored.Select(setting => $"`{setting.Option.Name}`")));
    }

    private static ParseResult Parse(string arguments)
    {
        var command = new RootCommand();
        Array.ForEach(Settings.All, setting => command.Add(setting.Option));
        return command.Parse(arguments);
    }
}
