using EchoServer.Echo;
using EchoServer.Tests.Metrics;

namespace EchoServer.Tests.Echo;

/// <summary>Paths on which the server does what clients have to cope with, over the network.</summary>
internal sealed class ScenariosTests
{
    private static int Port => SharedServers.Default.Port;

    [TestCase("/close/1011", 1011, "")]
    [TestCase("/close/4999?reason=back%20in+5%20min", 4999, "back in 5 min")]
    [TestCase("/close/1000?in=50ms&reason=%C3%BC", 1000, "ü")]
    [TestCase("/close/1000?reason=50%25,%2525", 1000, "50%,%25")]
    public void It_closes_by_itself(string path, int code, string reason)
    {
        using RawPeer peer = RawPeer.Open(Port, path);
        WireFrame close = peer.ReadOneFrame();
        Assert.That((close.Opcode, close.CloseCode, close.CloseReason), Is.EqualTo((WireFrame.CloseOpcode, code, reason)));
        peer.Send(WireFrame.Close(code));
        Assert.That(peer.ReadFrame(), Is.Null);
    }

    [Test]
    public void It_closes_after_messages_that_are_echoed()
    {
        using RawPeer peer = RawPeer.Open(Port, "/close/1001?after=2");
        peer.Send([.. WireFrame.Join(WireFrame.Text("a"), WireFrame.Text("b"), WireFrame.Text("c"))]);
        Assert.That((peer.ReadText(), peer.ReadText(), peer.ReadOneFrame().CloseCode), Is.EqualTo(("a", "b", 1001)));
    }

    [TestCase("/drop", 0)]
    [TestCase("/drop?after=2", 2)]
    [TestCase("/drop?in=50ms", 0)]
    public void It_cuts_the_connection_by_a_reset(string path, int messages)
    {
        using RawPeer peer = RawPeer.Open(Port, path);
        for (int i = 0; i < messages; i++)
        {
            peer.Send(WireFrame.Text($"{i}"));
            Assert.That(peer.ReadText(), Is.EqualTo($"{i}"));
        }

        SocketException? end = Assert.Throws<SocketException>(() => peer.ReadFrame());
        Assert.That(end!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
    }

    [Test]
    public void Echoes_are_late_and_in_order()
    {
        using RawPeer peer = RawPeer.Open(Port, "/delay/300");
        long start = Stopwatch.GetTimestamp();
        peer.Send([.. WireFrame.Join(WireFrame.Text("a"), WireFrame.Ping([1]), WireFrame.Binary([2, 3]), WireFrame.Text(""))]);
        Assert.That(peer.ReadOneFrame().Opcode, Is.EqualTo(WireFrame.PongOpcode), "a pong is not late");
        Assert.That(peer.ReadText(), Is.EqualTo("a"));
        Assert.That(Stopwatch.GetElapsedTime(start), Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(300)));
        Assert.That(peer.ReadOneFrame(), Has.Property("Opcode").EqualTo(WireFrame.BinaryOpcode).And.Property("Payload").EqualTo(new byte[] { 2, 3 }));
        Assert.That(peer.ReadText(), Is.Empty);
    }

