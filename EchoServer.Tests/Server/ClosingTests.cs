using EchoServer.Server;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;

namespace EchoServer.Tests.Server;

/// <summary>The end of a connection (RFC 6455 §7) as seen by TCP, and what it costs.</summary>
internal sealed class ClosingTests
{
    private static readonly ServerOptions ShortClose = new() { CloseTimeout = TimeSpan.FromMilliseconds(300) };

    [Test]
    public void The_reason_of_a_violation_arrives_while_the_client_is_still_sending()
    {
        // 1009 is decided by the header; the client goes on with its 4 MB and must not meet a reset.
        using RawPeer peer = RawPeer.Open(SharedServers.Default.Port);
        peer.Send(WireFrame.Binary(new byte[4 * 1024 * 1024]));
        WireFrame close = peer.ReadOneFrame();
        Assert.That((close.CloseCode, close.CloseReason), Is.EqualTo((1009, "a message of 4194304 bytes or more is over 1048576")));
        peer.Send(WireFrame.Close(1009));
        Assert.That(peer.ReadToEnd(), Is.Empty);
    }

    [Test]
    public async Task The_peers_Close_is_waited_for_before_the_stream_ends()
    {
        await using var server = InProcessServer.Start(
            socket => socket.OnMessage = _ => socket.Close(CloseCode.GoingAway, "done"), new ServerOptions { CloseTimeout = ServerProcess.Patience });
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text("x"));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1001));

        // Nothing but its own Close moves the server to end the stream (or its deadline, after all patience).
        peer.Send(WireFrame.Text("still here"));
        peer.Send(WireFrame.Ping([1]));
        await Task.Delay(200);
        Assert.That(peer.Socket.Poll(0, SelectMode.SelectRead), Is.False, "the server sent or ended something");
        peer.Send(WireFrame.Close(1001));
        Assert.That(peer.ReadToEnd(), Is.Empty);
    }

    [TestCase(true, TestName = "{m}(silent)")]
    [TestCase(false, TestName = "{m}(still sending)")]
    public async Task A_peer_that_never_answers_a_Close_is_cut_off(bool silent)
    {
        await using var server = InProcessServer.Start(socket => socket.OnMessage = _ => socket.Close(), ShortClose);
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text("x"));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1000));
        if (!silent)
        {
            peer.Send(WireFrame.Text("and on"));
        }

        await server.WaitUntilEmptyAsync();
    }

    [Test]
    public async Task A_refused_client_that_stays_is_cut_off()
    {
        await using var server = InProcessServer.Start(_ => { }, ShortClose);
        using RawPeer peer = RawPeer.Ask(server.Port, "BREW / HTTP/1.1\r\n\r\n");
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 405 "));
        await server.WaitUntilEmptyAsync();
    }

    private static IEnumerable<TestCaseData> Vanishing()
    {
        yield return Case("end of stream before the request", peer => peer.EndSending(), upgraded: false);
        yield return Case("end of stream in the request", peer => { peer.Send("GET / HT"); peer.EndSending(); }, upgraded: false);
        yield return Case("reset in the request", peer => { peer.Send("GET / HT"); peer.Reset(); }, upgraded: false);
        yield return Case("end of stream between frames", peer => peer.EndSending(), upgraded: true);
        yield return Case("end of stream in a header", peer => { peer.Send([0x81]); peer.EndSending(); }, upgraded: true);
        yield return Case("end of stream in a payload", peer => { peer.Send(HalfAFrame()); peer.EndSending(); }, upgraded: true);
        yield return Case("reset between frames", peer => peer.Reset(), upgraded: true);
        yield return Case("reset in a payload", peer => { peer.Send(HalfAFrame()); peer.Reset(); }, upgraded: true);

        static TestCaseData Case(string name, Action<RawPeer> act, bool upgraded) =>
            new TestCaseData(act, upgraded).SetName($"{{m}}({name})");

        static byte[] HalfAFrame() => WireFrame.Text(new string('x', 1000)).ToBytes()[..500];
    }

    [TestCaseSource(nameof(Vanishing))]
    public async Task A_client_that_vanishes_costs_nothing_and_logs_nothing_above_debug(Action<RawPeer> vanish, bool upgraded)
    {
        int closed = 0;
        await using var server = InProcessServer.Start(socket => socket.OnClose = () => closed++);
        using (RawPeer peer = upgraded ? RawPeer.Open(server.Port) : new RawPeer(server.Port))
        {
            await Wait.UntilAsync(() => server.ConnectionCount == 1, () => "no connection");
            vanish(peer);
            await server.WaitUntilEmptyAsync();
        }

        Assert.That(closed, Is.EqualTo(upgraded ? 1 : 0));
        Assert.That(server.Log.Lines.Where(line => line.Level > LogLevel.Debug && line.Category == "Server"), Is.Empty);
    }

    [Test]
    public async Task Why_the_server_closes_is_logged_at_debug_level()
    {
        await using var server = InProcessServer.StartEcho();
        using RawPeer peer = RawPeer.Open(server.Port);
        Task stop = server.StopAsync(TimeSpan.FromSeconds(30));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        peer.Send(WireFrame.Close(1001));
        await stop;
        await server.UntilLoggedAsync("Connection #1 closed: 1001 GoingAway, server is shutting down (cause drain); ");
    }

    [Test]
    public async Task What_a_connection_was_is_logged_at_debug_level()
    {
        await using var server = InProcessServer.StartEcho();
        using (RawPeer peer = RawPeer.Open(server.Port, "/some/path"))
        {
            peer.Send(WireFrame.Text("one"));
            peer.Send(WireFrame.Text("two"));
            peer.Send(WireFrame.Close(1001, "that's all\u001b[31m"));
            peer.ReadToEnd();
        }

        await server.WaitUntilEmptyAsync();
        LogLine[] lines = [.. server.Log.Lines.Where(line => line.Text.StartsWith("Connection ", StringComparison.Ordinal))];
        Assert.That(lines[0].Text, Does.Match("^Connection #1 opened: 127.0.0.1:[0-9]+ /some/path$"));
        Assert.That(lines[1].Text, Does.Match(
            @"^Connection #1 closed: 1001 GoingAway, closed by the client: that's all\\u\{1b\}\[31m [(]cause peer[)]; " +
            "messages received 2, bytes received [0-9]+, bytes sent [0-9]+, duration [0-9]+[.][0-9]{3} s$"));
    }
}
