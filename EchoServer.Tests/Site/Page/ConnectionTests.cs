using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EchoServer.Tests.Site.Page;

/// <summary>Connections that end, on purpose or not, and the ones that follow.</summary>
internal sealed class ConnectionTests : PageTest
{
    private static readonly Regex CountdownAfter1006 = new(@"^1006 Abnormal closure: the link ended without a Close: .* Connecting again in 1 s, attempt 1\.$");
    private static readonly Regex SecondAttempt = new(@"attempt 2\.$");
    private static readonly Regex Seconds = new(@"^\d+ s$");

    // The first delay is between half of this and all of it.
    private const int MaxFirstDelayMs = 1000;

    private const int LastingMs = 5000;

    // Random delays at their longest, each noted down and then over at once.
    private const string NoteDelays = """
        Math.random = () => 1;
        const wait = setTimeout;
        const delays = [];
        globalThis.setTimeout = (action, ms) => {
          const isDelay = [1, 2, 4, 8, 16, 30].includes(ms / 1000);
          if (isDelay) {
            delays.push(ms / 1000);
            document.documentElement.dataset.delays = delays.join(' ');
          }
          return wait(action, isDelay ? 1 : ms);
        };
        """;

    // Connections that open and end when the test says so.
    private const string ActConnections = """
        globalThis.sockets = [];
        globalThis.WebSocket = class {
          extensions = '';
          bufferedAmount = 0;
          constructor() { sockets.push(this); }
          send() {}
          close() {}
          end(code = 1006) { this.onclose({ code, reason: '' }); }
        };
        """;

    private ILocator Ends => Tab.Locator("#ends tbody tr");

    [Test]
    public async Task Disconnect_closes_with_1000_and_stays_closed_until_Connect()
    {
        await OpenAsync(SharedServers.Default);
        await Button("Disconnect").ClickAsync();
        await Expect(State).ToHaveTextAsync("Closed");
        await Expect(Detail).ToContainTextAsync("1000 Normal closure: as you asked.");
        await Expect(Tab).ToHaveTitleAsync("Closed 1000 – EchoServer");
        await Expect(Button("Disconnect")).ToHaveAttributeAsync("aria-disabled", "true");
        await Expect(Tab.Locator("#age")).ToHaveTextAsync("–");

        // A disconnect that the user asked for is not an error.
        await Expect(Ends).ToHaveCountAsync(0);
        await Button("Connect").ClickAsync();
        await Expect(State).ToHaveTextAsync("Open");
        await Expect(Received).ToHaveCountAsync(2);
        await Expect(Button("Disconnect")).ToHaveAttributeAsync("aria-disabled", "false");
    }

    [Test]
    public async Task Reconnect_makes_a_new_connection_in_place_of_the_old()
    {
        ServerProcess server = EndAfterTab(await ServerProcess.StartAsync(["--log-level", "debug"]));
        await OpenAsync(server);
        await Button("Reconnect").ClickAsync();
        await Expect(Received).ToHaveCountAsync(2);
        await Expect(State).ToHaveTextAsync("Open");
        await server.WaitForLineAsync(line => line.Contains("1000 NormalClosure"));
    }

    [Test]
    public async Task The_path_raw_echoes_without_greeting_and_prefix()
    {
        await OpenAsync(SharedServers.Default);
        await WaitForGreetingAsync();
        await Choice("/raw").CheckAsync();
        await Expect(Tab.Locator("#state-url")).ToHaveTextAsync(SharedServers.Default.Url("/raw").AbsoluteUri);
        await Expect(State).ToHaveTextAsync("Open");
        await Expect(Greeting).ToHaveTextAsync("none on this path");

        // Even the greeting's own words are an echo here.
        await SendAsync("Hi, this is the Echo-Server");
        await Expect(Received).ToHaveCountAsync(2);
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Hi, this is the Echo-Server");
        await Expect(Received.First.Locator(".trip")).Not.ToHaveTextAsync("");
    }

    [Test]
    public async Task A_scenario_is_chosen_with_its_path_and_explained()
    {
        await OpenAsync(SharedServers.Default);
        await WaitForGreetingAsync();
        ILocator box = Tab.GetByRole(AriaRole.Combobox, new() { Name = "Path of the scenario" });
        await box.FillAsync("/close/4000?reason=<b>enough");
        await Expect(Tab.Locator("#scenario-note")).ToHaveTextAsync("/close/{code}: Closes with this code: at once, after a number of messages (after), or after a time (in), with a reason.");
        await box.PressAsync("Enter");
        await Expect(Tab.Locator("#state-url")).ToHaveTextAsync($"{SharedServers.Default.Url()}close/4000?reason=%3Cb%3Eenough");
        await Expect(Tab.Locator("#log li", new() { HasText = "4000" }).First).ToContainTextAsync("<b>enough");
        await Expect(Choice("a scenario")).ToBeCheckedAsync();

        await box.FillAsync("fragments/3");
        await box.PressAsync("Enter");
        await Expect(State).ToHaveTextAsync("Open");
        await SendAsync("in three parts");
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("in three parts");
    }

