using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>The switch that sends the same message again and again.</summary>
internal sealed class RepeatTests : PageTest
{
    private ILocator Switch => Tab.GetByRole(AriaRole.Switch, new() { Name = "Send every" });

    private ILocator Interval => Tab.GetByRole(AriaRole.Spinbutton, new() { Name = "Milliseconds between messages" });

    private ILocator RepeatNote => Tab.Locator("#repeat-note");

    [Test]
    public async Task It_sends_what_is_written_until_it_is_turned_off_and_the_chart_follows()
    {
        await StopClockAsync();
        await OpenAsync(SharedServers.Default);
        await MessageBox.FillAsync("tick");
        await Interval.FillAsync("10");
        await Switch.CheckAsync();

        // The text has changed since the switch was turned on.
        await MessageBox.FillAsync("something else");
        await Tab.Clock.RunForAsync(120);
        await Expect(RepeatNote).ToHaveTextAsync("‘tick’: sent 12");
        await Switch.UncheckAsync();
        await Tab.Clock.RunForAsync(1000);
        await Expect(RepeatNote).ToHaveTextAsync("Stopped after 12.");
        await Tab.Clock.ResumeAsync();
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Echo: tick");
        await Expect(Received.First.Locator(".trip")).Not.ToHaveTextAsync("");
        await Expect(Sent.Filter(new() { HasText = "something else" })).ToHaveCountAsync(0);

        // Every message was answered, and each answer is a point of the chart.
        await Expect(Tab.Locator("#sent")).ToHaveTextAsync("12 (48 B)");
        await Expect(Tab.Locator("#received")).ToContainTextAsync("13 (");
        await Expect(Tab.GetByRole(AriaRole.Img, new() { NameRegex = new Regex("of the last 12 echoes:") })).ToBeVisibleAsync();
    }

    [Test]
    public async Task It_repeats_what_was_sent_last_when_nothing_is_written()
    {
        await StopClockAsync();
        await OpenAsync(SharedServers.Default);
        await Choice("Hex bytes").CheckAsync();
        await HexBox.FillAsync("ca fe");
        await HexBox.PressAsync("Enter");
        await Switch.CheckAsync();
        await Tab.Clock.RunForAsync(300);
        await Expect(RepeatNote).ToHaveTextAsync("‘ca fe’: sent 3");
        await Switch.UncheckAsync();
        await Tab.Clock.ResumeAsync();
        await Expect(Sent.Filter(new() { HasText = "ca fe" })).ToHaveCountAsync(4);
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
        await StopClockAsync();
        await OpenAsync(SharedServers.Default);
        await Button("Disconnect").ClickAsync();
        await Expect(State).ToHaveTextAsync("Closed");
        await Switch.CheckAsync();
        await Tab.Clock.RunForAsync(300);
        await Expect(RepeatNote).ToHaveTextAsync("‘Hi there!’: sent 0, 3 left out while the connection was not ready");
        await Button("Connect").ClickAsync();
        await Expect(State).ToHaveTextAsync("Open");
        await Tab.Clock.RunForAsync(100);
        await Expect(RepeatNote).ToHaveTextAsync("‘Hi there!’: sent 1, 3 left out while the connection was not ready");
        await Switch.UncheckAsync();
        await Tab.Clock.ResumeAsync();
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Echo: Hi there!");
        await Expect(Sent).ToHaveCountAsync(1);
    }
}
