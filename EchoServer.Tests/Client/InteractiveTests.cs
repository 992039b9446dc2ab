using EchoServer.WebSockets;

namespace EchoServer.Tests.Client;

/// <summary><c>EchoServer client</c> in a terminal: what is on the screen.</summary>
[WholeMachine]
internal sealed class InteractiveTests() : FolderTest("e")
{
    private static async Task<TmuxTerminal> StartAsync(Uri url, string[]? options = null, string? noColour = null)
    {
        var environment = new Dictionary<string, string> { ["TERM"] = "screen-256color" };
        if (noColour is not null)
        {
            environment["NO_COLOR"] = noColour;
        }

        ProcessStartInfo start = Programs.EchoServer(["client", url.AbsoluteUri, .. options ?? []], environment);
        if (noColour is null)
        {
            start.Environment.Remove("NO_COLOR");
        }

        return await TmuxTerminal.StartAsync(start);
    }

    /// <summary>Without notes, up to the prompt.</summary>
    private static async Task<TmuxTerminal> StartQuietAsync()
    {
        TmuxTerminal terminal = await StartAsync(SharedServers.Default.Url("/raw"), ["--quiet"]);
        await terminal.WaitForAsync(">");
        return terminal;
    }

    [Test]
    public async Task What_is_typed_is_sent_and_Ctrl_D_leaves_with_both_codes()
    {
        Uri url = SharedServers.Default.Url();
        await using TmuxTerminal terminal = await StartAsync(url);
        await terminal.WaitForLineAsync("< Hi, this is the Echo-Server");
        await terminal.EnterAsync("Grüße 日本 😀");
        await terminal.WaitForLineAsync("< Echo: Grüße 日本 😀");
        await terminal.PressAsync("C-d");
        Assert.That(await terminal.WaitForExitAsync(), Is.Zero);
        Assert.That(await terminal.ReadAsync(), Is.EqualTo(
            $"""
            Connected to {url} (/help lists commands, Ctrl-D leaves)
            < Hi, this is the Echo-Server
            > Grüße 日本 😀
            < Echo: Grüße 日本 😀
            Closed with 1000 NormalClosure (done)
            The server answered 1000 NormalClosure (done)
            """));
        Assert.That(await terminal.CursorAsync(), Is.EqualTo("0,6"));
    }