    [Test]
    public async Task Without_scenarios_there_is_no_choice_of_one()
    {
        await OpenAsync(EndAfterTab(await ServerProcess.StartAsync(["--scenarios", "off"])));
        await WaitForGreetingAsync();
        await Expect(Tab.Locator("#info-note")).ToContainTextAsync("As of");
        await Expect(Tab.Locator("#scenario-choice")).ToBeHiddenAsync();
    }

    [Test]
    public async Task A_killed_server_is_1006_and_its_successor_is_found()
    {
        Expected(ServerIsGone);
        ServerProcess first = await ServerProcess.StartAsync(["--port", $"{FreePort.Find()}"], readOutput: false);
        await using ServerProcess killed = first;
        await StopClockAsync();
        await OpenAsync(first);
        await Expect(Greeting).ToHaveTextAsync("Hi, this is the Echo-Server");
        Programs.Signal(first.Id, "KILL");
        await first.WaitForExitAsync();
        await Expect(State).ToHaveTextAsync("Reconnecting");
        await Expect(Tab).ToHaveTitleAsync("Reconnecting 1006 – EchoServer");
        await Expect(Detail).ToHaveTextAsync(CountdownAfter1006);
        await Expect(Announcements).ToContainTextAsync("Reconnecting. 1006 Abnormal closure");

        ServerProcess second = EndAfterTab(await ServerProcess.StartAsync(["--port", $"{first.Port}"]));
        await Tab.Clock.ResumeAsync();
        await Expect(State).ToHaveTextAsync("Open");
        await Expect(Received).ToHaveCountAsync(2);
        await Expect(Detail).ToHaveTextAsync("");
        await SendAsync("still there?");
        await Expect(Received.First.Locator(".text")).ToHaveTextAsync("Echo: still there?");
    }

    [Test]
    public async Task A_drained_server_is_1001_with_its_meaning_and_the_end_is_on_record()
    {
        Expected(ServerIsGone);
        ServerProcess server = EndAfterTab(await ServerProcess.StartAsync([]));
        await StopClockAsync();
        await OpenAsync(server);
        await Expect(Greeting).ToHaveTextAsync("Hi, this is the Echo-Server");
        Assert.That(await server.StopAsync(), Is.Zero);
        await Expect(State).ToHaveTextAsync("Reconnecting");
        await Expect(Detail).ToContainTextAsync("1001 Going away");
        await Expect(Detail).ToContainTextAsync("the server stops or restarts.");
        await Expect(Tab).ToHaveTitleAsync("Reconnecting 1001 – EchoServer");

        // Attempts that fail hide neither that nor themselves.
        await Tab.Clock.RunForAsync(MaxFirstDelayMs);
        await Expect(Detail).ToHaveTextAsync(new Regex(@"^1001 Going away ‘.*’: the server stops or restarts\. .* Connecting again in [12] s, attempt 2\.$"));
        await Expect(Ends).ToHaveCountAsync(1);
        await Expect(Ends.Locator("td").Last).ToHaveTextAsync("1001 Going away");
        await Expect(Ends.Locator("td").Nth(1)).ToHaveTextAsync(Seconds);
        await Expect(Ends.Locator("td").Nth(2)).ToHaveTextAsync(Seconds);
    }

    [Test]
    public async Task The_record_of_ends_outlives_the_page_until_it_is_cleared()
    {
        await Context.AddInitScriptAsync("""
            localStorage.getItem('echo-server-ends') ?? localStorage.setItem('echo-server-ends', JSON.stringify([
              { at: 0, code: 1006, ageSeconds: 4000, idleSeconds: 350.4 },
              { at: 0, code: 1006, ageSeconds: 75, idleSeconds: 59.9 },
              { at: 0, code: 1006, ageSeconds: 75, idleSeconds: 90 },
              { code: '<b>', at: null }, null, 7, { at: 1e20, code: 1006, ageSeconds: 1, idleSeconds: 1 },
            ]));
            """);
        await OpenAsync(SharedServers.Default);
        await Expect(Ends).ToHaveCountAsync(3);
        await Expect(Ends.Nth(0).Locator("td").Nth(1)).ToHaveTextAsync("1 h 6 min");
        await Expect(Ends.Nth(0).Locator(".hint")).ToHaveTextAsync("AWS NLB: 350 s");
        await Expect(Ends.Nth(1).Locator(".hint")).ToHaveTextAsync("AWS ALB and classic ELB: 60 s");
        await Expect(Ends.Nth(2).Locator(".hint")).ToHaveCountAsync(0);
        await Tab.GetByRole(AriaRole.Region, new() { Name = "Connections that died" })
            .GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        await Expect(Ends).ToHaveCountAsync(0);
        await Tab.ReloadAsync();
        await Expect(State).ToHaveTextAsync("Open");
        await Expect(Ends).ToHaveCountAsync(0);
    }

