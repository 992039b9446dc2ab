using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>The page's accessibility: axe-core's rules, and the announcements for a screen reader.</summary>
internal sealed class AccessibilityTests : PageTest
{
    // Every finding, one line each: rule, weight, and where.
    private const string RunAxe = """
        async () => (await axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })).violations
          .map((found) => `${found.impact} ${found.id}: ${found.nodes.map((node) => node.target.join(' ')).join(', ')}`)
        """;

    private ILocator Sentences => Announcements.Locator("p");

    [TestCase(ColorScheme.Light, 1280, 900)]
    [TestCase(ColorScheme.Dark, 390, 844)]
    public async Task Axe_finds_nothing_in_any_state(ColorScheme scheme, int width, int height)
    {
        Requires.AxeCore();
        Expected(ServerIsGone);
        await EnterAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = height }, BypassCSP = true });
        ServerProcess server = EndAfterTab(await ServerProcess.StartAsync([]));
        await OpenAsync(server);
        await Tab.AddScriptTagAsync(new() { Path = Requires.AxeScript });

        await SendAsync(new string('x', 500));
        await Choice("Hex bytes").CheckAsync();
        await HexBox.FillAsync("00 01");
        await HexBox.PressAsync("Enter");
        await Expect(Received).ToHaveCountAsync(3);
        // Not "visible": two round trips that took the same time are a path without height.
        await Expect(Tab.Locator("#chart .dots")).ToBeAttachedAsync();
        await Tab.GetByText("Headers of the browser").ClickAsync();
        Assert.That(await FindingsAsync(), Is.Empty, "open");

        await HexBox.FillAsync("xyz");
        await HexBox.PressAsync("Enter");
        await Expect(HexBox).ToHaveAttributeAsync("aria-invalid", "true");
        Assert.That(await FindingsAsync(), Is.Empty, "with a mistake");

        await server.StopAsync();
        await Expect(State).ToHaveTextAsync("Reconnecting");
        Assert.That(await FindingsAsync(), Is.Empty, "reconnecting");

        await Button("Cancel").ClickAsync();
        await Expect(State).ToHaveTextAsync("Closed");
        Assert.That(await FindingsAsync(), Is.Empty, "closed");
    }

    [Test]
    public async Task A_screen_reader_is_told_of_states_and_of_a_single_message()
    {
        await OpenAsync(SharedServers.Default);
        await Expect(Announcements).ToContainTextAsync("Connecting");
        await Expect(Announcements).ToContainTextAsync("Open");
        await Expect(Announcements).ToContainTextAsync("Received: Hi, this is the Echo-Server");
        await Button("Disconnect").ClickAsync();
        await Expect(Announcements).ToContainTextAsync("Closed. 1000 Normal closure: as you asked.");
    }

    [Test]
    public async Task A_screen_reader_is_not_flooded()
    {
        await StopClockAsync();
        await Context.AddInitScriptAsync(NoteLatestMessage);
        await OpenAsync(SharedServers.Default);
        await Expect(Greeting).ToHaveTextAsync("Hi, this is the Echo-Server");
        await Tab.Clock.RunForAsync(400);
        await Expect(Sentences.Last).ToHaveTextAsync("Received: Hi, this is the Echo-Server");
        int told = await Sentences.CountAsync();
        await SendManyAsync(50, "message");
        await ExpectLatestMessageAsync("Echo: message 49");

        // One sentence for all of them, ten seconds after the one before.
        await Tab.Clock.RunForAsync(9_900);
        Assert.That(await Sentences.CountAsync(), Is.EqualTo(told));
        await Tab.Clock.RunForAsync(200);
        await Expect(Sentences.Last).ToHaveTextAsync("50 messages received, the last, round trip 0.0 ms");
        Assert.That(await Sentences.CountAsync(), Is.EqualTo(told + 1));
    }

    [Test]
    public async Task Who_asked_for_less_motion_sees_none()
    {
        await EnterAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await OpenAsync(SharedServers.Default);
        Assert.That(
            await Tab.EvaluateAsync<string>("document.getElementById('state').dataset.state = 'connecting'; getComputedStyle(document.querySelector('.mark')).animationName"),
            Is.EqualTo("none"));
    }

    [Test]
    public async Task In_forced_colours_each_state_still_has_a_shape_of_its_own()
    {
        await EnterAsync(new() { ForcedColors = ForcedColors.Active, ReducedMotion = ReducedMotion.Reduce });
        await OpenAsync(SharedServers.Default);
        List<string> marks = [];
        foreach (string state in (string[])["open", "connecting", "closed", "waiting"])
        {
            await Tab.EvaluateAsync("state => { document.getElementById('state').dataset.state = state; }", state);
            marks.Add(Convert.ToBase64String(await Tab.Locator(".mark").ScreenshotAsync()));
        }

        Assert.That(marks, Is.Unique);
    }

    private async Task<string[]> FindingsAsync() => await Tab.EvaluateAsync<string[]>(RunAxe);
}