    [Test]
    public async Task A_message_that_arrives_while_one_types_is_above_what_is_typed()
    {
        using var say = new SemaphoreSlim(0);
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            say.Wait(ServerProcess.Patience);
            peer.Send(WireFrame.Text("a message\nof \u001b[31mtwo lines") with { Masked = false });
            ScriptedServer.EchoAll(peer, 0, (_, _, message) => [message]);
        });
        await using TmuxTerminal terminal = await StartAsync(server.Url);
        await terminal.WaitForLineAsync(">");
        await terminal.TypeAsync("half a line");
        await terminal.PressAsync("Left", "Left", "Left", "Left");
        await terminal.WaitForLineAsync("> half a line");
        say.Release();
        string connected = $"Connected to {server.Url} (/help lists commands, Ctrl-D leaves)";
        await terminal.WaitForAsync(connected, @"< a message\nof \u{1b}[31mtwo lines", "> half a line");

        // The cursor is where it was, and typing goes on there.
        Assert.That(await terminal.CursorAsync(), Is.EqualTo("9,2"));
        await terminal.EnterAsync("whole ");
        await terminal.WaitForAsync(
            connected, @"< a message\nof \u{1b}[31mtwo lines", "> half a whole line", "< half a whole line", ">");
        await terminal.PressAsync("C-c");
        Assert.That(await terminal.WaitForExitAsync(), Is.Zero);
        Assert.That(await terminal.ReadAsync(), Does.EndWith("Closed with 1000 NormalClosure (done)\nThe server answered 1000 NormalClosure (done)"));
    }

    [Test]
    public async Task The_line_can_be_edited_and_earlier_lines_come_back()
    {
        await using TmuxTerminal terminal = await StartQuietAsync();
        await terminal.TypeAsync("onethree");
        await terminal.PressAsync("Left", "Left", "Left", "Left", "Left");
        await terminal.TypeAsync(" two ");
        await terminal.PressAsync("Home", "DC", "End", "BSpace", "Enter");
        await terminal.WaitForAsync("> ne two thre", "< ne two thre", ">");
        await terminal.PressAsync("Up", "C-w");
        await terminal.TypeAsync("3");
        await terminal.PressAsync("C-a", "x", "C-e", "y", "Enter");
        await terminal.WaitForAsync("> ne two thre", "< ne two thre", "> xne two 3y", "< xne two 3y", ">");
        await terminal.PressAsync("Up", "Up", "Down", "C-u", "z", "Enter");
        await terminal.WaitForLineAsync("< z");
    }

    [Test]
    public async Task Keys_with_Alt_that_come_in_one_go_are_keys_and_unknown_ones_type_nothing()
    {
        await using TmuxTerminal terminal = await StartQuietAsync();
        await terminal.TypeAsync("one two three");
        await terminal.TypeAsync("\u001bb\u001bbX\u001bfY\u001b[1;9Z\u001b]11;rgb:0/0/0\u001b\\\u001bP1$r0m\u001b\\\u001b[24;80R\u001bZ");
        await terminal.WaitForAsync("> one XtwoY three");
        Assert.That(await terminal.CursorAsync(), Is.EqualTo("11,0"));

        // Delete a word forwards and backwards.
        await terminal.TypeAsync("\u001bd\u001b\u007f");
        await terminal.WaitForAsync("> one");
    }

    [TestCase("/close", "not sent: 1 message", "Enter")]
    [TestCase("two", "not sent: 2 messages", "Enter", "C-d")]
    public async Task Without_a_connection_one_leaves_at_once_and_is_told_what_was_not_sent(string last, string told, params string[] keys)
    {
        await using TmuxTerminal terminal = await StartAsync(new Uri($"ws://127.0.0.1:{FreePort.Find()}/"), ["--reconnect"]);
        await terminal.EnterAsync("one");

        // Now the program reads keys: before that Ctrl-D is the terminal's own.
        await terminal.WaitForLineAsync("> one");
        await terminal.TypeAsync(last);
        await terminal.PressAsync(keys);
        Assert.That(await terminal.WaitForExitAsync(), Is.EqualTo(1));
        await terminal.WaitForLineAsync(told);
    }

    [Test]
    public async Task Pasted_lines_are_one_message()
    {
        await using TmuxTerminal terminal = await StartQuietAsync();
        await terminal.TypeAsync("say ");
        await terminal.PasteAsync("one\ntwo\n\tthree\n");
        await terminal.WaitForAsync("> say one␊two␊␉three");
        await terminal.PressAsync("!", "Enter");
        await terminal.WaitForAsync("> say one␊two␊␉three!", @"< say one\ntwo\n\tthree!", ">");
    }

    [Test]
    public async Task Pasted_control_characters_are_shown_and_sent()
    {
        await using TmuxTerminal terminal = await StartQuietAsync();
        await terminal.PasteAsync("a\u001b[31mred\u0007\u007f");
        await terminal.WaitForAsync("> a␛[31mred␇␡");
        await terminal.PressAsync("Enter");
        await terminal.WaitForAsync("> a␛[31mred␇␡", @"< a\u{1b}[31mred\u{7}\u{7f}", ">");
    }

    [Test]
    public async Task Ctrl_Z_stops_it_until_the_shell_has_it_go_on()
    {
        await using TmuxTerminal terminal = await StartQuietAsync();
        await terminal.TypeAsync("a line");
        await terminal.WaitForAsync("> a line");
        int id = await terminal.ProgramIdAsync();
        await terminal.PressAsync("C-z");
        await Wait.UntilAsync(() => Regex.IsMatch(File.ReadAllText($"/proc/{id}/status"), "^State:\\s+T", RegexOptions.Multiline), () => "it goes on");
        await terminal.ClearAsync();
        Programs.Signal(id, "CONT");
        await terminal.WaitForAsync("> a line");
        await terminal.PasteAsync("\nmore");
        await terminal.WaitForAsync("> a line␊more");
    }

    [Test]
    public async Task A_resize_and_a_return_to_the_foreground_draw_the_line_at_once()
    {
        string line = string.Concat(Enumerable.Range(0, 15).Select(number => $"{number:00} _"));
        await using TmuxTerminal terminal = await StartQuietAsync();
        await terminal.TypeAsync(line);
        await terminal.WaitForAsync($"> {line}");
        await terminal.ResizeAsync(40);
        await terminal.WaitForAsync($"> {line[^37..]}");
        await terminal.ResizeAsync(80);
        await terminal.WaitForAsync($"> {line}");

        // What a shell's fg sends, after others have written on the screen.
        await terminal.ClearAsync();
        Programs.Signal(await terminal.ProgramIdAsync(), "CONT");
        await terminal.WaitForAsync($"> {line}");
        Assert.That(await terminal.CursorAsync(), Is.EqualTo("62,0"));
    }

    [Test]
    public async Task A_line_longer_than_the_terminal_scrolls_and_is_shown_whole_when_it_is_sent()
    {
        string line = string.Concat(Enumerable.Range(0, 30).Select(number => $"{number:00} _"))[..100];
        await using TmuxTerminal terminal = await StartQuietAsync();
        await terminal.TypeAsync(line);
        await terminal.WaitForAsync($"> {line[^77..]}");
        await terminal.PressAsync("Home");
        await terminal.WaitForAsync($"> {line[..77]}");
        await terminal.PressAsync("Enter");
        await terminal.WaitForAsync($"> {line[..78]}", $"  {line[79..]}", $"< {line[..78]}", $"  {line[79..]}", ">");
    }

    [Test]
    public async Task The_commands_at_the_prompt()
    {
        string file = Write("bytes", [.. Enumerable.Range(0, 18).Select(number => (byte)(number * 7))]);
        await using TmuxTerminal terminal = await StartQuietAsync();
        await terminal.EnterAsync("/binary de:ad 0xBEEF");
        await terminal.WaitForAsync(
            "> /binary de:ad 0xBEEF", "< 4 bytes, binary", "  00000000  de ad be ef                                       |....|", ">");
        await terminal.PressAsync("C-l");
        await terminal.EnterAsync($"/file {file}");
        await terminal.WaitForAsync(
            $"> /file {file}",
            $"sending 18 bytes of {file}",
            "< 18 bytes, binary",
            "  00000000  00 07 0e 15 1c 23 2a 31  38 3f 46 4d 54 5b 62 69  |.....#*18?FMT[bi|",
            "  00000010  70 77                                             |pw|",
            ">");
        await terminal.PressAsync("C-l");
        foreach (string command in (string[])["/nothing", "/file /no/such/file", "/close 1005", "/binary 1g", "//slash"])
        {
            await terminal.EnterAsync(command);
        }

        await terminal.WaitForAsync(
            "> /nothing",
            "'/nothing' is not a command: /help lists them, //... sends text that begins with",
            "  /",
            "> /file /no/such/file",
            "'/no/such/file' is not a file",
            "> /close 1005",
            "'1005' is not a close code that may be sent (1000-1003, 1007-1014, 3000-4999)",
            "> /binary 1g",
            "'g' is not a hex digit (0-9, a-f)",
            "> //slash",
            "< /slash",
            ">");
        await terminal.PressAsync("C-l");
        await terminal.EnterAsync("/help");
        await terminal.WaitForLineAsync("/close [code] [reason]   close and leave; without a code with 1000");
    }

    [Test]
    public async Task Tab_completes_the_name_of_a_file_and_a_second_one_lists_names()
    {
        string folder = NewFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, "日本 one"), "1");
        await File.WriteAllTextAsync(Path.Combine(folder, "日本 two"), "22");
        await using TmuxTerminal terminal = await StartQuietAsync();
        await terminal.TypeAsync($"/file {folder}/");
        await terminal.PressAsync("Tab");
        await terminal.WaitForAsync($"> /file {folder}/日本");
        await terminal.PressAsync("Tab");
        await terminal.WaitForAsync("日本 one  日本 two", $"> /file {folder}/日本");
        Assert.That(await terminal.CursorAsync(), Is.EqualTo($"{$"> /file {folder}/".Length + 5},1"));
        await terminal.TypeAsync("o");
        await terminal.PressAsync("Tab", "Tab", "Enter");
        await terminal.WaitForAsync(
            "日本 one  日本 two", $"> /file {folder}/日本 one", $"sending 1 byte of {folder}/日本 one", "< 1 byte, binary", "  00000000  31                                                |1|", ">");
    }

    [Test]
    public async Task A_ping_shows_its_pong_and_a_close_both_codes()
    {
        await using TmuxTerminal terminal = await StartAsync(SharedServers.Default.Url("/raw"));
        await terminal.WaitForLineAsync(">");
        await terminal.EnterAsync("/ping are you there");
        await Wait.UntilAsync(() => terminal.ReadAsync().Result.Contains("pong received 'are you there' after ", StringComparison.Ordinal), () => terminal.ReadAsync().Result);
        await terminal.EnterAsync("/close 4321 that is all");
        Assert.That(await terminal.WaitForExitAsync(), Is.Zero);
        Assert.That(await terminal.ReadAsync(), Does.EndWith(
            """
            > /close 4321 that is all
            Closed with 4321 'that is all' (the application's own meaning)
            The server answered 4321 (the application's own meaning)
            """));
    }

    [Test]
    public async Task What_the_server_closes_with_is_shown_and_decides_the_exit_code()
    {
        await using var server = InProcessServer.Start(socket => socket.OnMessage = _ => socket.Close(CloseCode.PolicyViolation, "not \u001bthat"));
        await using TmuxTerminal terminal = await StartAsync(new Uri($"ws://127.0.0.1:{server.Port}/"));
        await terminal.WaitForLineAsync(">");
        await terminal.EnterAsync("x");
        Assert.That(await terminal.WaitForExitAsync(), Is.EqualTo(3));
        Assert.That(await terminal.ReadAsync(), Does.Contain(
            """
            > x
            The server closed with 1008 PolicyViolation 'not \u{1b}that' (a rule or a limit
              was broken)
            Answered with 1008 PolicyViolation (a rule or a limit was broken)
            EchoServer: 
            """.TrimEnd()));
    }

    [TestCase(null, true, TestName = "{m}(colours)")]
    [TestCase("1", false, TestName = "{m}(NO_COLOR)")]
    [TestCase("", true, TestName = "{m}(an empty NO_COLOR says nothing)")]
    public async Task Colours_are_for_who_wants_them(string? noColour, bool expected)
    {
        await using TmuxTerminal terminal = await StartAsync(SharedServers.Default.Url(), noColour: noColour);
        await terminal.WaitForLineAsync("< Hi, this is the Echo-Server");
        Assert.That((await terminal.ReadAsync(withColours: true)).Contains('\u001b'), Is.EqualTo(expected));
    }
}
