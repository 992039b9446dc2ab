using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>The page before the first input.</summary>
internal sealed class OpeningTests : PageTest
{
    private static readonly Regex Version = new(@"^\d+\.\d+\.\d+( \([0-9a-f]+\))?$");

    [Test]
    public async Task It_connects_by_itself_and_shows_state_and_greeting()
    {
        await OpenAsync(SharedServers.Default);
        await Expect(Tab).ToHaveTitleAsync("Open – EchoServer");
        await Expect(Tab.Locator("#state-url")).ToHaveTextAsync($"ws://127.0.0.1:{SharedServers.Default.Port}/");
        await Expect(Greeting).ToHaveTextAsync("Hi, this is the Echo-Server");
        await Expect(Received).ToHaveCountAsync(1);
        await Expect(Received.Locator(".text")).ToHaveTextAsync("Hi, this is the Echo-Server");
        await Expect(Received.Locator(".size")).ToHaveTextAsync("27 B");

        // A greeting answers nothing.
        await Expect(Received.Locator(".trip")).ToHaveTextAsync("");
        await Expect(Tab.Locator("#received")).ToHaveTextAsync("1 (27 B)");
    }

    [Test]
    public async Task It_shows_what_the_server_sees_and_tells_added_headers_from_the_browsers_own()
    {
        ServerProcess server = EndAfterTab(await ServerProcess.StartAsync([], new Dictionary<string, string>
        {
            ["CF_INSTANCE_INDEX"] = "3",
            ["VCAP_APPLICATION"] = """{"application_name":"<b>echo</b>","space_name":"dev","application_uris":["echo.example.org"]}""",
        }));
        await Context.SetExtraHTTPHeadersAsync(new Dictionary<string, string>
        {
            ["X-Forwarded-For"] = "203.0.113.7, 10.0.4.12",
            ["X-Request-Note"] = "<img src=x onerror=alert(1)>",
        });
        await OpenAsync(server);
        await Expect(Fact("Application")).ToHaveTextAsync("<b>echo</b>");
        await Expect(Fact("Space")).ToHaveTextAsync("dev");
        await Expect(Fact("Instance")).ToHaveTextAsync("#3");
        await Expect(Fact("Routes")).ToHaveTextAsync("echo.example.org");
        await Expect(Tab.Locator("#info-note")).ToHaveTextAsync(new Regex(@"^As of \d\d:\d\d:\d\d, when this page asked for /info\. With several instances it may be another one that echoes\.$"));
        await Expect(Fact("EchoServer")).ToHaveTextAsync(new Regex(@"^up \d+ s at \d\d:\d\d:\d\d$"));
        await Expect(Fact("Connections")).ToHaveTextAsync(new Regex("^1 open, 1 so far, [0-9,]+ at most$"));
        await Expect(Fact("Message limit")).ToHaveTextAsync("1.0 MiB");
        await Expect(Fact("Ping")).ToHaveTextAsync("every 25 s");
        await Expect(Fact("Request from")).ToHaveTextAsync(new Regex(@"^127\.0\.0\.1:\d+$"));
        await Expect(Tab.Locator("#version")).ToHaveTextAsync(Version);

        ILocator added = Tab.Locator("details", new() { HasText = "Headers added on the way (1)" });
        await Expect(added.Locator("dd")).ToHaveTextAsync("203.0.113.7, 10.0.4.12");
        ILocator own = Tab.Locator("details", new() { HasText = "Headers of the browser" });
        await own.Locator("summary").ClickAsync();
        await Expect(own.GetByText("<img src=x onerror=alert(1)>")).ToBeVisibleAsync();

        // An unfolded part stays unfolded when the facts are requested again, as after each reconnect.
        await Tab.RunAndWaitForResponseAsync(
            () => Tab.Locator("#refresh-info").ClickAsync(), response => response.Url.EndsWith("/info", StringComparison.Ordinal));
        await Expect(own.GetByText("<img src=x onerror=alert(1)>")).ToBeVisibleAsync();
        await Expect(Tab.Locator("#info-facts b, #info-headers img")).ToHaveCountAsync(0);
    }

    [Test]
    public async Task It_shows_the_compression_that_was_agreed_on_and_echoes_with_it()
    {
        await OpenAsync(SharedServers.Default);
        await Expect(Tab.Locator("#compression")).ToHaveTextAsync("none");
        await Expect(Fact("Compression")).ToHaveTextAsync("not offered");

        ServerProcess server = EndAfterTab(await ServerProcess.StartAsync(["--compression", "on"]));
        await OpenAsync(server);
        await Expect(Tab.Locator("#compression")).ToHaveTextAsync("permessage-deflate");
        await Expect(Fact("Compression")).ToHaveTextAsync("offered (permessage-deflate)");
        string text = string.Join(' ', Enumerable.Range(0, 500).Select(i => $"part {i} of a long text, Zürich"));
        for (int i = 0; i < 3; i++)
        {
            await SendAsync(text);
            await Expect(Received).ToHaveCountAsync(2 + i);
            await Expect(Tab.Locator("#received")).ToContainTextAsync($"{2 + i} (");
        }

        await Expect(Received.First.Locator(".text")).ToContainTextAsync("Echo: part 0 of a long text, Zürich part 1 of");
        await Button("Disconnect").ClickAsync();
        await Expect(Tab.Locator("#compression")).ToHaveTextAsync("–");
        await Expect(Detail).ToContainTextAsync("1000");
    }

