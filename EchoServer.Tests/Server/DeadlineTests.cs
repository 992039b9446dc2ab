using EchoServer.Server;

namespace EchoServer.Tests.Server;

/// <summary>
/// What a client must do in time, against the engine: one test for each kind of deadline, with the times scaled down, and what the engine
/// notes, on a clock that the test moves. <see cref="ConnectionDeadlinesTests"/> has the arithmetic.
/// </summary>
[Parallelizable(ParallelScope.Children)]
[Slow]
internal sealed class DeadlineTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    // Never in a test, unless the test moves the clock.
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Test]
    public async Task Trickling_bytes_do_not_extend_the_time_of_a_request_head()
    {
        await using var server = InProcessServer.Start(_ => { }, new ServerOptions { HandshakeTimeout = Short });
        using var peer = new RawPeer(server.Port);
        TrickleUntilAnswered(peer, Encoding.ASCII.GetBytes(RawPeer.UpgradeRequest()));
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 408 Request Timeout\r\n"));
        Assert.That(Encoding.UTF8.GetString(peer.ReadToEnd()), Is.EqualTo("The request head was not complete within 0.5 s.\n"));
        peer.Dispose();
        await server.WaitUntilEmptyAsync();
    }

    private static IEnumerable<TestCaseData> UnfinishedMessages()
    {
        yield return Case("half a header", [0x81]);
        yield return Case("half a frame", WireFrame.Text("unfinished").ToBytes()[..8]);
        yield return Case("a fragment", WireFrame.Text("unfinished", fin: false).ToBytes());
        yield return Case("after a whole message", [.. WireFrame.Text("whole").ToBytes(), .. WireFrame.Text("unfinished").ToBytes()[..8]]);
        yield return Case("with a ping behind it", [.. WireFrame.Text("unfinished", fin: false).ToBytes(), .. WireFrame.Ping([1]).ToBytes()]);

        static TestCaseData Case(string name, byte[] bytes) => new TestCaseData(bytes).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(UnfinishedMessages))]
    public async Task A_message_must_be_complete_in_time(byte[] bytes)
    {
        await using var server = InProcessServer.Start(_ => { }, new ServerOptions { MessageTimeout = Long, KeepAliveInterval = null });
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(bytes);
        await CheckUntilAnsweredAsync(server, peer);
        WireFrame frame = peer.ReadOneFrame();
        if (frame.Opcode == WireFrame.PongOpcode)
        {
            await CheckUntilAnsweredAsync(server, peer);
            frame = peer.ReadOneFrame();
        }

        Assert.That((frame.CloseCode, frame.CloseReason), Is.EqualTo((1008, "a message was not complete within 3600 s")));
    }

    [Test]
    public async Task Trickling_bytes_do_not_extend_a_messages_time()
    {
        await using var server = InProcessServer.Start(_ => { }, new ServerOptions { MessageTimeout = Short });
        using RawPeer peer = RawPeer.Open(server.Port);
        TrickleUntilAnswered(peer, WireFrame.Text(new string('x', 100)).ToBytes());
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1008));
    }

    [Test]
    public async Task Whole_messages_are_not_under_a_deadline_however_many_there_are()
    {
        await using var server = InProcessServer.StartEcho(new ServerOptions { MessageTimeout = Long, KeepAliveInterval = null });
        using RawPeer peer = RawPeer.Open(server.Port);

        // Each message's first byte arrives with the last one's end, so that something is always left over.
        byte[] message = WireFrame.Text("x").ToBytes();
        peer.Send(message.AsSpan(0, 1));
        for (int i = 0; i < 3; i++)
        {
            await server.TickAsync();
            long begun = server.Now;
            peer.Send([.. message[1..], message[0]]);
            Assert.That(peer.ReadText(), Is.EqualTo("x"));

            // Too late for the message that has come, not for the one that has begun.
            server.CheckDeadlines(begun - 1 + (long)Long.TotalMilliseconds);
        }

        await CheckUntilAnsweredAsync(server, peer);
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1008));
    }

    [Test]
    public async Task A_silent_client_is_pinged_and_stays_while_it_answers()
    {
        await using var server = InProcessServer.Start(_ => { }, new ServerOptions { KeepAliveInterval = Short, KeepAliveTimeout = Long });
        using RawPeer peer = RawPeer.Open(server.Port);
        for (int i = 0; i < 2; i++)
        {
            Assert.That(peer.ReadOneFrame(), Is.EqualTo(WireFrame.Ping([]) with { Masked = false, Key = [] }).Using<WireFrame>(SameOnTheWire));
            peer.Send(WireFrame.Pong([]));
        }

        Assert.That(server.ConnectionCount, Is.EqualTo(1));
    }

    [Test]
    public async Task The_close_deadline_does_not_run_while_output_waits_for_a_slow_reader()
    {
        // Ten times the close deadline passes before the client reads at all: it still gets every echo, and the Close.
        await using var server = InProcessServer.StartEcho(new ServerOptions { CloseTimeout = Short });
        using RawPeer peer = RawPeer.Open(server.Port);
        const int count = 12_000;
        byte[] flood = WireFrame.Join([.. Enumerable.Repeat(WireFrame.Binary(new byte[1000]), count), WireFrame.Close(1000)]);
        Task sending = Task.Run(() => peer.Send(flood));
        await Task.Delay(10 * Short);
        for (int i = 0; i < count; i++)
        {
            Assert.That(peer.ReadOneFrame().Payload, Has.Length.EqualTo(1000), $"echo {i}");
        }

        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1000));
        Assert.That(peer.ReadToEnd(), Is.Empty);
        await sending;
    }

    [Test]
    public async Task A_message_of_too_many_fragments_is_refused()
    {
        await using var server = InProcessServer.Start(_ => { }, new ServerOptions { MaxFragments = 3 });
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Join(
            WireFrame.Text("a", fin: false), WireFrame.More([]), WireFrame.More([], fin: true),
            WireFrame.Text("b", fin: false), WireFrame.More([]), WireFrame.More([]), WireFrame.More([])));
        WireFrame close = peer.ReadOneFrame();
        Assert.That((close.CloseCode, close.CloseReason), Is.EqualTo((1008, "a message of more than 3 fragments")));
    }

    /// <summary>Sends a byte now and then, until the server has something to say.</summary>
    private static void TrickleUntilAnswered(RawPeer peer, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length && !peer.Socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead); i++)
        {
            peer.Send(bytes.AsSpan(i, 1));
        }
    }

    /// <summary>Moves the clock on by <see cref="Long"/>, until the server has something to say.</summary>
    private static Task CheckUntilAnsweredAsync(InProcessServer server, RawPeer peer) => Wait.UntilAsync(
        () =>
        {
            server.CheckDeadlines(server.Now + (long)Long.TotalMilliseconds);
            return peer.Socket.Poll(0, SelectMode.SelectRead);
        },
        () => "nothing is due");

    private static bool SameOnTheWire(WireFrame one, WireFrame other) => one.ToBytes().AsSpan().SequenceEqual(other.ToBytes());
}
