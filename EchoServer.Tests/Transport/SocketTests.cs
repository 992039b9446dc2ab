using System.Net;
using EchoServer.Server;
using EchoServer.Transport;

namespace EchoServer.Tests.Transport;

/// <summary>The two ways to wait for a socket: with epoll, and with what the runtime has on every platform.</summary>
internal sealed class SocketTests
{
    private static readonly ServerOptions[] BothWays = [new(), new() { IsPortable = true }];

    [TestCaseSource(nameof(Ways))]
    public async Task Messages_of_every_size_come_back(ServerOptions options)
    {
        await using var server = InProcessServer.StartEcho(options);
        using RawPeer peer = RawPeer.Open(server.Port);
        foreach (int size in (int[])[0, 1, 125, 126, 4096, 65535, 65536, 131072, 1024 * 1024])
        {
            byte[] payload = new byte[size];
            Random.Shared.NextBytes(payload);
            Task sending = Task.Run(() => peer.Send(WireFrame.Binary(payload)));
            Assert.That(peer.ReadOneFrame().Payload.ToArray(), Is.EqualTo(payload), $"{size} bytes");
            await sending;
        }
    }

    [TestCaseSource(nameof(Ways))]
    public async Task What_a_peer_sent_before_it_shut_down_its_side_is_answered(ServerOptions options)
    {
        // The end arrives right behind the data, perhaps before the server has looked: it must see both.
        await using var server = InProcessServer.StartEcho(options);
        for (int i = 0; i < 200; i++)
        {
            using RawPeer peer = RawPeer.Open(server.Port);
            peer.Send(WireFrame.Text("last words"));
            peer.EndSending();
            Assert.That(peer.ReadText(), Is.EqualTo("last words"));
            Assert.That(peer.ReadToEnd(), Is.Empty);
        }

        await server.WaitUntilEmptyAsync();
    }

    [TestCaseSource(nameof(Ways))]
    public async Task A_peer_that_reads_late_gets_everything(ServerOptions options)
    {
        // Small ones are gathered, large ones sent from where they lie: whatever the socket has taken of them, they come in order.
        const int messages = 800;
        int[] sizes = [64 * 1024, 100, 20_000, 0, 130_000, 16 * 1024];
        byte[][] payloads = [.. Enumerable.Range(0, messages).Select(i => Enumerable.Repeat((byte)i, sizes[i % sizes.Length]).ToArray())];
        await using var server = InProcessServer.StartEcho(options);
        using RawPeer peer = RawPeer.Open(server.Port);
        Task sending = Task.Run(() =>
        {
            for (int i = 0; i < messages; i++)
            {
                peer.Send(WireFrame.Binary(payloads[i]));
            }
        });
        await Wait.UntilAsync(() => server.Budget.Used > 0, () => "the server never had to wait for the peer");
        for (int i = 0; i < messages; i++)
        {
            Assert.That(peer.ReadOneFrame().Payload.AsSpan().SequenceEqual(payloads[i]), $"message {i}");
        }

        await sending;
    }

    [TestCaseSource(nameof(Ways))]
    public async Task A_peer_that_never_reads_is_let_go_when_the_server_stops(ServerOptions options)
    {
        await using var server = InProcessServer.Start(_ => { }, options with { MaxMessageBytes = 16 * 1024 * 1024 });
        using RawPeer peer = RawPeer.Open(server.Port);
        string text = new('x', 64 * 1024);
        // Sent from another thread: it is that thread's turn that waits for room when the loop closes the socket.
        for (int i = 0; i < 200; i++)
        {
            server.Opened.Single().Send(text);
        }

        await server.StopAsync(TimeSpan.FromMilliseconds(100));
        Assert.That(server.ConnectionCount, Is.Zero);
    }

    [TestCaseSource(nameof(Ways))]
    public async Task More_at_once_than_are_accepted_in_one_go_are_all_let_in_and_hold_up_nobody(ServerOptions options)
    {
        const int crowd = 200;
        int opened = 0;
        int openedBefore = 0;
        using var isBusy = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        await using var server = InProcessServer.Start(
            socket =>
            {
                Interlocked.Increment(ref opened);
                socket.OnMessage = message =>
                {
                    switch (message.ToString())
                    {
                        case "wait":
                            isBusy.Set();
                            mayGoOn.Wait(ServerProcess.Patience);
                            break;
                        case "behind the crowd":
                            openedBefore = opened;
                            break;
                    }

                    socket.Send(default, message);
                };
            },
            options with { IoThreads = 1 });
        using RawPeer first = RawPeer.Open(server.Port);
        using RawPeer second = RawPeer.Open(server.Port);
        first.Send(WireFrame.Text("wait"));
        Assert.That(isBusy.Wait(ServerProcess.Patience), Is.True);
        RawPeer[] peers = [.. Enumerable.Range(0, crowd).Select(_ => new RawPeer(server.Port))];
        Array.ForEach(peers, peer => peer.Send(RawPeer.UpgradeRequest()));
        second.Send(WireFrame.Text("behind the crowd"));
        mayGoOn.Set();
        Assert.That(first.ReadText(), Is.EqualTo("wait"));
        foreach (RawPeer peer in peers)
        {
            Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 101 "));
            peer.Send(WireFrame.Text("hello"));
            Assert.That(peer.ReadText(), Is.EqualTo("hello"));
        }

        Assert.That(server.ConnectionCount, Is.EqualTo(crowd + 2));
        Assert.That(second.ReadText(), Is.EqualTo("behind the crowd"));
        Assert.That(openedBefore, options.IsPortable ? Is.Positive : Is.InRange(2, 2 + 64));
        Array.ForEach(peers, peer => peer.Dispose());
    }