    [Test]
    public async Task Without_info_it_says_so_and_echoes_all_the_same()
    {
        ServerProcess server = EndAfterTab(await ServerProcess.StartAsync(["--info", "false"]));
        Expected(new Regex("Failed to load resource: .* 404"));
        await OpenAsync(server);
        await Expect(Tab.Locator("#info-note")).ToHaveTextAsync("This server does not say: /info is off (--info false).");
        await SendAsync("hello");
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Echo: hello");
        await Expect(Received.First.Locator(".trip")).ToHaveTextAsync(new Regex(@"^\d+(\.\d+)? m?s$"));
    }

    [Test]
    public async Task A_greeting_of_the_operators_own_is_shown_as_text()
    {
        ServerProcess server = EndAfterTab(await ServerProcess.StartAsync(["--greeting", "<script>document.title='owned'</script>", "--prefix", ""]));
        await OpenAsync(server);
        await Expect(Greeting).ToHaveTextAsync("<script>document.title='owned'</script>");
        await Expect(Tab).ToHaveTitleAsync("Open – EchoServer");
    }

    [Test]
    public async Task It_names_the_command_lines_for_the_path_that_is_chosen_and_copies_them()
    {
        await Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await OpenAsync(SharedServers.Default);
        string url = $"ws://127.0.0.1:{SharedServers.Default.Port}";
        await Expect(Tab.Locator(".command code")).ToHaveTextAsync([$"EchoServer client {url}/", $"EchoServer check {url}/"]);
        await Choice("/raw").CheckAsync();
        await Expect(Tab.Locator(".command code")).ToHaveTextAsync([$"EchoServer client {url}/raw", $"EchoServer check {url}/raw"]);

        await Button("Copy the check command line").ClickAsync();
        await Expect(Announcements).ToContainTextAsync($"Copied: EchoServer check {url}/raw");
        Assert.That(await Tab.EvaluateAsync<string>("navigator.clipboard.readText()"), Is.EqualTo($"EchoServer check {url}/raw"));
    }

    [Test]
    public async Task Without_a_clipboard_interface_it_copies_the_old_way()
    {
        // What a page that came by plain http from another host finds.
        await Context.AddInitScriptAsync("Object.defineProperty(navigator, 'clipboard', { value: undefined });");
        await OpenAsync(SharedServers.Default);
        await Button("Copy the client command line").ClickAsync();
        string commandLine = $"EchoServer client ws://127.0.0.1:{SharedServers.Default.Port}/";
        await Expect(Announcements).ToContainTextAsync($"Copied: {commandLine}");
        await MessageBox.FillAsync("");
        await MessageBox.PressAsync("Control+v");
        await Expect(MessageBox).ToHaveValueAsync(commandLine);
    }

    [Test]
    public async Task Without_scripts_it_says_what_it_needs()
    {
        await EnterAsync(new() { JavaScriptEnabled = false });
        await Tab.GotoAsync(Url(SharedServers.Default));
        await Expect(Tab.Locator("noscript p")).ToBeVisibleAsync();
        await Expect(Tab.Locator("noscript p")).ToContainTextAsync("This page needs JavaScript to open a WebSocket.");
        await Expect(State).ToHaveTextAsync("Not connected");
    }

    [Test]
    public async Task It_loads_everything_from_its_own_server_with_few_requests()
    {
        var requested = new List<string>();
        Tab.Request += (_, request) => requested.Add(request.Url);
        await OpenAsync(SharedServers.Default);
        await Expect(Tab.Locator("#version")).ToHaveTextAsync(Version);
        string url = Url(SharedServers.Default);
        Assert.That(requested, Is.EquivalentTo((string[])[url, $"{url}page.css", $"{url}page.js", $"{url}icon.svg", $"{url}info"]));
    }

    [Test]
    public async Task It_shows_what_the_server_sees_where_no_WebSocket_opens()
    {
        await Context.AddInitScriptAsync("globalThis.WebSocket = class { constructor() { setTimeout(() => this.onclose({ code: 1006, reason: '' })); } close() {} };");
        await Tab.GotoAsync(Url(SharedServers.Default));
        await Expect(State).ToHaveTextAsync("Reconnecting");
        await Expect(Tab.Locator("#version")).ToHaveTextAsync(Version);
    }

    [Test]
    public async Task It_says_what_each_path_does()
    {
        await OpenAsync(SharedServers.Default);
        await Expect(Tab.GetByText("with greeting and prefix")).ToBeInViewportAsync();
        await Expect(Tab.GetByText("echo only")).ToBeInViewportAsync();
    }

    private ILocator Fact(string term) =>
        Tab.Locator("#info-facts div", new() { Has = Tab.Locator($"dt:text-is('{term}')") }).Locator("dd");
}
