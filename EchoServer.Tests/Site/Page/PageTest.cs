using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>A test of the page in a real browser. Whatever the browser complains of fails it, wherever it came up.</summary>
[WholeMachine]
internal abstract class PageTest
{
    /// <summary>The browser's message when a WebSocket or a request fails to connect: the test stopped the server.</summary>
    protected static readonly Regex ServerIsGone = new("WebSocket connection to '.*' failed|Failed to load resource: net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE)");

    // A violation of the Content-Security-Policy is an event of the document, and a line on the console in other words.
    private const string ReportViolations =
        "addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));";

    private static readonly DateTime Installed = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly List<Regex> _expected = [];
    private readonly Stack<IAsyncDisposable> _servers = [];

    /// <summary>A script for <see cref="Context"/>: notes each message when the page gets it. The page's log waits for the clock.</summary>
    protected const string NoteLatestMessage = """
        globalThis.WebSocket = class extends WebSocket {
          constructor(url) {
            super(url);
            this.addEventListener('message', ({ data }) => { document.documentElement.dataset.latest = data; });
          }
        };
        """;

    protected IBrowserContext Context { get; private set; } = null!;

    protected IPage Tab { get; private set; } = null!;

    protected ILocator State => Tab.Locator("#state-name");

    protected ILocator Detail => Tab.Locator("#state-detail");

    protected ILocator Greeting => Tab.Locator("#greeting");

    protected ILocator MessageBox => Tab.GetByRole(AriaRole.Textbox, new() { Name = "Message", Exact = true });

    protected ILocator HexBox => Tab.GetByRole(AriaRole.Textbox, new() { Name = "Bytes as hex digits" });

    protected ILocator Note => Tab.Locator("#message-note");

    protected ILocator Announcements => Tab.Locator("#announcer");

    protected ILocator Rows => Tab.GetByRole(AriaRole.Region, new() { Name = "Message log" }).GetByRole(AriaRole.Listitem);

    protected ILocator Received => Tab.Locator("#log .received");

    protected ILocator Sent => Tab.Locator("#log .sent");

    [SetUp]
    public Task OpenTabAsync() => EnterAsync(new() { ViewportSize = new() { Width = 1280, Height = 900 } });

    [TearDown]
    public async Task CloseTabAsync()
    {
        // Without a browser there was nothing to open.
        if (Context is null)
        {
            return;
        }

        string[] unexpected;
        try
        {
            // All complaints so far have arrived when the page answers. Closing the tab causes one where a connection is just being made.
            await Tab.EvaluateAsync("0");
            unexpected = [.. _complaints.Where(complaint => !_expected.Exists(regex => regex.IsMatch(complaint)))];
        }
        finally
        {
            await Context.CloseAsync();
            Context = null!;
            _complaints.Clear();
            _expected.Clear();
            while (_servers.TryPop(out IAsyncDisposable? server))
            {
                await server.DisposeAsync();
            }
        }

        Assert.That(unexpected, Is.Empty);
    }

    /// <summary>Ends a server when the tab is closed: a page whose server ends before it would complain that it cannot connect again.</summary>
    protected T EndAfterTab<T>(T server)
        where T : IAsyncDisposable
    {
        _servers.Push(server);
        return server;
    }

    /// <summary>Opens a tab in a new profile, and closes the one before.</summary>
    protected async Task EnterAsync(BrowserNewContextOptions options)
    {
        if (Context is not null)
        {
            await Context.CloseAsync();
        }

        IBrowser browser = await Chromium.GetAsync();
        Context = await browser.NewContextAsync(options);
        Context.SetDefaultTimeout((float)ServerProcess.Patience.TotalMilliseconds);
        SetDefaultExpectTimeout((float)ServerProcess.Patience.TotalMilliseconds);
        await Context.AddInitScriptAsync(ReportViolations);
        Tab = await Context.NewPageAsync();
        Tab.Console += (_, message) => Complain(message);
        // Without a listener a dialog is dismissed at once.
        Tab.Dialog += (_, dialog) =>
        {
            _complaints.Enqueue($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        Tab.PageError += (_, error) => _complaints.Enqueue(error);
    }

    /// <summary>Stops the clock of the pages that are opened from now on, and with it their timers: only the test moves it.</summary>
    /// <remarks>Messages and requests still arrive. The log and the figures are drawn by timers.</remarks>
    protected async Task StopClockAsync()
    {
        // It can only be stopped at a time to come, and runs until then.
        await Tab.Clock.InstallAsync(new() { TimeDate = Installed });
        await Tab.Clock.PauseAtAsync(Installed.AddHours(1));
    }

    /// <summary>Opens a server's page, and waits until it is connected.</summary>
    protected async Task OpenAsync(ServerProcess server)
    {
        await Tab.GotoAsync(Url(server));
        await Expect(State).ToHaveTextAsync("Open");
    }

    protected static string Url(ServerProcess server) => $"http://127.0.0.1:{server.Port}/";

    /// <summary>Allows the browser to complain of what the test does to it.</summary>
    protected void Expected(Regex complaint) => _expected.Add(complaint);

    protected Task WaitForGreetingAsync() => Expect(Received.First).ToBeVisibleAsync();

    protected async Task SendAsync(string text)
    {
        await MessageBox.FillAsync(text);
        await MessageBox.PressAsync("Enter");
    }

    /// <summary>Waits until a text is the latest message of the page, with <see cref="NoteLatestMessage"/>.</summary>
    protected Task ExpectLatestMessageAsync(string text) => Expect(Tab.Locator("html")).ToHaveAttributeAsync("data-latest", text);

    /// <summary>Sends many texts at once through the page's form: a prefix, and a number from 0.</summary>
    protected Task SendManyAsync(int count, string prefix) => Tab.EvaluateAsync(
        """
        ({ count, prefix }) => {
          for (let number = 0; number < count; number++) {
            document.getElementById('message').value = `${prefix} ${number}`;
            document.getElementById('composer').requestSubmit();
          }
        }
        """,
        new { count, prefix });

    protected ILocator Button(string name) => Tab.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    protected ILocator Choice(string name) => Tab.GetByRole(AriaRole.Radio, new() { Name = name });

    private void Complain(IConsoleMessage message)
    {
        if (message.Type is "error" or "warning")
        {
            _complaints.Enqueue($"{message.Type}: {message.Text}");
        }
    }
}
