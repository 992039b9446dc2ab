using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Connect;

/// <summary>An open WebSocket of client, ping and check, against scripted servers.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class ClientConnectionTests
{
    // More than the kernel takes from a sender whose peer does not read.
    private const int LargeBytes = ClientConnection.MaxMessageBytes;

    [Test]
    public async Task A_wait_that_ends_loses_no_event()
    {
        using var go = new ManualResetEventSlim();
        using ScriptedServer server = Server(peer =>
        {
            go.Wait(ServerProcess.Patience);
            Send(peer, WireFrame.Text("one"), WireFrame.Text("two"));
            peer.ReadToEndAndDrop();
        });
        await using ClientConnection connection = await OpenAsync(server);
        Assert.That(await connection.ReceiveAsync(Deadline.In(TimeSpan.FromMilliseconds(50)), CancellationToken.None), Is.Null);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.That(() => connection.ReceiveAsync(stop.Token), Throws.InstanceOf<OperationCanceledException>());
        go.Set();
        Assert.That((await ReceiveAsync(connection)).Payload, Is.EqualTo("one"u8.ToArray()));
        Assert.That((await ReceiveAsync(connection)).Payload, Is.EqualTo("two"u8.ToArray()));
        Assert.That(await connection.ReceiveAsync(Deadline.In(TimeSpan.Zero), CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task A_server_that_never_pauses_cannot_keep_a_wait_from_being_stopped([Values] bool sendsMessages)
    {
        using ScriptedServer server = Server(peer =>
        {
            if (!sendsMessages)
            {
                Send(peer, WireFrame.Text("", fin: false));
            }

            WireFrame frame = (sendsMessages ? WireFrame.Text("news") : WireFrame.More([])) with { Masked = false };
            byte[] many = WireFrame.Join(Enumerable.Repeat(frame, 200_000));
            while (true)
            {
                // Ends when the client is gone.
                peer.Send(many.AsSpan());
            }
        });
        await using ClientConnection connection = await OpenAsync(server);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        Task receiving = Task.Run(async () =>
        {
            while (true)
            {
                await connection.ReceiveAsync(stop.Token);
            }
        });
        Assert.That(() => receiving.WaitAsync(ServerProcess.Patience), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task A_reset_that_a_send_has_met_is_not_taken_for_an_orderly_end()
    {
        using var reset = new ManualResetEventSlim();
        using ScriptedServer server = Server(peer =>
        {
            peer.Reset();
            reset.Set();
        });
        await using ClientConnection connection = await OpenAsync(server);
        Assert.That(reset.Wait(ServerProcess.Patience));
        Assert.That(() => connection.SendAsync(Opcode.Text, "x"u8.ToArray()), Throws.InstanceOf<IOException>());
        Assert.That((await ReceiveAsync(connection)).Kind, Is.EqualTo(ClientEventKind.Reset));
    }

    [Test]
    public async Task Of_the_pings_behind_a_blocked_send_the_last_is_answered_and_none_holds_up_the_receiver()
    {
        using var received = new ManualResetEventSlim();
        WireFrame[] frames = [];
        using ScriptedServer server = Server(peer =>
        {
            Send(peer, WireFrame.Ping([1]), WireFrame.Ping([2]), WireFrame.Ping([3]), WireFrame.Text("behind them"));
            received.Wait(ServerProcess.Patience);
            frames = [peer.ReadFrame()!, peer.ReadFrame()!, peer.ReadFrame()!];
            Send(peer, WireFrame.Close(1000));
        });
        await using ClientConnection connection = await OpenAsync(server);
        Task sending = connection.SendAsync(Opcode.Binary, new byte[LargeBytes]);
        Assert.That(sending.IsCompleted, Is.False);
        ClientEvent[] events = [await ReceiveAsync(connection), await ReceiveAsync(connection), await ReceiveAsync(connection), await ReceiveAsync(connection)];
        Assert.That(
            events.Select(found => found.Kind), Is.EqualTo([ClientEventKind.Ping, ClientEventKind.Ping, ClientEventKind.Ping, ClientEventKind.Text]));
        Assert.That(connection.PingsReceived, Is.EqualTo(3));
        received.Set();
        await sending;
        await connection.SendAsync(Opcode.Text, "last"u8.ToArray());
        Assert.That((await ReceiveAsync(connection)).Kind, Is.EqualTo(ClientEventKind.Close));
        Assert.That(frames.Select(frame => frame.Opcode), Is.EqualTo([WireFrame.BinaryOpcode, WireFrame.PongOpcode, WireFrame.TextOpcode]));
        Assert.That(frames[1].Payload, Is.EqualTo([3]));
    }

    [Test]
    public async Task A_server_that_pings_without_pause_does_not_keep_a_sender([Values] bool sendsAtOnce)
    {
        using var stream = new PingedStream(sendsAtOnce);
        var outbound = new ClientOutbound(stream);
        stream.Pinged = () => new ClientOutbound.Sink(outbound).Write(Opcode.Pong, default, default);
        Task sending = Task.Run(() => outbound.SendAsync(Opcode.Text, "x"u8.ToArray(), isFinal: true));
        await sending.WaitAsync(ServerProcess.Patience);
    }

    [Test]
    public async Task Only_the_first_Close_is_sent_and_messages_come_up_to_the_answer()
    {
        WireFrame?[] frames = [];
        using ScriptedServer server = Server(peer =>
        {
            WireFrame? close = peer.ReadFrame();
            Send(peer, WireFrame.Text("late"), WireFrame.Ping([1]), WireFrame.Close(4001, "bye"));
            frames = [close, peer.ReadFrame()];
        });
        ClientConnection connection = await OpenAsync(server);
        await connection.CloseAsync(CloseCode.GoingAway, "first");
        await connection.CloseAsync(CloseCode.NormalClosure, "second");
        Assert.That(() => connection.SendAsync(Opcode.Text, "x"u8.ToArray()), Throws.InstanceOf<IOException>());
        Assert.That((await ReceiveAsync(connection)).Kind, Is.EqualTo(ClientEventKind.Text));
        Assert.That((await ReceiveAsync(connection)).Kind, Is.EqualTo(ClientEventKind.Ping));
        ClientEvent end = await ReceiveAsync(connection);
        Assert.That((end.Kind, end.Code, end.Reason), Is.EqualTo((ClientEventKind.Close, (CloseCode?)4001, "bye")));
        Assert.That(await ReceiveAsync(connection), Is.SameAs(end));
        Assert.That((connection.IsCloseOurs, connection.SentClose), Is.EqualTo((true, ((CloseCode, string)?)(CloseCode.GoingAway, "first"))));
        await connection.DisposeAsync();
        await Wait.UntilAsync(() => frames.Length == 2, () => "the server waits for the end");
        Assert.That((frames[0]!.CloseCode, frames[1]), Is.EqualTo((1001, (WireFrame?)null)));
    }

    private static IEnumerable<TestCaseData> Ends()
    {
        yield return Case("Close", peer => Send(peer, WireFrame.Close(4002, "done")), ClientEventKind.Close, "done", 4002);
        yield return Case("Close without a code", peer => Send(peer, WireFrame.CloseEmpty()), ClientEventKind.Close, "", 1000);
        yield return Case("reserved opcode", peer => Send(peer, new WireFrame(0x3, [])), ClientEventKind.Violation, "opcode 0x3 is reserved", 1002);
        yield return Case("text that is not UTF-8", peer => Send(peer, WireFrame.Text([0xFF])), ClientEventKind.Violation, "a text message is not UTF-8", 1007);
        yield return Case(
            "too large", peer => peer.Send((byte[])[0x82, 127, 0, 0, 0, 0, 1, 0, 0, 1]), ClientEventKind.Violation,
            "a message of 16777217 bytes or more is over 16777216", 1009);

        static TestCaseData Case(string name, Action<RawPeer> end, ClientEventKind kind, string reason, int answer) =>
            new TestCaseData(end, kind, reason, answer).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(Ends))]
    public async Task An_end_by_the_server_is_told_and_answered(Action<RawPeer> end, ClientEventKind kind, string reason, int answer)
    {
        WireFrame? sent = null;
        using ScriptedServer server = Server(peer =>
        {
            end(peer);
            sent = peer.ReadFrame();
        });
        ClientConnection connection = await OpenAsync(server);
        ClientEvent found = await ReceiveAsync(connection);
        Assert.That((found.Kind, found.Reason, found.IsEnd), Is.EqualTo((kind, reason, true)));
        await connection.DisposeAsync();
        await Wait.UntilAsync(() => sent is not null, () => "no answer");
        Assert.That((sent!.CloseCode, connection.SentClose?.Code, connection.IsCloseOurs), Is.EqualTo((answer, (CloseCode?)answer, false)));
    }

    [TestCase(false, ClientEventKind.Fin)]
    [TestCase(true, ClientEventKind.Reset)]
    public async Task The_end_of_the_stream_is_told_by_its_kind_with_the_idle_time_before_it(bool resets, ClientEventKind kind)
    {
        // The connection counts from its opening, which may be late on a busy machine.
        using var opened = new ManualResetEventSlim();
        using ScriptedServer server = Server(peer =>
        {
            opened.Wait(ServerProcess.Patience);
            Thread.Sleep(200);
            if (resets)
            {
                peer.Reset();
            }
        });
        await using ClientConnection connection = await OpenAsync(server);
        opened.Set();
        Assert.That((await ReceiveAsync(connection)).Kind, Is.EqualTo(kind));
        TimeSpan idle = connection.IdleFor;
        Assert.That(idle, Is.GreaterThan(TimeSpan.FromMilliseconds(100)));
        Thread.Sleep(20);
        Assert.That(connection.IdleFor, Is.EqualTo(idle), "it does not grow after the end");
    }

    [Test]
    public async Task A_connection_without_its_buffer_still_receives_large_messages()
    {
        using ScriptedServer server = Server(peer => ScriptedServer.EchoAll(peer, 0, (_, _, message) => [message]));
        await using ClientConnection connection = await OpenAsync(server);
        connection.GiveBackMemory();
        byte[] message = [.. Enumerable.Range(0, 100_000).Select(value => (byte)value)];
        Task sending = connection.SendAsync(Opcode.Binary, message);
        Assert.That((await ReceiveAsync(connection)).Payload, Is.EqualTo(message));
        await sending;
    }

    /// <summary>Takes all that is sent, and has the next ping there at each frame until it is disposed of.</summary>
    private sealed class PingedStream(bool sendsAtOnce) : MemoryStream
    {
        private volatile bool _isDisposed;

        public Action Pinged { get; set; } = () => { };

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!sendsAtOnce)
            {
                await Task.Yield();
            }

            if (!_isDisposed)
            {
                Pinged();
            }
        }

        protected override void Dispose(bool disposing)
        {
            _isDisposed = true;
            base.Dispose(disposing);
        }
    }

    private static ScriptedServer Server(Action<RawPeer> serve) => new((peer, _) =>
    {
        peer.Send(ScriptedServer.Accept(peer.ReadHead()));
        serve(peer);
    });

    private static void Send(RawPeer peer, params IEnumerable<WireFrame> frames) =>
        peer.Send(WireFrame.Join(frames.Select(frame => frame with { Masked = false })).AsSpan());

    private static Task<ClientConnection> OpenAsync(ScriptedServer server) =>
        new Dialer(new ConnectionOptions { Url = server.Url, Timeout = ServerProcess.Patience }).OpenWebSocketAsync(CancellationToken.None);

    private static async Task<ClientEvent> ReceiveAsync(ClientConnection connection)
    {
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        return await connection.ReceiveAsync(patience.Token);
    }
}
