using Microsoft.Playwright;

namespace EchoServer.Tests.Support;

/// <summary>Debian's Chromium without a window: one for all tests, each of which has a context (a profile) of its own in it.</summary>
internal static class Chromium
{
    /// <summary>Where Debian's package puts it.</summary>
    public const string Executable = "/usr/bin/chromium";

    // As root it has no sandbox, and on a test machine nothing to look for on the internet.
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private static IPlaywright? _playwright;
    private static IBrowser? _browser;

    /// <summary>The browser, started when the first test asks for it.</summary>
    /// <remarks>NUnit runs these tests one after the other: no lock is needed.</remarks>
    public static async Task<IBrowser> GetAsync()
    {
        Requires.Chromium();
        _playwright ??= await Playwright.CreateAsync();
        return _browser ??= await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Executable,
            Args = Arguments,
            Timeout = (float)ServerProcess.Patience.TotalMilliseconds,
        });
    }

    /// <summary>Ends the browser and the program that drives it, if they were started.</summary>
    public static async Task StopAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
            _browser = null;
        }

        _playwright?.Dispose();
        _playwright = null;
    }
}
