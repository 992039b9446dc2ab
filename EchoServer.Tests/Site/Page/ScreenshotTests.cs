using System.Buffers.Binary;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>Pictures of the page, for people to look at: <c>artifacts/site</c>. README shows the first of them.</summary>
internal sealed class ScreenshotTests : PageTest
{
    // Where a PNG's header says how wide and how high it is (PNG specification §5.6, §11.2.1).
    private const int WidthOffset = 16;
    private const int HeightOffset = 20;

    private static readonly string Folder = Path.Combine(Programs.ProjectFolder, "artifacts", "site");

    // As on Cloud Foundry, so that there is something to see.
    private static readonly Dictionary<string, string> App = new()
    {
        ["CF_INSTANCE_INDEX"] = "0",
        ["VCAP_APPLICATION"] = """{"application_name":"echo-server","space_name":"dev","application_uris":["echo-server.cfapps.example.org"]}""",
    };

    private static readonly Dictionary<string, string> Router = new()
    {
        ["X-Forwarded-For"] = "203.0.113.7, 10.0.4.12",
        ["X-Forwarded-Proto"] = "https",
        ["X-Cf-Instanceindex"] = "0",
    };

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await ServerProcess.StartAsync([], App);

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [TestCase("desktop", 1280, 900)]
    [TestCase("phone", 390, 844)]
    public async Task The_page_in_use(string name, int width, int height)
    {
        bool isPhone = name == "phone";
        await EnterAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            IsMobile = isPhone,
            HasTouch = isPhone,
        });
        await Context.SetExtraHTTPHeadersAsync(Router);
        await OpenAsync(_server);
        await Tab.GetByRole(AriaRole.Spinbutton).FillAsync("20");
        await Tab.GetByRole(AriaRole.Switch).CheckAsync();
        await Expect(Received.Nth(60)).ToBeAttachedAsync();
        await Tab.GetByRole(AriaRole.Switch).UncheckAsync();
        await Choice("Hex bytes").CheckAsync();
        await HexBox.FillAsync("de ad be ef");
        await HexBox.PressAsync("Enter");
        await Choice("Text").CheckAsync();
        await SendAsync("Grüße aus dem Browser");
        await SendAsync("<b>only text</b>");
        await Expect(Received.First).ToContainTextAsync("only text");
        await MessageBox.BlurAsync();

        // The figures follow the log after a moment.
        await Expect(Tab.Locator("#chart")).ToHaveAttributeAsync("aria-label", new Regex("^Chart of the round-trip times"));
        Directory.CreateDirectory(Folder);
        foreach ((string scheme, ColorScheme colors) in ((string, ColorScheme)[])[("light", ColorScheme.Light), ("dark", ColorScheme.Dark)])
        {
            await Tab.EmulateMediaAsync(new() { ColorScheme = colors });
            string path = Path.Combine(Folder, $"{name}-{scheme}.png");
            byte[] png = await Tab.ScreenshotAsync(new() { Path = path, Animations = ScreenshotAnimations.Disabled });
            Assert.That(File.ReadAllBytes(path), Is.EqualTo(png));
            Assert.That(Number(png, WidthOffset), Is.EqualTo(width));
            Assert.That(Number(png, HeightOffset), Is.EqualTo(height));
            await Tab.ScreenshotAsync(new() { Path = Path.Combine(Folder, $"{name}-{scheme}-whole.png"), FullPage = true });
        }
    }

    private static int Number(byte[] png, int offset) => BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(offset));
}
