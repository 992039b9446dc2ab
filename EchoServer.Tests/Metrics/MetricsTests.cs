using System.Diagnostics;
using EchoServer.Hosting;
using EchoServer.Metrics;
using EchoServer.Tests.Support;

namespace EchoServer.Tests.Metrics;

/// <summary><c>GET /metrics</c> on the wire: a format that Prometheus reads, and numbers that are right.</summary>
internal sealed class MetricsTests
{
    [Test]
    public async Task Prometheus_finds_nothing_wrong_with_the_text()
    {
        string promtool = Requires.Promtool();
        string text = HttpReply.Get(SharedServers.Default.Port, "/metrics").Text;
        using Process process = Process.Start(Programs.Start(promtool, ["check", "metrics"]))!;
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
        string said = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That((process.ExitCode, said), Is.EqualTo((0, "")));
    }

    [Test]
    public async Task After_known_traffic_every_count_is_exact()
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { MaxMessageBytes = 1000 });
        using RawPeer open = RawPeer.Open(server.Port, "/");
        open.ReadText();
        Echo(open, 40, WireFrame.Text("text"));
        Echo(open, 7, WireFrame.Binary([1, 2, 3]));
        using (RawPeer ended = RawPeer.Open(server.Port))
        {
            Echo(ended, 5, WireFrame.Text("ä"));
            ended.Send(WireFrame.Close(4999));
            ended.ReadToEnd();
        }

        await Wait.UntilAsync(() => server.Snapshot.OpenConnections == 1, () => "the second connection did not end");
        Assert.That(HttpReply.To(server.Port, RawPeer.UpgradeRequest().Replace(": 13", ": 8")).Status, Is.EqualTo(426));
        Assert.That(HttpReply.Get(server.Port, "/nowhere").Status, Is.EqualTo(404));
        Scrape scrape = Scrape.Of(server.Port);
        Assert.Multiple(() =>
        {
            Assert.That(scrape["connections_open"], Is.EqualTo(1));
            Assert.That(scrape["connections_total"], Is.EqualTo(2));
            Assert.That(scrape["messages_total{direction=\"received\",kind=\"text\"}"], Is.EqualTo(45));
            Assert.That(scrape["messages_total{direction=\"received\",kind=\"binary\"}"], Is.EqualTo(7));
            Assert.That(scrape["messages_total{direction=\"sent\",kind=\"text\"}"], Is.EqualTo(46), "with the greeting");
            Assert.That(scrape["messages_total{direction=\"sent\",kind=\"binary\"}"], Is.EqualTo(7));
            Assert.That(scrape["message_bytes_total{direction=\"received\",kind=\"text\"}"], Is.EqualTo((40 * 4) + (5 * 2)));
            Assert.That(scrape["message_bytes_total{direction=\"sent\",kind=\"text\"}"], Is.EqualTo(27 + (40 * 10) + (5 * 2)));
            Assert.That(scrape["message_bytes_total{direction=\"received\",kind=\"binary\"}"], Is.EqualTo(21));
            Assert.That(scrape["message_bytes_total{direction=\"sent\",kind=\"binary\"}"], Is.EqualTo(21));
            Assert.That(scrape.NotZero("connections_closed_total"), Is.EqualTo(["4xxx=1"]));
            Assert.That(scrape.NotZero("connections_ended_total"), Is.EqualTo(["peer=1"]));
            Assert.That(scrape.NotZero("handshakes_rejected_total"), Is.EqualTo(["426=1"]));
            Assert.That(scrape.NotZero("http_requests_total"), Is.EqualTo(["404=1"]));
            Assert.That(scrape["memory_budget_used_bytes"], Is.Zero);
            Assert.That(scrape["memory_budget_limit_bytes"], Is.EqualTo(server.Engine.Limits.MemoryBudgetBytes));
            Assert.That(scrape["echo_time_seconds_count"], Is.EqualTo(scrape["echo_time_seconds_bucket{le=\"+Inf\"}"]));
            Assert.That(scrape["echo_time_seconds_sum"], Is.Positive);

            // One receive in 16, the first included. 47 messages went one at a time: a receive each, or two where TCP cut one.
            Assert.That(scrape["echo_time_seconds_count"], Is.InRange(1 + 1, 4 + 1));
        });
    }

    [Test]
    public async Task A_scrape_counts_itself_in_the_next_one()
    {
        await using InProcessServer server = SiteServer.Start();
        Scrape.Of(server.Port);
        Assert.That(Scrape.Of(server.Port)["http_requests_total{status=\"200\"}"], Is.EqualTo(1));
        Assert.That(Scrape.Of(server.Port)["http_requests_total{status=\"200\"}"], Is.EqualTo(2));
    }

    [Test]
    public async Task Pings_of_the_keep_alive_are_counted()
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { KeepAliveInterval = TimeSpan.FromMilliseconds(300) });
        using RawPeer peer = RawPeer.Open(server.Port);
        for (int i = 1; i <= 2; i++)
        {
            WireFrame ping = peer.ReadOneFrame();
            Assert.That(ping.Opcode, Is.EqualTo(WireFrame.PingOpcode));
            Assert.That(Scrape.Of(server.Port)["pings_sent_total"], Is.EqualTo(i));
            peer.Send(WireFrame.Pong(ping.Payload));
        }
    }

    [Test]
    public async Task Under_load_no_counter_ever_goes_down()
    {
        await using InProcessServer server = SiteServer.Start();
        using var stop = new CancellationTokenSource();
        Task[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using RawPeer peer = RawPeer.Open(server.Port);
                Echo(peer, 20, WireFrame.Text("x"));
                peer.Send(WireFrame.Close(1000));
                peer.ReadToEnd();
            }
        }))];
        Scrape before = Scrape.Of(server.Port);
        for (int i = 0; i < 200; i++)
        {
            Scrape now = Scrape.Of(server.Port);
            var after = now.Counters.ToDictionary();
            foreach ((string name, double value) in before.Counters)
            {
                Assert.That(after[name], Is.GreaterThanOrEqualTo(value), name);
            }

            before = now;
        }

        await stop.CancelAsync();
        await Task.WhenAll(clients);
        await server.WaitUntilEmptyAsync();
        Scrape last = Scrape.Of(server.Port);
        double opened = last["connections_total"];
        Assert.That(opened, Is.GreaterThanOrEqualTo(4));
        Assert.That(last["messages_total{direction=\"received\",kind=\"text\"}"], Is.EqualTo(20 * opened));
        Assert.That(last["messages_total{direction=\"sent\",kind=\"text\"}"], Is.EqualTo(20 * opened));
        Assert.That(last.NotZero("connections_ended_total"), Is.EqualTo([$"peer={opened}"]));
        Assert.That(last["connections_open"], Is.Zero);
    }

    [Test]
    public void Every_instrument_has_a_name_of_its_own_that_says_what_it_is()
    {
        Assert.That(Instruments.All.Select(instrument => instrument.Name), Is.Unique);
        foreach (Instrument instrument in Instruments.All)
        {
            Assert.That(instrument.Name, Does.Match("^[a-z_]+$"));
            Assert.That(instrument.Name.EndsWith("_total", StringComparison.Ordinal), Is.EqualTo(instrument.Kind == InstrumentKind.Counter), instrument.Name);
            Assert.That(instrument.Help, Does.Match(@"^[A-Z][^\\\n]+\.$"), instrument.Name);
        }
    }

    private static void Echo(RawPeer peer, int times, WireFrame message)
    {
        for (int i = 0; i < times; i++)
        {
            peer.Send(message);
            peer.ReadOneFrame();
        }
    }
}
