using EchoServer.Server;

namespace EchoServer.Tests.Server;

/// <summary>The bounds on all connections together: how many, and how much memory.</summary>
internal sealed class CapacityTests
{
    [Test]
    public async Task Beyond_the_most_connections_a_client_is_told_to_come_back_later()
    {
        await using var server = InProcessServer.StartEcho(new ServerOptions { MaxConnections = 2 });
        using RawPeer first = RawPeer.Open(server.Port);
        RawPeer second = RawPeer.Open(server.Port);
        using (var third = new RawPeer(server.Port))
        {
            third.Send(RawPeer.UpgradeRequest());
            string head = third.ReadHead();
            Assert.That(head, Does.StartWith("HTTP/1.1 503 Service Unavailable\r\n").And.Contain("\r\nRetry-After: 5\r\n"));
            Assert.That(Encoding.UTF8.GetString(third.ReadToEnd()), Does.Contain("as many connections as it takes"));
        }

        first.Send(WireFrame.Text("untouched"));
        Assert.That(first.ReadText(), Is.EqualTo("untouched"));
        second.Dispose();
        await Wait.UntilAsync(() => server.ConnectionCount == 1, () => $"{server.ConnectionCount} connections");
        RawPeer.Open(server.Port).Dispose();
    }

    [Test]
    public async Task Where_a_router_is_to_try_another_instance_it_ends_without_an_answer()
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { MaxConnections = 1, AnswersWhenFull = false });
        using RawPeer first = RawPeer.Open(server.Port);
        for (int i = 1; i <= 3; i++)
        {
            using RawPeer surplus = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest());
            Assert.That(surplus.ReadToEnd(), Is.Empty, "an end of the stream: a reset would throw, and would not be tried again");
            Assert.That((server.Snapshot.Totals.SocketsRefused, server.Snapshot.Totals.RejectedByStatus.Sum()), Is.EqualTo((i, 0)), "no 503 was sent");
        }

        // Only handshakes have no room: the question whether the server is healthy is answered.
        Assert.That(HttpReply.Get(server.Port, "/health").Status, Is.EqualTo(200));
        first.Send(WireFrame.Text("untouched"));
        Assert.That(first.ReadText(), Is.EqualTo("untouched"));
        first.Dispose();
        await Wait.UntilAsync(() => server.ConnectionCount == 0, () => $"{server.ConnectionCount} connections");
        RawPeer.Open(server.Port).Dispose();
    }

    [Test]
    public async Task A_message_for_which_there_is_no_memory_is_closed_with_1013_and_the_others_go_on()
    {
        await using var server = InProcessServer.StartEcho(new ServerOptions { MemoryBudgetBytes = 100_000 });
        using RawPeer good = RawPeer.Open(server.Port);
        using RawPeer greedy = RawPeer.Open(server.Port);
        greedy.Send(WireFrame.Binary(new byte[200_000], fin: false));
        WireFrame close = greedy.ReadOneFrame();
        Assert.That(close.CloseCode, Is.EqualTo(1013));
        Assert.That(close.CloseReason, Does.StartWith("no memory left for a message of "));
        good.Send(WireFrame.Text(new string('x', 60_000)));
        Assert.That(good.ReadText(), Has.Length.EqualTo(60_000));
        Assert.That(server.Budget.Peak, Is.LessThanOrEqualTo(100_000));
    }

    [Test]
    public async Task A_request_for_which_there_is_no_memory_gets_503()
    {
        await using var server = InProcessServer.StartEcho(new ServerOptions { MemoryBudgetBytes = 100 });
        using RawPeer peer = RawPeer.Ask(server.Port, "GET / HTTP/1.1\r\nX: " + new string('x', 1000));
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 503 "));
        Assert.That((server.Snapshot.Totals.SocketsRefused, server.Snapshot.Totals.RejectedByStatus.Sum()), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task Without_memory_it_ends_as_silently_where_a_router_is_to_try_another_instance()
    {
        await using var server = InProcessServer.StartEcho(new ServerOptions { MemoryBudgetBytes = 100, AnswersWhenFull = false });
        using RawPeer peer = RawPeer.Ask(server.Port, "GET / HTTP/1.1\r\nX: " + new string('x', 1000));
        Assert.That(peer.ReadToEnd(), Is.Empty);
        Assert.That((server.Snapshot.Totals.SocketsRefused, server.Snapshot.Totals.RejectedByStatus.Sum()), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task An_idle_connection_holds_nothing_and_a_trickling_one_little_more_than_it_sent()
    {
        await using var server = InProcessServer.StartEcho();
        using RawPeer idle = RawPeer.Open(server.Port);
        idle.Send(WireFrame.Binary(new byte[300_000]));
        idle.ReadOneFrame();
        await Wait.UntilAsync(() => server.Budget.Used == 0, () => $"an idle connection holds {server.Budget.Used} bytes");

        using RawPeer trickling = RawPeer.Open(server.Port);
        byte[] frame = WireFrame.Binary(new byte[1_000_000]).ToBytes();
        trickling.Send(frame.AsSpan(0, 5));
        await Wait.UntilAsync(() => server.Budget.Used is > 0 and <= 16, () => $"5 bytes hold {server.Budget.Used}");
        trickling.Send(frame.AsSpan(5, 1_000));
        await Wait.UntilAsync(() => server.Budget.Used is >= 1_000 and <= 1_024, () => $"1,000 bytes hold {server.Budget.Used}");
    }

    [Test]
    public Task What_waits_for_a_client_that_does_not_read_is_bounded_by_a_receive_and_a_message() =>
        FloodAsync(WireFrame.Binary(new byte[64 * 1024]).ToBytes());

    [Test]
    public Task A_flood_of_pings_whose_pongs_are_never_read_is_held_back() =>
        FloodAsync(WireFrame.Join(Enumerable.Repeat(WireFrame.Ping(new byte[125]), 1_000)));

    [TestCase("GET", "^Connection #1 opened: 127[.]0[.]0[.]1:[0-9]+ for 203[.]0[.]113[.]7 / [(]request 6c0e8a1d[)]$")]
    [TestCase("PUT", "^Request from 127[.]0[.]0[.]1:[0-9]+ for 203[.]0[.]113[.]7 refused: 405 .* [(]request 6c0e8a1d[)]$")]
    public async Task The_last_hop_of_a_router_and_its_number_of_the_request_are_logged(string method, string line)
    {
        await using var server = InProcessServer.StartEcho();
        using var peer = new RawPeer(server.Port);
        string[] hops = ["X-Forwarded-For: 1.1.1.1, 2.2.2.2", "X-Forwarded-For: 3.3.3.3, 203.0.113.7", "X-Vcap-Request-Id: 6c0e8a1d"];
        peer.Send(RawPeer.UpgradeRequest("/", hops).Replace("GET", method, StringComparison.Ordinal));
        peer.ReadHead();
        Assert.That(server.Log.Lines.Select(entry => entry.Text), Has.One.Matches(line));
    }

    private static async Task FloodAsync(byte[] bytes)
    {
        await using var server = InProcessServer.StartEcho();
        using RawPeer peer = RawPeer.Open(server.Port);
        Task sending = Task.Run(() => peer.FloodUntilCut(bytes));
        await Wait.UntilAsync(() => server.Budget.Used > 0, () => "nothing waits");
        await Task.WhenAny(sending, Task.Delay(1_000));
        Assert.That(server.Budget.Peak, Is.LessThanOrEqualTo(4 * ServerOptions.ReceiveBytes));
        await server.StopAsync(TimeSpan.Zero);
        await sending;
    }
}
