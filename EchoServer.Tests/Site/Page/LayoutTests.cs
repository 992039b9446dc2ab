using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>The layout with the longest values that the page can show, from a small phone to a desktop.</summary>
internal sealed class LayoutTests : PageTest
{
    // Gives every digit the same width in every font, as wide as DejaVu Sans with the letter spacing of WCAG 1.4.12: the verdict does
    // not depend on the fonts of the machine.
    private const string WideLetters = """
        const sheet = new CSSStyleSheet();
        sheet.replaceSync('* { letter-spacing: calc(0.76em - 1ch) !important; }');
        document.adoptedStyleSheets = [sheet];
        """;

    // The narrowest screen that WCAG 1.4.10 asks for, usual phones, and widths around those at which the columns change.
    private static readonly int[] Widths = [320, 360, 375, 414, 620, 768, 960, 1280];

    private static readonly string Folder = Path.Combine(Programs.ProjectFolder, "EchoServer.Tests", "Site", "Page");
    private static readonly string FindingsScript = File.ReadAllText(Path.Combine(Folder, "layout-findings.js"));

    private readonly List<string> _findings = [];

    [TestCase(false, TestName = "{m}(the machine's fonts)")]
    [TestCase(true, TestName = "{m}(wide letters)")]
    public async Task Nothing_sticks_out_overlaps_or_is_broken_with_the_longest_values(bool isWide)
    {
        _findings.Clear();
        await EnterAsync(new() { Locale = "en-US", TimezoneId = "UTC" });
        await Context.AddInitScriptAsync(scriptPath: Path.Combine(Folder, "longest-values.js"));
        if (isWide)
        {
            await Context.AddInitScriptAsync(WideLetters);
        }

        // Browsers take every name under localhost for the loopback address (RFC 6761 §6.3).
        await Tab.GotoAsync($"http://echo-server-{new string('w', 51)}.{new string('w', 63)}.localhost:{SharedServers.Default.Port}/");
        await Tab.EvaluateAsync("longest.open()");
        await Expect(Tab.Locator("#version")).ToContainTextAsync("100.100.1000");
        await Expect(Tab.Locator("#rtt-last")).ToHaveTextAsync("12555.55 s");
        await Expect(Tab.Locator("#idle")).ToHaveTextAsync("26 h 56 min");
        await Expect(Rows).ToHaveCountAsync(15);
        await Tab.EvaluateAsync("longest.overstate()");
        await Tab.GetByText("Headers of the browser").ClickAsync();
        foreach (ILocator button in await Tab.Locator("#log li:not(:has-text('1023.9 KiB')) button").AllAsync())
        {
            await button.ClickAsync();
        }

        await Choice("Text").CheckAsync();
        await MessageBox.FillAsync(new string('w', 2000));
        await Tab.GetByRole(AriaRole.Spinbutton).FillAsync("60000");
        await Tab.GetByRole(AriaRole.Switch).CheckAsync();
        await Expect(Note).ToContainTextAsync("over the server’s limit");
        await LookAsync("open");

        await Tab.EvaluateAsync("longest.end()");
        await Expect(State).ToHaveTextAsync("Reconnecting");
        await Expect(Rows).ToHaveCountAsync(16);
        await Tab.GetByRole(AriaRole.Switch).UncheckAsync();
        await Tab.GetByRole(AriaRole.Spinbutton).FillAsync("1");
        await Tab.GetByRole(AriaRole.Switch).ClickAsync();
        await Choice("Hex bytes").CheckAsync();
        await HexBox.FillAsync("12345");
        await HexBox.PressAsync("Enter");
        await LookAsync("reconnecting");

        await Choice("File").CheckAsync();
        await Tab.Locator("#file").SetInputFilesAsync(new FilePayload
        {
            Name = $"{new string('w', 80)}.bin",
            MimeType = "application/octet-stream",
            Buffer = new byte[2000],
        });
        await LookAsync("with a file");
        Assert.That(_findings, Is.Empty);
    }

    private async Task LookAsync(string scene)
    {
        foreach (int width in Widths)
        {
            await Tab.SetViewportSizeAsync(width, 800);
            foreach (ColorScheme scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
            {
                await Tab.EmulateMediaAsync(new() { ColorScheme = scheme });
                string[] found = await Tab.EvaluateAsync<string[]>(FindingsScript);
                _findings.AddRange(found.Select(finding => $"{scene}, {width} px, {scheme}: {finding}"));
            }
        }
    }
}
