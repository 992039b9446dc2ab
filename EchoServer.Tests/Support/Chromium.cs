using Microsoft.Playwright;

namespace EchoServer.Tests.Support;

/// <summary>Debian's Chromium without a window: one for all tests, each of which has a context (a profile) of its own in it.</summary>
internal static class Chromium
{
    public const string Executable = "/usr/bin/chromium";

    // As root it has no sandbox, and on a test machine nothing to look for on the internet.
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private static readonly Lazy<Task<IPlaywright>> Driver = new(Playwright.CreateAsync);
    private static readonly Lazy<Task<IBrowser>> Browser = new(LaunchAsync);

    /// <summary>The browser, started when the first test asks for it.</summary>
    /// <remarks>Safe on any thread.</remarks>
    public static Task<IBrowser> GetAsync()
    {
        Requires.Chromium();
        return Browser.Value;
    }

    /// <summary>Ends the browser and the program that drives it, if they were started; both start only once in a run.</summary>
    public static async Task StopAsync()
    {
        if (Browser is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await Browser.Value).DisposeAsync();
        }

        if (Driver is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            (await Driver.Value).Dispose();
        }
    }

    private static async Task<IBrowser> LaunchAsync() => await (await Driver.Value).Chromium.LaunchAsync(new()
    {
        ExecutablePath = Executable,
        Args = Arguments,
        Timeout = (float)ServerProcess.Patience.TotalMilliseconds,
    });
}
