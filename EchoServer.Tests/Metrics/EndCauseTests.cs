using EchoServer.Metrics;
using EchoServer.Server;
using Microsoft.Extensions.Logging;

namespace EchoServer.Tests.Metrics;

/// <summary>Each way for a connection to end is counted under its code and its cause.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class EndCauseTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    private static IEnumerable<TestCaseData> Ends()
    {
        yield return Case("1000", "peer", new(), peer => peer.Send(WireFrame.Close(1000)));
        yield return Case("1005", "peer", new(), peer => peer.Send(WireFrame.CloseEmpty()));
        yield return Case("3xxx", "peer", new(), peer => peer.Send(WireFrame.Close(3000)));
        yield return Case("1006", "vanished", new(), peer => peer.EndSending());
        yield return Case("1002", "protocol", new(), peer => peer.Send([0xC1, 0x80, 0, 0, 0, 0]));
        yield return Case("1007", "protocol", new(), peer => peer.Send(WireFrame.Text([0xFF])));
        yield return Case("1009", "limit", new() { MaxMessageBytes = 10 }, peer => peer.Send(WireFrame.Binary(new byte[11])));
        yield return Case("1008", "limit", new() { MaxFragments = 1 }, peer => peer.Send(TwoFragments()));
        yield return Case("1013", "budget", new() { MemoryBudgetBytes = 100 }, peer => peer.Send(WireFrame.Binary(new byte[500], fin: false)));
        yield return Case("1008", "deadline", new() { MessageTimeout = Short }, peer => peer.Send(WireFrame.Text("a", fin: false)));
        yield return Case(
            "1006", "keep-alive", new() { KeepAliveInterval = Short, KeepAliveTimeout = Short },
            peer => Assert.That(peer.ReadOneFrame().Opcode, Is.EqualTo(WireFrame.PingOpcode)),
            "1006 AbnormalClosure, no answer to a ping");

        static TestCaseData Case(string code, string cause, ServerOptions options, Action<RawPeer> act, string words = "") =>
            new TestCaseData(code, cause, options, act, words).SetName($"{{m}}({code}, {cause})");
    }

    [TestCaseSource(nameof(Ends))]
    public async Task An_end_is_counted_and_logged_by_code_and_cause(
        string code, string cause, ServerOptions options, Action<RawPeer> act, string words)
    {
        await using InProcessServer server = SiteServer.Start(options with { CloseTimeout = Short });
        using RawPeer peer = RawPeer.Open(server.Port);
        act(peer);
        peer.ReadToEnd();
        await AssertEndedAsync(server, code, cause, words);
    }

    [Test]
    public async Task The_applications_own_Close_and_its_failures_are_counted()
    {
        await using var server = InProcessServer.Start(socket => socket.OnMessage = message =>
        {
            if (message.IsText)
            {
                socket.Close();
            }
            else
            {
                throw new InvalidOperationException("a fault of the test's own");
            }
        });
        foreach (WireFrame message in (WireFrame[])[WireFrame.Text("close"), WireFrame.Binary([1])])
        {
            using RawPeer peer = RawPeer.Open(server.Port);
            peer.Send(message);
            peer.Send(WireFrame.Close(peer.ReadOneFrame().CloseCode));
            peer.ReadToEnd();
        }

        await server.WaitUntilEmptyAsync();
        ServerTotals totals = server.Snapshot.Totals;
        Assert.That(totals.Ended[(int)EndCause.Application].Sum(), Is.EqualTo(1));
        Assert.That(totals.Ended[(int)EndCause.Fault].Sum(), Is.EqualTo(1));
        Assert.That(totals.Ended.Sum(counts => counts.Sum()), Is.EqualTo(2));
    }

    [Test]
    public async Task A_client_that_does_not_read_ends_by_the_send_deadline()
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { SendTimeout = Short });
        using RawPeer peer = RawPeer.Open(server.Port);
        Assert.That(peer.FloodUntilCut(WireFrame.Binary(new byte[500_000]).ToBytes()), Is.True);
        await AssertEndedAsync(server, "1006", "deadline", "the client does not read");
    }

    [Test]
    public async Task A_stop_is_counted_as_drain()
    {
        await using InProcessServer server = SiteServer.Start();
        using RawPeer peer = RawPeer.Open(server.Port);
        Task stopped = server.StopAsync(ServerProcess.Patience);
        peer.Send(WireFrame.Close(peer.ReadOneFrame().CloseCode));
        peer.ReadToEnd();
        peer.Dispose();
        await stopped;
        ServerTotals totals = server.Snapshot.Totals;
        Assert.That(totals.Ended.Sum(counts => counts.Sum()), Is.EqualTo(1));
        Assert.That(totals.Ended[(int)EndCause.Drain][CountedCloseCodes.IndexOf(EchoServer.WebSockets.CloseCode.GoingAway)], Is.EqualTo(1));
    }

    private static async Task AssertEndedAsync(InProcessServer server, string code, string cause, string words)
    {
        await Wait.UntilAsync(() => server.Snapshot.OpenConnections == 0, () => "the connection did not end");
        Scrape scrape = Scrape.Of(server.Port);
        Assert.That(scrape.NotZero("connections_ended_total"), Is.EqualTo([$"{cause} {code}=1"]));
        const string start = "Connection #1 closed: ";
        await server.UntilLoggedAsync(start);
        LogLine closed = server.Log.Lines.Single(line => line.Text.StartsWith(start, StringComparison.Ordinal));
        Assert.That(closed.Level, Is.EqualTo(LogLevel.Debug));
        Assert.That(closed.Text, Does.Contain(words).And.Contain($"(cause {cause}); "));
    }

    private static byte[] TwoFragments() =>
        WireFrame.Join([WireFrame.Text("a", fin: false), WireFrame.More("b"u8.ToArray(), fin: true)]);
}
