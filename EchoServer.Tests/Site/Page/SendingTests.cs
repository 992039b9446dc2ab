using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>Messages written by hand: text, bytes and files, and their echoes.</summary>
internal sealed class SendingTests : PageTest
{
    private static readonly Regex TripTime = new(@"^\d+(\.\d+)? m?s$");

    [SetUp]
    public Task OpenPageAsync() => OpenAsync(SharedServers.Default);

    [Test]
    public async Task Text_comes_back_with_its_size_and_round_trip_time()
    {
        await Expect(MessageBox).ToHaveValueAsync("Hi there!");
        await Button("Send").ClickAsync();
        await Expect(Sent.Locator(".text")).ToHaveTextAsync("Hi there!");
        await Expect(Sent.Locator(".size")).ToHaveTextAsync("9 B");
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Echo: Hi there!");
        await Expect(Received.First.Locator(".size")).ToHaveTextAsync("15 B");
        await Expect(Received.First.Locator(".trip")).ToHaveTextAsync(TripTime);
        await Expect(Received.First.Locator("time")).ToHaveTextAsync(new Regex(@"^\d\d:\d\d:\d\d\.\d\d\d$"));
        await Expect(MessageBox).ToHaveValueAsync("");

        foreach (string figure in (string[])["last", "min", "p50", "p99", "max"])
        {
            await Expect(Tab.Locator($"#rtt-{figure}")).ToHaveTextAsync(TripTime);
        }

        await Expect(Tab.Locator("#chart .dots")).ToHaveCountAsync(1);
        await Expect(Tab.GetByRole(AriaRole.Img, new() { NameRegex = new Regex("^Chart of the round-trip times of the last echo: from .* m?s to .* m?s, half within .* m?s, 99 percent within .* m?s$") })).ToBeVisibleAsync();
        await Expect(Tab.Locator("#sent")).ToHaveTextAsync("1 (9 B)");
        await Expect(Tab.Locator("#received")).ToHaveTextAsync("2 (42 B)");
    }

    [Test]
    public async Task Markup_is_shown_as_the_text_that_it_is()
    {
        string[] all =
        [
            "<script>document.title = 'owned'</script>", "<img src=x onerror=\"document.title='owned'\">",
            "</span><h1>owned</h1>\u202e&lt;&amp;\0",
        ];
        for (int number = 0; number < all.Length; number++)
        {
            await SendAsync(all[number]);
            await Expect(Received).ToHaveCountAsync(2 + number);
            Assert.That(await Received.First.Locator(".text").TextContentAsync(), Is.EqualTo("Echo: " + all[number]));
            Assert.That(await Sent.First.Locator(".text").TextContentAsync(), Is.EqualTo(all[number]));
        }

        await Expect(Tab.Locator("#log script, #log img, #log h1")).ToHaveCountAsync(0);
        await Expect(Tab).ToHaveTitleAsync("Open – EchoServer");
    }

    [Test]
    public async Task Bytes_written_as_hex_come_back_as_they_were()
    {
        await Choice("Hex bytes").CheckAsync();
        await HexBox.FillAsync("de:ad 0xBE, 0xef 00\nff");
        await Expect(Note).ToHaveTextAsync("6 bytes");
        await HexBox.PressAsync("Enter");
        await Expect(Sent.Locator(".text")).ToHaveTextAsync("de ad be ef 00 ff");
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("de ad be ef 00 ff");
        await Expect(Received.First.Locator(".kind")).ToHaveTextAsync("binary");
        await Expect(Received.First.Locator(".size")).ToHaveTextAsync("6 B");
        await Expect(Received.First.Locator(".trip")).ToHaveTextAsync(TripTime);
    }

    [Test]
    public async Task What_is_not_hex_is_not_sent_and_the_note_says_why()
    {
        await Choice("Hex bytes").CheckAsync();
        foreach ((string text, string reason) in ((string, string)[])
            [("de ag", "‘g’ is not a hex digit (0-9, a-f)."), ("abc", "3 hex digits are not a whole number of bytes."), ("<b>", "‘<’ is not a hex digit (0-9, a-f).")])
        {
            await HexBox.FillAsync(text);
            await HexBox.PressAsync("Enter");
            await Expect(Note).ToHaveTextAsync(reason);
            await Expect(HexBox).ToHaveAttributeAsync("aria-invalid", "true");
            await Expect(Announcements).ToContainTextAsync(reason);
            await HexBox.FillAsync("ab");
            await Expect(HexBox).Not.ToHaveAttributeAsync("aria-invalid", "true");
        }

        await Expect(Sent).ToHaveCountAsync(0);
    }

    [Test]
    public async Task A_file_is_sent_as_one_binary_message()
    {
        await Choice("File").CheckAsync();
        await Button("Send").ClickAsync();
        await Expect(Note).ToHaveTextAsync("Choose a file first.");
        byte[] bytes = [.. Enumerable.Range(0, 300).Select(number => (byte)number)];
        await Tab.GetByLabel("File", new() { Exact = true }).Last.SetInputFilesAsync(
            new FilePayload { Name = "bytes.bin", MimeType = "application/octet-stream", Buffer = bytes });
        await Expect(Note).ToHaveTextAsync("300 bytes");
        await Button("Send").ClickAsync();
        await Expect(Received).ToHaveCountAsync(2);
        await Expect(Received.First.Locator(".size")).ToHaveTextAsync("300 B");
        await Received.First.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync(Convert.ToHexStringLower(bytes).Chunk(2).Aggregate(
            "", (text, pair) => $"{text} {new string(pair)}").TrimStart());
    }

