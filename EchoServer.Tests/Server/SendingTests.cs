using EchoServer.Server;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Server;

/// <summary>Output: sent from the loop, from other threads, to peers that are slow to read.</summary>
internal sealed class SendingTests
{
    [Test]
    public async Task Frames_sent_by_several_threads_at_once_are_never_torn()
    {
        const int threads = 4;
        const int each = 2_000;
        await using var server = InProcessServer.StartEcho();
        using RawPeer peer = RawPeer.Open(server.Port);
        IWebSocketConnection connection = server.Opened.Single();
        Task[] senders = [.. Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < each; i++)
            {
                connection.Send($"{thread}:{i}:{new string((char)('a' + thread), i % 300)}");
            }
        }))];
        Task echoes = Task.Run(() =>
        {
            for (int i = 0; i < each; i++)
            {
                peer.Send(WireFrame.Text($"{threads}:{i}:{new string('e', i % 300)}"));
            }
        });

        int[] next = new int[threads + 1];
        for (int received = 0; received < each * (threads + 1); received++)
        {
            string[] parts = peer.ReadText().Split(':');
            int from = int.Parse(parts[0]);
            Assert.That(int.Parse(parts[1]), Is.EqualTo(next[from]++), "the order of one sender's messages");
            Assert.That(parts[2], Is.EqualTo(new string(from == threads ? 'e' : (char)('a' + from), (next[from] - 1) % 300)));
        }

        await Task.WhenAll([.. senders, echoes]);
    }

    // A message that comes alone is sent from where it lies. The lengths are around those where a header grows or leaves room for a prefix.
    [Test]
    public async Task A_message_keeps_its_bytes_however_often_and_with_whatever_prefix_it_is_sent([Values] bool isText, [Values] bool isAlone)
    {
        string[] prefixes = ["", ">", "1234", "> ", "a prefix that is longer than any header", ""];
        await using var server = InProcessServer.Start(socket => socket.OnMessage = message =>
        {
            foreach (string prefix in prefixes)
            {
                socket.Send(Encoding.UTF8.GetBytes(prefix), message);
                socket.Send(default, new Message(isText, message.Bytes[^Math.Min(3, message.Bytes.Length)..]));
            }

            socket.Send(message.ToString());
        });
        using RawPeer peer = RawPeer.Open(server.Port);
        foreach (int length in new[] { 0, 1, 2, 3, 119, 123, 124, 125, 126, 127, 4096, 16_383, 16_384, 65_521, 65_522, 65_535, 65_536, 100_000 })
        {
            string text = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i * 7 % 26))));
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            WireFrame sent = isText ? WireFrame.Text(bytes) : WireFrame.Binary(bytes);
            peer.Send(WireFrame.Join(isAlone ? [sent] : [sent, WireFrame.Ping([])]));
            foreach (string prefix in prefixes)
            {
                Assert.That(Read(), Is.EqualTo((sent.Opcode, prefix + text)));
                Assert.That(Read(), Is.EqualTo((sent.Opcode, text[^Math.Min(3, length)..])));
            }

            Assert.That(Read(), Is.EqualTo((WireFrame.TextOpcode, text)));
            if (!isAlone)
            {
                Assert.That(Read(), Is.EqualTo((WireFrame.PongOpcode, "")));
            }
        }

        (int Opcode, string Payload) Read()
        {
            WireFrame frame = peer.ReadOneFrame();
            return (frame.Opcode, Encoding.UTF8.GetString(frame.Payload));
        }
    }

    [Test]
    public async Task A_message_is_passed_on_to_other_connections_from_a_callback()
    {
        // Two connections that each send to the other from their own loops: nothing may wait for anything.
        var room = new ConcurrentDictionary<string, IWebSocketConnection>();
        await using var server = InProcessServer.Start(socket =>
        {
            string other = socket.Info.Path == "/a" ? "/b" : "/a";
            room[socket.Info.Path] = socket;
            socket.OnMessage = message => room[other].Send("> "u8, message);
        });
        using RawPeer a = RawPeer.Open(server.Port, "/a");
        using RawPeer b = RawPeer.Open(server.Port, "/b");
        Task fromA = Task.Run(() => SendNumbers(a));
        Task fromB = Task.Run(() => SendNumbers(b));
        for (int i = 0; i < 5_000; i++)
        {
            Assert.That(a.ReadText(), Is.EqualTo($"> {i}"));
            Assert.That(b.ReadText(), Is.EqualTo($"> {i}"));
        }

        await Task.WhenAll(fromA, fromB);

        static void SendNumbers(RawPeer peer)
        {
            for (int i = 0; i < 5_000; i++)
            {
                peer.Send(WireFrame.Text($"{i}"));
            }
        }
    }

    [Test]
    public async Task Close_from_another_thread_is_the_last_frame()
    {
        await using var server = InProcessServer.StartEcho();
        using RawPeer peer = RawPeer.Open(server.Port);
        using var stop = new CancellationTokenSource();
        Task sending = Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                peer.Send(WireFrame.Text($"{i}"));
            }

            peer.Send(WireFrame.Close(1012));
        });
        for (int i = 0; i < 100; i++)
        {
            peer.ReadOneFrame();
        }

        server.Opened.Single().Close(CloseCode.ServiceRestart, "now");
        Assert.That(ReadPastTexts(peer).CloseCode, Is.EqualTo(1012));
        await stop.CancelAsync();
        Assert.That(peer.ReadToEnd(), Is.Empty);
        await sending;
    }

    [Test]
    public async Task A_Close_is_answered_while_another_thread_is_sending()
    {
        // 600 kB of frames: less than a connection may have queued (2 MiB), however long the peer waits for a processor.
        const int MaxMessages = 100_000;
        await using var server = InProcessServer.Start(_ => { });
        using var stop = new CancellationTokenSource();
        Task sending = Task.Run(() =>
        {
            IWebSocketConnection? last = null;
            int sent = 0;
            while (!stop.IsCancellationRequested)
            {
                if (server.Opened.TryPeek(out IWebSocketConnection? next) && next != last)
                {
                    (last, sent) = (next, 0);
                }

                if (sent < MaxMessages)
                {
                    last?.Send("news");
                    sent++;
                }
            }
        });
        try
        {
            for (int i = 0; i < 300; i++)
            {
                using RawPeer peer = RawPeer.Open(server.Port);
                peer.ReadText();
                peer.Send(WireFrame.Close(4000));
                Assert.That(ReadPastTexts(peer).CloseCode, Is.EqualTo(4000), $"connection {i}");
                Assert.That(peer.ReadToEnd(), Is.Empty);
            }
        }
        finally
        {
            // Nothing else ends it, and what it allocates would be counted in other tests.
            await stop.CancelAsync();
            await sending;
        }
    }

    [Test]
    public async Task A_peer_that_lets_too_much_pile_up_is_disconnected()
    {
        var ended = new TaskCompletionSource();
        await using var server = InProcessServer.Start(socket => socket.OnClose = ended.SetResult, new ServerOptions { MaxMessageBytes = 100_000 });
        using RawPeer peer = RawPeer.Open(server.Port);
        string large = new('x', 64 * 1024);

        // The kernel's own buffers take some megabytes first; the peer reads none of it.
        for (int sent = 0; sent < 1_000 && !ended.Task.IsCompleted; sent++)
        {
            server.Opened.Single().Send(large);
        }

        await ended.Task.WaitAsync(ServerProcess.Patience);
    }

    [Test]
    public async Task A_flood_of_small_messages_with_a_long_prefix_all_comes_back_to_a_slow_reader()
    {
        // One receive gives rise to a hundred times its size of output: it must be sent in parts while the input waits.
        const int count = 20_000;
        byte[] flood = WireFrame.Join(Enumerable.Range(0, count).Select(i => WireFrame.Text($"{i}")));
        string prefix = new('p', 1_000);
        await using ServerProcess server = await ServerProcess.StartAsync(["--prefix", prefix, "--greeting", "", "--log-messages", "false"]);
        using RawPeer peer = RawPeer.Open(server.Port, "/");
        Task sending = Task.Run(() => peer.Send(flood));

        // Output stands still until the server has had to stop reading; then everything is read.
        await Task.WhenAny(sending, Task.Delay(500));
        for (int i = 0; i < count; i++)
        {
            Assert.That(peer.ReadText(), Is.EqualTo($"{prefix}{i}"));
        }

        await sending;
    }

    [Test]
    public async Task Text_that_is_sent_is_UTF8_whatever_it_was()
    {
        await using var server = InProcessServer.Start(socket => socket.OnOpen = () => socket.Send("a\ud800b €"));
        using RawPeer peer = RawPeer.Open(server.Port);
        Assert.That(peer.ReadOneFrame().Payload, Is.EqualTo(Encoding.UTF8.GetBytes("a\ufffdb €")));
    }

    /// <summary>Reads up to a frame that is not a text, which must be a Close.</summary>
    private static WireFrame ReadPastTexts(RawPeer peer)
    {
        WireFrame frame = peer.ReadOneFrame();
        while (frame.Opcode == WireFrame.TextOpcode)
        {
            frame = peer.ReadOneFrame();
        }

        Assert.That(frame.Opcode, Is.EqualTo(WireFrame.CloseOpcode));
        return frame;
    }
}
