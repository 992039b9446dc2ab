using EchoServer.Metrics;
using EchoServer.Server;

namespace EchoServer.Tests.Metrics;

/// <summary><c>GET /metrics</c> on the wire: a format that Prometheus reads, and numbers that are right.</summary>
internal sealed class MetricsTests
{
    // RSV1 (RFC 7692 §6).
    private const int CompressedRsv = 4;

    [Test]
    [WholeMachine]
    public async Task Prometheus_finds_nothing_wrong_with_the_text()
    {
        string promtool = Requires.Promtool();
        string text = HttpReply.Get(SharedServers.Default.Port, "/metrics").Text;
        ProgramResult result = await Programs.RunAsync(Programs.Start(promtool, ["check", "metrics"]), input: text);
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "", "")));
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
            Assert.That(scrape.NotZero("connections_ended_total"), Is.EqualTo(["peer 4xxx=1"]));
            Assert.That(scrape.NotZero("handshakes_rejected_total"), Is.EqualTo(["426=1"]));
            Assert.That(scrape.NotZero("http_requests_total"), Is.EqualTo(["404=1"]));
            Assert.That(scrape["memory_budget_used_bytes"], Is.Zero);
            Assert.That(scrape["memory_budget_limit_bytes"], Is.EqualTo(server.Engine.Context.Limits.MemoryBudgetBytes));
            Assert.That(scrape["echo_time_seconds_count"], Is.EqualTo(scrape["echo_time_seconds_bucket{le=\"+Inf\"}"]));
            Assert.That(scrape["echo_time_seconds_sum"], Is.Positive);

            // One receive in 16, the first included. 47 messages went one at a time: a receive each, or two where TCP cut one.
            Assert.That(scrape["echo_time_seconds_count"], Is.InRange(1 + 1, 4 + 1));
        });
    }

    [Test]
    public async Task What_compression_did_is_exact_and_stays_when_the_connection_ends()
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { Compression = true });
        using RawPeer plain = RawPeer.Open(server.Port, "/raw");
        byte[] json = Deflated.Json(1_000);
        Echo(plain, 3, WireFrame.Text(json));
        Assert.That(Compression(Scrape.Of(server.Port)), Is.All.Zero, "it was not negotiated");

        byte[] large = Deflated.Message(json);
        byte[] small = Deflated.Message("tiny");
        int sent = 0;
        using (RawPeer peer = OpenCompressed(server.Port))
        {
            // Whole, in two fragments, not compressed though it could be, and too short for its echo to be compressed.
            peer.Send(new WireFrame(WireFrame.TextOpcode, large, Rsv: CompressedRsv));
            sent += peer.ReadOneFrame().Payload.Length;
            peer.Send(new WireFrame(WireFrame.TextOpcode, large[..10], Fin: false, Rsv: CompressedRsv));
            peer.Send(WireFrame.More(large[10..], fin: true));
            sent += peer.ReadOneFrame().Payload.Length;
            peer.Send(WireFrame.Text(json));
            sent += peer.ReadOneFrame().Payload.Length;
            peer.Send(new WireFrame(WireFrame.TextOpcode, small, Rsv: CompressedRsv));
            Assert.That(peer.ReadText(), Is.EqualTo("tiny"));

            // A text that is not UTF-8 does not count as a message.
            peer.Send(new WireFrame(WireFrame.TextOpcode, Deflated.Message([0xFF]), Rsv: CompressedRsv));
            Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1007));
            Assert.That(Compression(Scrape.Of(server.Port)), Is.EqualTo(Expected()), "while it is open");
        }

        await Wait.UntilAsync(() => server.Snapshot.OpenConnections == 1, () => "the connection did not end");
        Scrape scrape = Scrape.Of(server.Port);
        Assert.That(Compression(scrape), Is.EqualTo(Expected()), "after its end");
        Assert.That(scrape["message_bytes_total{direction=\"received\",kind=\"text\"}"], Is.EqualTo((6 * json.Length) + "tiny".Length));
        Assert.That(scrape["messages_total{direction=\"received\",kind=\"text\"}"], Is.EqualTo(7));

        double[] Expected() => [1, 3, (2 * large.Length) + small.Length, (2 * json.Length) + "tiny".Length, 3, sent, 3 * json.Length];
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

            // It is counted after it is sent.
            await Wait.UntilAsync(() => Scrape.Of(server.Port)["pings_sent_total"] == i, () => $"ping {i} is not counted");
            peer.Send(WireFrame.Pong(ping.Payload));
        }
    }

    [Test]
    public async Task Under_load_no_counter_ever_goes_down([Values] bool compresses)
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { Compression = compresses });
        WireFrame message = compresses
            ? new WireFrame(WireFrame.TextOpcode, Deflated.Message(Deflated.Json(300)), Rsv: CompressedRsv)
            : WireFrame.Text("x");
        using var stop = new CancellationTokenSource();
        Task[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using RawPeer peer = compresses ? OpenCompressed(server.Port) : RawPeer.Open(server.Port);
                Echo(peer, 20, message);
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
        Assert.That(last.NotZero("connections_ended_total"), Is.EqualTo([$"peer 1000={opened}"]));
        Assert.That(last["connections_open"], Is.Zero);
        double compressed = compresses ? opened : 0;
        Assert.That(last["compressed_connections_total"], Is.EqualTo(compressed));
        Assert.That(last["compressed_messages_total{direction=\"received\"}"], Is.EqualTo(20 * compressed));
        Assert.That(last["compressed_messages_total{direction=\"sent\"}"], Is.EqualTo(20 * compressed));
        Assert.That(last["compressed_message_plain_bytes_total{direction=\"sent\"}"], Is.EqualTo(300 * 20 * compressed));
    }

    [Test]
    public void Every_instrument_has_a_name_of_its_own_that_says_what_it_is()
    {
        Assert.That(Instruments.All.Select(instrument => instrument.Name), Is.Unique);
        foreach (Instrument instrument in Instruments.All)
        {
            Assert.That(instrument.Name, Does.Match("^[a-z_]+$"));
            Assert.That(instrument.Help, Does.Match(@"^[A-Z][^\\\n]+\.$"), instrument.Name);

            // Where it is shown alone there is nothing before it that such a word could refer to.
            Assert.That(instrument.Help, Does.Not.Match(@"\b([Tt]hese|[Tt]hey|[Tt]hem|[Ii]t)\b"), instrument.Name);
        }
    }

    [Test]
    public async Task No_number_has_an_exponent()
    {
        await using InProcessServer server = SiteServer.Start();
        ServerSnapshot snapshot = server.Snapshot;
        snapshot.Totals.NetworkBytesReceived = 123_456_789_012_345_000;
        string text = Encoding.UTF8.GetString(MetricsText.Write(snapshot with { EchoTimes = snapshot.EchoTimes with { Sum = 0.000_012 } }));
        Assert.That(text, Does.Contain("{le=\"0.00001\"} 0\n").And.Contain("{le=\"0.000025\"} 0\n").And.Contain("{le=\"10\"} 0\n"));
        Assert.That(text, Does.Contain("network_bytes_total{direction=\"received\"} 123456789012345000\n").And.Contain("_sum 0.000012\n"));
        Assert.That(text.Split('\n').Where(line => !line.StartsWith('#')), Has.None.Match(@"\dE[-+]?\d"));
    }

    [Test]
    public async Task Every_cause_of_an_end_is_there_before_the_first_one()
    {
        await using InProcessServer server = SiteServer.Start();
        string[] causes = [.. Regex.Matches(Scrape.Of(server.Port).Text, "connections_ended_total{cause=\"([a-z-]+)\",code=\"1[0-9]{3}\"} 0\n").Select(match => match.Groups[1].Value)];
        Assert.That(causes, Has.Length.EqualTo(EndCauses.All.Length).And.Unique);
    }

    private static RawPeer OpenCompressed(int port)
    {
        var peer = new RawPeer(port);
        peer.Send(RawPeer.UpgradeRequest("/raw", "Sec-WebSocket-Extensions: permessage-deflate"));
        Assert.That(peer.ReadHead(), Does.Contain("permessage-deflate"));
        return peer;
    }

    /// <summary>Connections; messages, bytes after and bytes before compression: received, then sent.</summary>
    private static double[] Compression(Scrape scrape) =>
    [
        scrape["compressed_connections_total"],
        .. from direction in (string[])["received", "sent"]
           from what in (string[])["messages", "message_bytes", "message_plain_bytes"]
           select scrape[$"compressed_{what}_total{{direction=\"{direction}\"}}"],
    ];

    private static void Echo(RawPeer peer, int times, WireFrame message)
    {
        for (int i = 0; i < times; i++)
        {
            peer.Send(message);
            peer.ReadOneFrame();
        }
    }
}