    [Test]
    public void An_echo_at_a_rate_comes_in_fragments_of_a_tenth_of_a_second()
    {
        using RawPeer peer = RawPeer.Open(Port, "/slow/50");
        long start = Stopwatch.GetTimestamp();
        peer.Send([.. WireFrame.Join(WireFrame.Text("abcdefghijkl"), WireFrame.Binary([1]))]);
        WireFrame[] frames = [.. Enumerable.Range(0, 4).Select(_ => peer.ReadOneFrame())];
        Assert.That(frames.Select(frame => (frame.Opcode, Encoding.UTF8.GetString(frame.Payload), frame.Fin)), Is.EqualTo(
            [(WireFrame.TextOpcode, "abcde", false), (WireFrame.Continuation, "fghij", false), (WireFrame.Continuation, "kl", true), (WireFrame.BinaryOpcode, "\u0001", true)]));
        Assert.That(Stopwatch.GetElapsedTime(start), Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(390)));
    }

    [Test]
    public void It_says_nothing_but_to_pings_and_a_Close()
    {
        using RawPeer peer = RawPeer.Open(Port, "/silent");
        peer.Send([.. WireFrame.Join(WireFrame.Text("a"), WireFrame.Ping([7]), WireFrame.Text("b"), WireFrame.Close(1000))]);
        Assert.That((peer.ReadOneFrame().Opcode, peer.ReadOneFrame().CloseCode, peer.ReadFrame()), Is.EqualTo((WireFrame.PongOpcode, 1000, (WireFrame?)null)));
    }

    [Test]
    public void It_speaks_first([Values("/burst/3", "/tick/100")] string path)
    {
        using RawPeer peer = RawPeer.Open(Port, path);
        Assert.That((peer.ReadText(), peer.ReadText(), peer.ReadText()), Is.EqualTo(("1", "2", "3")));
        peer.Send(WireFrame.Text("a"));
        string text = peer.ReadText();
        while (int.TryParse(text, out _) && path == "/tick/100")
        {
            text = peer.ReadText();
        }

        Assert.That(text, Is.EqualTo("a"));
    }

    [TestCase(2, "ab", "a", "b")]
    [TestCase(3, "hello", "h", "el", "lo")]
    [TestCase(4, "x", "", "", "", "x")]
    public void An_echo_comes_in_fragments(int count, string text, params string[] parts)
    {
        using RawPeer peer = RawPeer.Open(Port, $"/fragments/{count}");
        peer.Send([.. WireFrame.Join(WireFrame.Text(text), WireFrame.Text("next"))]);
        WireFrame[] frames = [.. parts.Select(_ => peer.ReadOneFrame())];
        Assert.That(frames.Select(frame => Encoding.UTF8.GetString(frame.Payload)), Is.EqualTo(parts));
        Assert.That(frames.Select(frame => frame.Opcode), Is.EqualTo([WireFrame.TextOpcode, .. Enumerable.Repeat(WireFrame.Continuation, count - 1)]));
        Assert.That(frames.Select(frame => frame.Fin), Is.EqualTo([.. Enumerable.Repeat(false, count - 1), true]));
        Assert.That(peer.ReadOneFrame().Opcode, Is.EqualTo(WireFrame.TextOpcode), "the next message");
    }

    [TestCase(200, null)]
    [TestCase(201, null)]
    [TestCase(302, "Location: /")]
    [TestCase(401, "WWW-Authenticate: Basic realm=\"EchoServer\"")]
    [TestCase(418, null)]
    [TestCase(426, "Upgrade: websocket")]
    [TestCase(429, "Retry-After: 5")]
    [TestCase(503, "Retry-After: 5")]
    [TestCase(599, null)]
    public void The_handshake_is_refused_with_a_status(int status, string? field)
    {
        using RawPeer peer = RawPeer.Ask(Port, RawPeer.UpgradeRequest($"/status/{status}"));
        HttpReply reply = HttpReply.Parse(peer.ReadToEnd());
        Assert.That((reply.Status, reply.Text), Is.EqualTo((status, $"Refused with {status}, as the path asks.\n")));
        Assert.That(reply.Fields.Select(pair => $"{pair.Key}: {pair.Value}".ToLowerInvariant()), field is null ? Is.Not.Empty : Has.Member(field.ToLowerInvariant()));
    }

    [Test]
    public async Task A_status_that_a_path_asks_for_is_sent_also_where_a_full_server_is_silent()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--answer-when-full", "off"]);
        using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/status/503"));
        Assert.That(HttpReply.Parse(peer.ReadToEnd()).Text, Is.EqualTo("Refused with 503, as the path asks.\n"));
        Scrape scrape = Scrape.Of(server.Port);
        Assert.That(scrape["sockets_refused_total"], Is.Zero);
        Assert.That(scrape.NotZero("handshakes_rejected_total"), Is.EqualTo(["503=1"]));
    }

    [Test]
    public async Task A_status_that_only_a_path_asks_for_is_not_logged_beside_refusals()
    {
        await using ServerProcess server = await ServerProcess.StartAsync([]);
        foreach (string path in (string[])["/status/418", "/status/599", "/status/wrong"])
        {
            using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest(path));
            peer.ReadToEndAndDrop();
        }

        await server.WaitForLineAsync(line => line.Contains(" refused: 400 ", StringComparison.Ordinal));
        Assert.That(server.Output, Has.None.Contains(" 418 ").And.None.Contains(" 599 "));
    }

    [Test]
    public void The_subprotocol_is_that_of_the_path([Values("", "Sec-WebSocket-Protocol: other, chat")] string offer)
    {
        using RawPeer peer = RawPeer.Ask(Port, RawPeer.UpgradeRequest("/subprotocol/v1.chat", offer.Length == 0 ? [] : [offer]));
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 101 ").And.Contain("\r\nSec-WebSocket-Protocol: v1.chat\r\n"));
        peer.Send(WireFrame.Text("a"));
        Assert.That(peer.ReadText(), Is.EqualTo("a"));
    }

    [Test]
    [Slow]
    public async Task Without_pings_a_silent_client_stays()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--keep-alive-interval", "0.2", "--keep-alive-timeout", "0.2"]);
        using RawPeer stays = RawPeer.Open(server.Port, "/no-ping");
        using RawPeer goes = RawPeer.Open(server.Port, "/raw");
        goes.ReadToEndAndDrop();
        stays.Send(WireFrame.Text("a"));
        Assert.That(stays.ReadText(), Is.EqualTo("a"), "the first frame is the echo");
        await server.StopAndCheckBudgetAsync();
    }

    [Test]
    public async Task An_echo_that_waits_is_part_of_the_memory_budget_and_of_the_client_s_limit()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--memory-budget", "1M", "--max-message-bytes", "1M", "--log-messages", "false"]);
        using RawPeer first = RawPeer.Open(server.Port, "/delay/600000");
        using RawPeer second = RawPeer.Open(server.Port, "/slow/1");
        first.Send(WireFrame.Binary(new byte[100_000]));
        first.Send(WireFrame.Ping([]));
        Assert.That(first.ReadOneFrame().Opcode, Is.EqualTo(WireFrame.PongOpcode));
        second.Send(WireFrame.Binary(new byte[450_000]));
        WireFrame frame = second.ReadOneFrame();
        Assert.That((frame.Opcode, frame.CloseCode), Is.EqualTo((WireFrame.CloseOpcode, 1013)));
        using RawPeer other = RawPeer.Open(server.Port);
        other.Send(WireFrame.Text("well"));
        Assert.That(other.ReadText(), Is.EqualTo("well"));
        await server.StopAndCheckBudgetAsync();
    }

    [Test]
    public async Task A_message_without_content_that_waits_is_part_of_them_too()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--memory-budget", "1M", "--max-message-bytes", "1M", "--log-messages", "false"]);
        using RawPeer peer = RawPeer.Open(server.Port, "/delay/600000");
        byte[] empty = WireFrame.Binary([]).ToBytes();
        peer.Send([.. Enumerable.Repeat(empty, 2000).SelectMany(bytes => bytes)]);
        peer.Send(WireFrame.Ping([]));
        Assert.That(peer.ReadOneFrame().Opcode, Is.EqualTo(WireFrame.PongOpcode));
        Assert.That(Scrape.Of(server.Port)["memory_budget_used_bytes"], Is.GreaterThanOrEqualTo(1999 * 128));
        peer.Send([.. Enumerable.Repeat(empty, 4000).SelectMany(bytes => bytes)]);
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1013));
        await server.StopAndCheckBudgetAsync();
    }

    [Test]
    public async Task They_can_be_turned_off()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--scenarios", "off", "--greeting", "hello"]);
        using RawPeer peer = RawPeer.Open(server.Port, "/status/503");
        Assert.That(peer.ReadText(), Is.EqualTo("hello"));
        Assert.That(HttpReply.Get(server.Port, "/info").Json.GetProperty("echo").GetProperty("scenarios").GetArrayLength(), Is.Zero);
        Assert.That(HttpReply.Get(server.Port, "/status/503").Status, Is.EqualTo(404));
    }

    [TestCase("/close", "the value is missing")]
    [TestCase("/close/", "the value is missing")]
    [TestCase("/close/1005", "'1005' is not a code that a Close may carry (1000-1003, 1007-1014, 3000-4999)")]
    [TestCase("/close/999", "'999' is not a number from 1000 to 4999")]
    [TestCase("/close/1000?reason=%ff", "'%ff' is not percent-encoded UTF-8")]
    [TestCase("/close/1000?reason=50%25%zz", "'50%25%zz' is not percent-encoded UTF-8")]
    [TestCase("/close/1000?reason=%", "'%' is not percent-encoded UTF-8")]
    [TestCase("/subprotocol/a%C3", "'a%C3' is not percent-encoded UTF-8")]
    [TestCase("/close/1000?after=x", "after: 'x' is not a number from 0 to 1000000")]
    [TestCase("/close/1000?in=5h", "in: '5h' is not a time such as 5s or 250ms, up to 600 s")]
    [TestCase("/close/1000?in=601", "in: '601' is not a time such as 5s or 250ms, up to 600 s")]
    [TestCase("/close/1000?in=-1s", "in: '-1s' is not a time such as 5s or 250ms, up to 600 s")]
    [TestCase("/close/1000?in=NaN", "in: 'NaN' is not a time such as 5s or 250ms, up to 600 s")]
    [TestCase("/drop?in=-Infinityms", "in: '-Infinityms' is not a time such as 5s or 250ms, up to 600 s")]
    [TestCase("/close/1000?reson=a", "'reson' is not a parameter of /close/{code}: reason, in, after")]
    [TestCase("/close/1000?in=1&in=2", "'in' is there twice")]
    [TestCase("/delay/-1", "'-1' is not a number of milliseconds from 0 to 600000")]
    [TestCase("/delay/1.5", "'1.5' is not a number of milliseconds from 0 to 600000")]
    [TestCase("/silent/1", "'1' is too much")]
    [TestCase("/silent?a", "'a' is not a parameter of /silent, which has none")]
    [TestCase("/burst/0", "'0' is not a number from 1 to 10000")]
    [TestCase("/tick/99", "'99' is not a number of milliseconds from 100 to 600000")]
    [TestCase("/fragments/1", "'1' is not a number from 2 to 1000")]
    [TestCase("/status/204", "'204' is not a status with a body (200-599, but not 204, 205 and 304)")]
    [TestCase("/status/101", "'101' is not a number from 200 to 599")]
    [TestCase("/subprotocol/a%20b", "'a b' is not the name of a subprotocol")]
    [TestCase("/subprotocol/%0D%0AX:%20y", "'\\r\\nX: y' is not the name of a subprotocol")]
    public void A_wrong_value_is_refused_with_what_is_accepted(string path, string flaw)
    {
        string[] parts = path.Split('?');
        Scenario scenario = Scenarios.At(parts[0])!;
        ScenarioPlan plan = Scenarios.Find(parts[0], parts.ElementAtOrDefault(1) ?? "", new EchoOptions())!.Value;
        Assert.That(((int?)plan.Ruling.Rejection?.Status, plan.Ruling.Rejection?.Reason), Is.EqualTo((400, $"{scenario.Template}: {flaw}. An example: {scenario.Example}")));
        using RawPeer peer = RawPeer.Ask(Port, RawPeer.UpgradeRequest(path));
        Assert.That(HttpReply.Parse(peer.ReadToEnd()).Text, Is.EqualTo($"{plan.Ruling.Rejection!.Reason}\n"));
    }

    [Test]
    public void Other_paths_are_no_scenarios(
        [Values("/", "/raw", "/closed/1000", "//close/1000", "/Close/1000", "")] string path) => Assert.That(Scenarios.Find(path, "", new EchoOptions()), Is.Null);

    [Test]
    public void Every_example_is_accepted_and_in_the_documentation()
    {
        string page = File.ReadAllText(Path.Combine(Programs.ProjectFolder, "docs", "scenarios.md"));
        foreach (Scenario scenario in Scenarios.All)
        {
            string[] parts = scenario.Example.Split('?');
            ScenarioPlan plan = Scenarios.Find(parts[0], parts.ElementAtOrDefault(1) ?? "", new EchoOptions())!.Value;
            Assert.That((int?)plan.Ruling.Rejection?.Status, Is.Null.Or.EqualTo(503));
            Assert.That(page, Does.Contain($"| `{scenario.Template}` | ").And.Contain($" | `{scenario.Example}` |"));
        }
    }

    [Test]
    public void No_text_makes_it_throw([Random(20)] int seed)
    {
        var random = new Random(seed);
        string alphabet = "0123456789abc%/?&=+.-ms\u0001\u00fc";
        for (int i = 0; i < 500; i++)
        {
            Scenario scenario = Scenarios.All[random.Next(Scenarios.All.Count)];
            string value = new(random.GetItems<char>(alphabet, random.Next(12)));
            string query = new(random.GetItems<char>(alphabet + "afterinreason", random.Next(40)));
            Assert.That(() => Scenarios.Find($"/{scenario.Name}/{value}", query, new EchoOptions()), Throws.Nothing, $"{scenario.Name}/{value}?{query}, seed {seed}");
        }
    }

    [Test]
    public void A_page_at_such_a_path_says_what_it_is_for() => Assert.That(
        HttpReply.Get(Port, "/delay/5").Text,
        Is.EqualTo("/delay/{ms} only speaks WebSocket. Sends each echo so many milliseconds late, in order. An example: /delay/500\n"));
}