    [Test]
    public async Task A_long_text_is_shown_shortened_and_whole_on_request()
    {
        string text = string.Concat(Enumerable.Repeat("0123456789", 100));
        await SendAsync(text);
        ILocator shown = Received.First.Locator(".text");
        await Expect(shown).ToHaveTextAsync("Echo: " + text[..154] + "…");
        await Received.First.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Expect(shown).ToHaveTextAsync("Echo: " + text);
        await Received.First.GetByRole(AriaRole.Button, new() { Name = "Show less" }).ClickAsync();
        await Expect(shown).ToHaveTextAsync("Echo: " + text[..154] + "…");
    }

    [Test]
    public async Task An_empty_message_is_a_message()
    {
        await SendAsync("");
        await Expect(Sent.Locator(".text")).ToHaveTextAsync("(empty)");
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Echo: ");
        await Expect(Received.First.Locator(".trip")).ToHaveTextAsync(TripTime);
    }

    [Test]
    public async Task Shift_and_Enter_make_a_line_and_Enter_sends_both()
    {
        await MessageBox.FillAsync("one");
        await MessageBox.PressAsync("End");
        await MessageBox.PressAsync("Shift+Enter");
        await MessageBox.PressSequentiallyAsync("two");
        await MessageBox.PressAsync("Enter");
        await Expect(Received).ToHaveCountAsync(2);
        Assert.That(await Received.First.Locator(".text").TextContentAsync(), Is.EqualTo("Echo: one\ntwo"));
    }

    [Test]
    public async Task Arrow_up_and_down_go_through_what_was_sent_and_keep_the_draft()
    {
        await SendAsync("first");
        await SendAsync("second\nof two lines");
        await MessageBox.FillAsync("draft");
        await MessageBox.PressAsync("ArrowUp");
        await Expect(MessageBox).ToHaveValueAsync("second\nof two lines");

        // In a text of two lines, up is first the line above.
        await MessageBox.PressAsync("ArrowUp");
        await Expect(MessageBox).ToHaveValueAsync("second\nof two lines");
        await MessageBox.PressAsync("ArrowUp");
        await Expect(MessageBox).ToHaveValueAsync("first");
        await MessageBox.PressAsync("ArrowUp");
        await Expect(MessageBox).ToHaveValueAsync("first");
        await MessageBox.PressAsync("ArrowDown");
        await MessageBox.PressAsync("ArrowDown");
        await Expect(MessageBox).ToHaveValueAsync("draft");
        await MessageBox.PressAsync("ArrowUp");
        await MessageBox.PressAsync("Enter");
        await Expect(Sent.First.Locator(".text")).ToHaveTextAsync("second\nof two lines");
    }

    [Test]
    public async Task Text_and_hex_keep_their_own_drafts()
    {
        await MessageBox.FillAsync("some text");
        await Choice("Hex bytes").CheckAsync();
        await Expect(HexBox).ToHaveValueAsync("");
        await HexBox.FillAsync("01");
        await Choice("Text").CheckAsync();
        await Expect(MessageBox).ToHaveValueAsync("some text");
        await Choice("File").CheckAsync();
        await Choice("Hex bytes").CheckAsync();
        await Expect(HexBox).ToHaveValueAsync("01");
    }

    [Test]
    public async Task A_message_over_the_servers_limit_is_warned_of_and_its_close_explained()
    {
        ServerProcess server = EndAfterTab(await ServerProcess.StartAsync(["--max-message-bytes", "1000"]));
        await OpenAsync(server);
        await MessageBox.FillAsync(new string('x', 1001));
        await Expect(Note).ToHaveTextAsync("1,001 bytes: over the server’s limit of 1,000 bytes, it will close with 1009");
        await MessageBox.PressAsync("Enter");
        await Expect(State).ToHaveTextAsync("Closed");
        await Expect(Detail).ToContainTextAsync("1009 Message too big");
        await Expect(Tab).ToHaveTitleAsync("Closed 1009 – EchoServer");
        await SendAsync("after");
        await Expect(Note).ToHaveTextAsync("Not sent: there is no open connection.");
        await Expect(MessageBox).ToHaveValueAsync("after");
    }

    [Test]
    public async Task A_size_that_is_just_over_the_limit_is_told_to_the_byte()
    {
        await OpenAsync(SharedServers.Default);
        await Expect(Tab.Locator("#version")).Not.ToHaveTextAsync("");
        await Choice("File").CheckAsync();
        await Tab.Locator("#file").SetInputFilesAsync(new FilePayload { Name = "x.bin", MimeType = "application/octet-stream", Buffer = new byte[(1024 * 1024) + 1] });
        await Expect(Note).ToHaveTextAsync("1,048,577 bytes: over the server’s limit of 1,048,576 bytes, it will close with 1009");
        await Choice("Text").CheckAsync();
        await MessageBox.FillAsync(new string('x', (1024 * 1024) + 1));
        await Expect(Note).ToHaveTextAsync("over the server’s limit of 1,048,576 bytes, it will close with 1009");
    }
}
