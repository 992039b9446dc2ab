using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>The page without a mouse.</summary>
internal sealed class KeyboardTests : PageTest
{
    // The name of the focused element, and whether its focus is visible.
    private const string Focused = """
        (() => {
          const element = document.activeElement;
          const style = getComputedStyle(element);
          const isSeen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
          const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText;
          return `${name.trim().split('\n')[0]}${isSeen ? '' : ' (focus not seen)'}`;
        })()
        """;

    private static readonly string[] Stops =
    [
        "Skip to the message box", "/", "Path of the scenario", "Reconnect", "Disconnect", "Text", "Message", "Send", "Send every",
        "Milliseconds between messages", "Clear", "Message log", "Copy the client command line", "Copy the check command line", "Refresh",
        "Headers added on the way (0)", "Headers of the browser", "/health", "/info", "/metrics",
    ];

    [Test]
    public async Task Tab_goes_through_every_control_in_the_order_of_the_page_and_the_focus_is_seen()
    {
        await OpenAsync(SharedServers.Default);
        await Expect(Tab.GetByText("Headers of the browser")).ToBeVisibleAsync();
        var stops = new List<string>();
        for (int stop = 0; stop < Stops.Length; stop++)
        {
            await Tab.Keyboard.PressAsync("Tab");
            string name = await Tab.EvaluateAsync<string>(Focused);
            stops.Add(name.StartsWith("Headers of the browser (", StringComparison.Ordinal) ? name[..name.IndexOf(" (", StringComparison.Ordinal)] : name);
        }

        Assert.That(stops, Is.EqualTo(Stops));
    }

    [Test]
    public async Task Everything_can_be_done_with_keys_and_the_focus_stays_where_it_is()
    {
        await OpenAsync(SharedServers.Default);
        await WaitForGreetingAsync();

        // The skip link leads to the message box.
        await Tab.Keyboard.PressAsync("Tab");
        await Tab.Keyboard.PressAsync("Enter");
        await Expect(MessageBox).ToBeFocusedAsync();
        await Tab.Keyboard.PressAsync("Control+a");
        await Tab.Keyboard.TypeAsync("typed");
        await Tab.Keyboard.PressAsync("Enter");
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Echo: typed");
        await Expect(MessageBox).ToBeFocusedAsync();

        // Back to the kind of message: hex, by arrow.
        await Tab.Keyboard.PressAsync("Shift+Tab");
        await Tab.Keyboard.PressAsync("ArrowRight");
        await Expect(Choice("Hex bytes")).ToBeCheckedAsync();

        // Disconnect and connect: neither button goes away under the fingers.
        await Tab.Keyboard.PressAsync("Shift+Tab");
        await Expect(Button("Disconnect")).ToBeFocusedAsync();
        await Tab.Keyboard.PressAsync("Enter");
        await Expect(State).ToHaveTextAsync("Closed");
        await Expect(Button("Disconnect")).ToBeFocusedAsync();
        await Tab.Keyboard.PressAsync("Shift+Tab");
        await Tab.Keyboard.PressAsync("Space");
        await Expect(State).ToHaveTextAsync("Open");
        await Expect(Button("Reconnect")).ToBeFocusedAsync();

        // The path, by arrow, before the box for the path of a scenario.
        await Tab.Keyboard.PressAsync("Shift+Tab");
        await Tab.Keyboard.PressAsync("Shift+Tab");
        await Tab.Keyboard.PressAsync("ArrowRight");
        await Expect(Tab.Locator("#state-url")).ToContainTextAsync("/raw");
        await Expect(State).ToHaveTextAsync("Open");

        await Tab.GetByRole(AriaRole.Switch).FocusAsync();
        await Tab.Keyboard.PressAsync("Space");
        await Expect(Tab.Locator("#repeat-note")).ToContainTextAsync("Hex digits are missing");
    }

    [Test]
    public async Task The_log_scrolls_by_keys()
    {
        await OpenAsync(SharedServers.Default);
        await WaitForGreetingAsync();
        await SendManyAsync(20, "message");
        await Expect(Received).ToHaveCountAsync(21);
        ILocator log = Tab.GetByRole(AriaRole.Region, new() { Name = "Message log" });
        await log.FocusAsync();
        await Tab.Keyboard.PressAsync("End");
        await Expect(Rows.Last).ToBeInViewportAsync();
        await Tab.Keyboard.PressAsync("Home");
        await Expect(Rows.First).ToBeInViewportAsync();
    }
}
