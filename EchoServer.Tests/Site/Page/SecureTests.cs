using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>The page behind a router that ends TLS: it came by https, and so it connects by wss.</summary>
internal sealed class SecureTests : PageTest
{
    [Test]
    public async Task It_connects_by_wss_and_shows_what_the_router_added()
    {
        using var certificates = new TestCertificates();
        Haproxy router = EndAfterTab(await Haproxy.StartAsync(new HaproxyOptions
        {
            Instances = [SharedServers.Default.Port],
            Certificate = certificates.Issue("localhost"),
        }));

        // The test is not about trust, and to add a trusted certificate to the browser takes another tool.
        await EnterAsync(new() { IgnoreHTTPSErrors = true, ViewportSize = new() { Width = 1280, Height = 900 } });
        await Tab.GotoAsync(router.HttpUrl().AbsoluteUri);
        await Expect(State).ToHaveTextAsync("Open");
        await Expect(Tab.Locator("#state-url")).ToHaveTextAsync(router.Url().AbsoluteUri);
        await Expect(Tab.Locator(".command code").First).ToHaveTextAsync($"EchoServer client {router.Url()}");
        await SendAsync("over TLS");
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Echo: over TLS");

        await Expect(Tab.Locator("details", new() { HasText = "Headers added on the way" }).Locator("dl")).ToContainTextAsync("X-Forwarded-Proto");
        await Choice("/raw").CheckAsync();
        await Expect(Tab.Locator("#state-url")).ToHaveTextAsync(router.Url("/raw").AbsoluteUri);
        await Expect(State).ToHaveTextAsync("Open");
    }
}
