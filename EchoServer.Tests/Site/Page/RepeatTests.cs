using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>The switch that sends the same message again and again.</summary>
internal sealed partial class RepeatTests : PageTest
{
    private ILocator Switch => Tab.GetByRole(AriaRole.Switch, new() { Name = "Send every" });

    private ILocator Interval => Tab.GetByRole(AriaRole.Spinbutton, new() { Name = "Milliseconds between messages" });

    private ILocator RepeatNote => Tab.Locator("#repeat-note");

    [Test]
    public async Task It_sends_what_is_written_until_it_is_turned_off_and_the_chart_follows()
    {
        await OpenAsync(SharedServers.Default);
        await MessageBox.FillAsync("tick");
        await Interval.FillAsync("10");
        await Switch.CheckAsync();

        // What is written now is not what the switch was turned on with.
        await MessageBox.FillAsync("something else");
        await Expect(RepeatNote).ToHaveTextAsync(SentManyTicks());
        await Switch.UncheckAsync();
        await Expect(RepeatNote).ToHaveTextAsync(Stopped());
        string stopped = await RepeatNote.InnerTextAsync();
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Echo: tick");
        await Expect(Received.First.Locator(".trip")).Not.ToHaveTextAsync("");
        await Expect(Sent.Filter(new() { HasText = "something else" })).ToHaveCountAsync(0);

        // Every message was answered, and each answer is a point of the chart.
        int sent = int.Parse(Digits().Match(stopped).Value);
        await Expect(Tab.Locator("#sent")).ToHaveTextAsync($"{sent} ({4 * sent} B)");
        await Expect(Tab.Locator("#received")).ToContainTextAsync($"{sent + 1} (");
        await Expect(Tab.GetByRole(AriaRole.Img, new() { NameRegex = new Regex($"of the last {sent} echoes:") })).ToBeVisibleAsync();
    }

    [Test]
    public async Task It_repeats_what_was_sent_last_when_nothing_is_written()
    {
        await OpenAsync(SharedServers.Default);
        await Choice("Hex bytes").CheckAsync();
        await HexBox.FillAsync("ca fe");
        await HexBox.PressAsync("Enter");
        await Switch.CheckAsync();
        await Expect(RepeatNote).ToContainTextAsync("‘ca fe’: sent ");
        await Expect(Sent.Filter(new() { HasText = "ca fe" }).Nth(3)).ToBeVisibleAsync();
        await Switch.UncheckAsync();
    }

    [Test]
    public async Task An_interval_out_of_bounds_is_refused()
    {
        await OpenAsync(SharedServers.Default);
        foreach (string interval in (string[])["9", "60001", "1.5", ""])
        {
            await Interval.FillAsync("60000");
            await Switch.CheckAsync();
            await Expect(RepeatNote).ToContainTextAsync("sent 0");
            await Expect(Interval).ToHaveAttributeAsync("aria-invalid", "false");
            await Switch.UncheckAsync();
            await Interval.FillAsync(interval);
            await Switch.ClickAsync();
            await Expect(RepeatNote).ToHaveTextAsync("The interval must be a whole number of milliseconds (10-60000).");
            await Expect(Switch).Not.ToBeCheckedAsync();
            await Expect(Interval).ToHaveAttributeAsync("aria-invalid", "true");
        }
    }

    [Test]
    public async Task A_file_is_not_repeated()
    {
        await OpenAsync(SharedServers.Default);
        await Choice("File").CheckAsync();
        await Switch.ClickAsync();
        await Expect(RepeatNote).ToHaveTextAsync("Choose text or hex: files are not sent again and again.");
        await Expect(Switch).Not.ToBeCheckedAsync();
    }

    [Test]
    public async Task Without_a_connection_turns_are_left_out_and_it_goes_on_with_the_next()
    {
        await OpenAsync(SharedServers.Default);
        await Button("Disconnect").ClickAsync();
        await Expect(State).ToHaveTextAsync("Closed");
        await Switch.CheckAsync();
        await Expect(RepeatNote).ToHaveTextAsync(LeftOut());
        await Expect(Sent).ToHaveCountAsync(0);
        await Button("Connect").ClickAsync();
        await Expect(Received.Filter(new() { HasText = "Echo: Hi there!" }).First).ToBeVisibleAsync();
        await Switch.UncheckAsync();
    }

    [GeneratedRegex(@"^‘tick’: sent [1-9]\d+$")]
    private static partial Regex SentManyTicks();

    [GeneratedRegex(@"^Stopped after \d+\.$")]
    private static partial Regex Stopped();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();

    [GeneratedRegex("sent 0, [1-9][0-9]* left out while the connection was not ready$")]
    private static partial Regex LeftOut();
}
