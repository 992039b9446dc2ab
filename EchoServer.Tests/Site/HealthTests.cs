using EchoServer.Server;

namespace EchoServer.Tests.Site;

/// <summary><c>GET /health</c> answers whenever the instance is worth keeping: Cloud Foundry ends one that does not.</summary>
internal sealed class HealthTests
{
    [Test]
    public async Task It_is_answered_beyond_the_most_connections_and_a_handshake_is_not()
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { MaxConnections = 1 });
        using RawPeer only = RawPeer.Open(server.Port);
        AssertHealthy(server);
        Assert.That(HttpReply.To(server.Port, RawPeer.UpgradeRequest()).Status, Is.EqualTo(503));
        only.Send(WireFrame.Text("untouched"));
        Assert.That(only.ReadText(), Is.EqualTo("untouched"));
    }

    [Test]
    public async Task Connections_beyond_the_most_that_say_nothing_do_not_keep_it_out()
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { MaxConnections = 1 });
        using RawPeer only = RawPeer.Open(server.Port);
        RawPeer[] silent = [.. Enumerable.Range(0, 3 * ServerLimits.SurplusConnections).Select(_ => new RawPeer(server.Port))];
        await Wait.UntilAsync(
            () => (server.ConnectionCount, server.Snapshot.Totals.SocketsRefused) ==
                (1 + ServerLimits.SurplusConnections, silent.Length - ServerLimits.SurplusConnections),
            () => $"{server.ConnectionCount} connections, {server.Snapshot.Totals.SocketsRefused} refused");
        AssertHealthy(server);
        await Wait.UntilAsync(
            () => silent.Count(peer => peer.Socket.Poll(0, System.Net.Sockets.SelectMode.SelectRead)) >= silent.Length - ServerLimits.SurplusConnections,
            () => "those that were refused do not see the end");
        Array.ForEach(silent, peer => peer.Dispose());
    }

    [Test]
    public async Task It_is_answered_when_the_memory_budget_is_used_up()
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { MemoryBudgetBytes = 4096 });
        using RawPeer greedy = RawPeer.Open(server.Port);
        greedy.Send(WireFrame.Binary(new byte[4000], fin: false));
        await Wait.UntilAsync(() => server.Budget.Used == 4096, () => $"{server.Budget.Used} bytes in use");
        AssertHealthy(server);
        using RawPeer inParts = RawPeer.Ask(server.Port, "GET /health HTTP/1.1\r\n");
        Assert.That(HttpReply.Parse(inParts.ReadToEnd()).Status, Is.EqualTo(503));
    }

    [Test]
    public async Task While_the_server_stops_it_is_503_on_a_connection_accepted_before()
    {
        await using InProcessServer server = SiteServer.Start();
        using RawPeer open = RawPeer.Open(server.Port);
        using var before = new RawPeer(server.Port);
        await Wait.UntilAsync(() => server.ConnectionCount == 2, () => $"{server.ConnectionCount} connections");
        Task stopped = server.StopAsync(ServerProcess.Patience);
        Assert.That(open.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        before.Send(HttpReply.Request("GET", "/health"));
        HttpReply reply = HttpReply.Parse(before.ReadToEnd());
        Assert.That((reply.Status, reply.Text), Is.EqualTo((503, "stopping\n")));
        Assert.That(reply.Fields["Retry-After"], Is.EqualTo("5"));
        open.Send(WireFrame.Close(1001));
        open.ReadToEnd();
        open.Dispose();
        before.Dispose();
        await stopped;
    }

    [Test]
    public async Task A_connection_that_never_asks_does_not_hold_up_the_stop()
    {
        await using InProcessServer server = SiteServer.Start();
        using var silent = new RawPeer(server.Port);
        await Wait.UntilAsync(() => server.ConnectionCount == 1, () => $"{server.ConnectionCount} connections");
        await server.StopAsync(TimeSpan.FromHours(1)).WaitAsync(ServerProcess.Patience);
        Assert.That(server.ConnectionCount, Is.Zero);
        Assert.That(silent.ReadToEnd(), Is.Empty);
    }

    private static void AssertHealthy(InProcessServer server)
    {
        HttpReply reply = HttpReply.Get(server.Port, "/health");
        Assert.That((reply.Status, reply.Text), Is.EqualTo((200, "ok\n")));
    }
}
