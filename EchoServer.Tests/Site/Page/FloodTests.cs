using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>More messages than a person can read, and larger ones: what the page shows and keeps is bounded.</summary>
internal sealed class FloodTests : PageTest
{
    // Several times the rows and the samples that the page keeps.
    private const int Messages = 3000;
    private const int MaxRows = 500;
    private const int MaxSamples = 600;

    // Whether the log ever said that it left messages out: how soon later rows push that one out depends on the machine.
    private const string NoteTooFast = """
        globalThis.wasTooFast = false;
        new MutationObserver((changes) => {
          wasTooFast ||= changes.some((change) => [...change.addedNodes].some((row) => row.textContent.includes('came too fast')));
        }).observe(document.getElementById('log'), { childList: true });
        """;

    [Test]
    public async Task Three_thousand_messages_are_counted_and_the_last_of_them_shown()
    {
        await OpenAsync(SharedServers.Large);
        await WaitForGreetingAsync();
        await Tab.EvaluateAsync(NoteTooFast);
        await SendManyAsync(Messages, "flood");
        await Expect(Tab.Locator("#received")).ToContainTextAsync("3,001 (");
        await Expect(Tab.Locator("#sent")).ToContainTextAsync("3,000 (");
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync($"Echo: flood {Messages - 1}");
        await Expect(Received.First.Locator(".trip")).ToHaveTextAsync(new Regex(@"^\d+(\.\d+)? m?s$"));
        Assert.That(await Tab.EvaluateAsync<bool>("wasTooFast"), Is.True);
        Assert.That(await Rows.CountAsync(), Is.LessThanOrEqualTo(MaxRows));
        await Expect(Tab.GetByRole(AriaRole.Img, new() { NameRegex = new Regex($"of the last {MaxSamples} echoes:") })).ToBeVisibleAsync();
        string path = (await Tab.Locator("#chart .dots").GetAttributeAsync("d"))!;
        Assert.That(path.Count(character => character == 'M'), Is.EqualTo(MaxSamples));

        // It still does what it is told, and says what it is told about.
        await SendAsync("afterwards");
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Echo: afterwards");
        await Tab.GetByRole(AriaRole.Region, new() { Name = "Messages" }).GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        await Expect(Tab.GetByText("Nothing yet.")).ToBeVisibleAsync();
        await Expect(Rows).ToHaveCountAsync(0);
    }

    [Test]
    public async Task The_log_keeps_its_length_when_it_is_filled_slowly()
    {
        await OpenAsync(SharedServers.Large);
        await WaitForGreetingAsync();
        for (int batch = 0; batch < 7; batch++)
        {
            await SendManyAsync(40, $"batch {batch} message");
            await Expect(Received.First.Locator(".text")).ToHaveTextAsync($"Echo: batch {batch} message 39");
        }

        await Expect(Rows).ToHaveCountAsync(MaxRows);
        await Expect(Rows.Filter(new() { HasTextRegex = new Regex("messages came too fast to be shown here") })).ToHaveCountAsync(0);
    }

    [Test]
    public async Task Of_many_large_messages_the_oldest_are_not_kept_whole()
    {
        await OpenAsync(SharedServers.Large);
        await WaitForGreetingAsync();
        await Choice("/raw").CheckAsync();
        await Expect(State).ToHaveTextAsync("Open");
        for (int number = 0; number < 3; number++)
        {
            await Tab.EvaluateAsync($$"""
                document.getElementById('message').value = '{{number}}'.repeat(2 * 1024 * 1024);
                document.getElementById('composer').requestSubmit();
                """);
            await Expect(Received).ToHaveCountAsync(2 + number);
        }

        // Six messages of 2 MiB: the last four are kept, the first sent and its echo are not.
        await Received.Nth(2).GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Expect(Received.Nth(2)).ToContainTextAsync("The whole message is not kept any more.");
        await Received.First.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Expect(Received.First.Locator(".text")).ToContainTextAsync("… (2.0 MiB in all)");
    }
}