    [Test]
    public async Task Waiting_can_be_cancelled_or_cut_short()
    {
        Expected(ServerIsGone);
        ServerProcess first = await ServerProcess.StartAsync(["--port", $"{FreePort.Find()}"], readOutput: false);
        await using ServerProcess killed = first;
        await StopClockAsync();
        await OpenAsync(first);
        Programs.Signal(first.Id, "KILL");
        await Expect(State).ToHaveTextAsync("Reconnecting");
        await Button("Cancel").ClickAsync();
        await Expect(State).ToHaveTextAsync("Closed");
        await Expect(Detail).ToContainTextAsync("1006 Abnormal closure");
        await Expect(Button("Disconnect")).ToHaveAttributeAsync("aria-disabled", "true");

        await first.WaitForExitAsync();
        await Button("Connect").ClickAsync();
        await Expect(Detail).ToContainTextAsync("1006: it could not be opened. A browser is not told why; EchoServer check is.");
        await Expect(Detail).ToHaveTextAsync(new Regex(@"attempt 1\.$"));
        await Tab.Clock.RunForAsync(MaxFirstDelayMs);
        await Expect(Detail).ToHaveTextAsync(SecondAttempt);
        await Tab.Clock.RunForAsync(2 * MaxFirstDelayMs);
        await Expect(Detail).ToHaveTextAsync(new Regex(@"attempt 3\.$"));
        ServerProcess second = EndAfterTab(await ServerProcess.StartAsync(["--port", $"{first.Port}"]));
        await Button("Connect now").ClickAsync();
        await Expect(State).ToHaveTextAsync("Open");
    }

    [Test]
    public async Task The_delay_between_attempts_doubles_up_to_30_seconds()
    {
        Expected(ServerIsGone);
        await Context.AddInitScriptAsync(NoteDelays);
        ServerProcess server = EndAfterTab(await ServerProcess.StartAsync([]));
        await OpenAsync(server);
        await server.StopAsync();
        await Expect(Tab.Locator("html")).ToHaveAttributeAsync("data-delays", new Regex("^1 2 4 8 16 30( 30)+$"));
    }

    [Test]
    public async Task Only_a_connection_that_lasted_makes_the_delays_begin_anew()
    {
        await Context.AddInitScriptAsync(ActConnections);
        await StopClockAsync();
        await Tab.GotoAsync(Url(SharedServers.Default));
        await Tab.EvaluateAsync("for (let i = 0; i < 5; i++) { sockets.at(-1).end(); dispatchEvent(new Event('online')); }");
        await Expect(State).ToHaveTextAsync("Connecting");
        await Expect(Detail).ToContainTextAsync("The one before: 1006: it could not be opened.");
        await Tab.EvaluateAsync("sockets.at(-1).onopen()");
        await Expect(State).ToHaveTextAsync("Open");
        await Expect(Detail).ToHaveTextAsync("");

        // A server that is full, which a stop is offered for.
        await Tab.EvaluateAsync("sockets.at(-1).end(1013)");
        await Expect(Detail).ToContainTextAsync("1013 Try again later: the server is short of memory or connections.");
        await Expect(Detail).ToHaveTextAsync(new Regex(@"attempt 6\.$"));
        await Expect(Button("Cancel")).ToHaveAttributeAsync("aria-disabled", "false");

        await Tab.EvaluateAsync("dispatchEvent(new Event('online')); sockets.at(-1).onopen();");
        await Tab.Clock.RunForAsync(LastingMs);
        await Tab.EvaluateAsync("sockets.at(-1).end()");
        await Expect(Detail).ToHaveTextAsync(CountdownAfter1006);
        await Tab.EvaluateAsync("dispatchEvent(new Event('online')); sockets.at(-1).end();");
        await Expect(Detail).ToHaveTextAsync(SecondAttempt);
    }

    [Test]
    public async Task The_idle_clock_runs_until_a_message_comes()
    {
        await Context.AddInitScriptAsync(NoteLatestMessage);
        await StopClockAsync();
        await OpenAsync(SharedServers.Default);
        await Expect(Greeting).ToHaveTextAsync("Hi, this is the Echo-Server");
        await Tab.Clock.RunForAsync(61_000);
        await Expect(Tab.Locator("#idle")).ToHaveTextAsync("1 min 1 s");
        await SendAsync("awake");

        // The echo is activity too, and would begin the idle time anew while the clock runs.
        await ExpectLatestMessageAsync("Echo: awake");
        await Tab.Clock.RunForAsync(2000);
        await Expect(Tab.Locator("#idle")).ToHaveTextAsync("2 s");
        await Expect(Tab.Locator("#age")).ToHaveTextAsync("1 min 3 s");
    }
}