    [Test]
    public async Task The_client_is_who_connected([Values] bool isPortable, [Values("127.0.0.1", "::1", "::")] string host)
    {
        IPAddress listensOn = IPAddress.Parse(host);
        var told = new TaskCompletionSource<IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new WebSocketServer(new ServerOptions { Host = listensOn, Port = 0, IsPortable = isPortable }, new CapturedLog());
        server.Start(socket => told.TrySetResult(socket.Info.Client));

        // Of all addresses one of IPv4: it is shown as such.
        using var peer = new RawPeer(server.EndPoint!.Port, listensOn.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : listensOn);
        peer.Send(RawPeer.UpgradeRequest());
        Assert.That(await told.Task.WaitAsync(ServerProcess.Patience), Is.EqualTo(peer.Socket.LocalEndPoint));
    }

    [Test]
    public Task Several_threads_share_the_connections() => AssertThreadsAsync(new ServerOptions { IoThreads = 3 }, 3);

    [Test]
    public Task Who_compresses_uses_every_processor() =>
        AssertThreadsAsync(new ServerOptions { Compression = true }, Math.Min(Environment.ProcessorCount, 16));

    [Test]
    public async Task A_reset_that_a_send_has_met_is_known_to_the_next_receive([Values] bool isPortable)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!);
        using var threads = new IoThreads(1, isPortable);
        NonBlockingSocket socket = threads.Watch(client);
        Socket peer = await listener.AcceptAsync();
        peer.LingerState = new LingerOption(true, 0);
        peer.Dispose();
        Assert.That(() => socket.TrySend("x"u8, out _), Throws.InstanceOf<SocketException>());
        Assert.That((socket.TryReceive(new byte[1], out int count), count, socket.Error), Is.EqualTo((true, 0, SocketError.ConnectionReset)));
        socket.Close(dropsOutput: false);
    }

    [Test]
    public async Task A_signal_is_never_lost()
    {
        // Each wait is signalled once by each of two threads, as the I/O thread and a closing loop do.
        const int rounds = 20_000;
        int asked = 0;
        await RunWaiterAsync(rounds, () => Volatile.Write(ref asked, asked + 1), (socket, isOver) =>
        {
            int signalled = 0;
            while (signalled < rounds && !isOver())
            {
                if (Volatile.Read(ref asked) is int wait && wait > signalled)
                {
                    signalled = wait;
                    socket.Signal(EpollEvents.Writable);
                }
            }
        });
    }

    [Test]
    public Task Signals_that_meet_resume_a_wait_once_and_with_its_own_state() => RunWaiterAsync(300_000, () => { }, (socket, isOver) =>
    {
        while (!isOver())
        {
            socket.Signal(EpollEvents.Writable);
        }
    });

    private static async Task AssertThreadsAsync(ServerOptions options, int expected)
    {
        var threads = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        await using var server = InProcessServer.Start(
            socket => socket.OnMessage = message =>
            {
                threads.AddOrUpdate($"{Environment.CurrentManagedThreadId}", 1, (_, count) => count + 1);
                socket.Send(default, message);
            },
            options);
        RawPeer[] peers = [.. Enumerable.Range(0, 4 * expected).Select(_ => RawPeer.Open(server.Port))];
        foreach (RawPeer peer in peers)
        {
            // The first message can be there before the connection waits for the first time, and then the accepting thread finds it.
            for (int i = 0; i < 20; i++)
            {
                peer.Send(WireFrame.Text($"{i}"));
                Assert.That(peer.ReadText(), Is.EqualTo($"{i}"));
            }

            peer.Dispose();
        }

        Assert.That(threads.Values.Count(messages => messages >= 4 * 19), Is.EqualTo(expected), string.Join(", ", threads));
    }

    private static async Task RunWaiterAsync(int rounds, Action beforeEach, Action<EpollSocket, Func<bool>> signal)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var epoll = new Epoll(new DescriptorTable());
        var socket = new EpollSocket(await listener.AcceptSocketAsync(), epoll);
        int told = 0;
        Task waiter = Task.Run(async () =>
        {
            for (int i = 0; i < rounds; i++)
            {
                beforeEach();
                await socket.WritableAsync();
                told++;
            }
        });
        Task[] signallers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() => signal(socket, () => waiter.IsCompleted)))];
        await Task.WhenAll([waiter, .. signallers]).WaitAsync(ServerProcess.Patience);
        Assert.That(told, Is.EqualTo(rounds));
        socket.Close(dropsOutput: true);
    }

    private static IEnumerable<TestCaseData> Ways() =>
        BothWays.Select(options => new TestCaseData(options).SetArgDisplayNames(options.IsPortable ? "portable" : "epoll"));
}
