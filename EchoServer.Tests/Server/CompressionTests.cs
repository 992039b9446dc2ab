using EchoServer.Echo;
using EchoServer.Server;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Tests.Server;

/// <summary>permessage-deflate on the wire: negotiation, compressed output, returned memory.</summary>
internal sealed class CompressionTests
{
    private const int Compressed = 4;
    private const string Offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    private const string WithoutContext =
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    private static readonly ServerOptions On = new() { Compression = true };

    [TestCase(Offer, "permessage-deflate")]
    [TestCase(WithoutContext, "permessage-deflate; server_no_context_takeover; client_no_context_takeover")]
    [TestCase("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=8")]
    [TestCase("Sec-WebSocket-Extensions: permessage-deflate; mystery, permessage-deflate", "permessage-deflate")]
    [TestCase("Sec-WebSocket-Extensions: permessage-deflate; mystery", null)]
    [TestCase("X-Nothing: 1", null)]
    public async Task The_answer_says_what_was_agreed_on(string line, string? agreed)
    {
        await using var server = InProcessServer.Start(_ => { }, On);
        using RawPeer peer = Open(server, line, out string head);
        Assert.That(head, agreed is null ? Does.Not.Contain("Extensions") : Does.Contain($"\r\nSec-WebSocket-Extensions: {agreed}\r\n"));
        string opened = server.Log.Lines.Single(line => line.Text.Contains(" opened: ", StringComparison.Ordinal)).Text;
        Assert.That(opened, Does.EndWith(agreed is null ? " /" : $" /, {agreed}"));
    }

    [Test]
    public async Task Nothing_is_agreed_on_unless_it_is_turned_on()
    {
        await using var server = InProcessServer.Start(_ => { });
        using RawPeer peer = Open(server, Offer, out string head);
        Assert.That(head, Does.Not.Contain("Extensions"));
        peer.Send(Packed(WireFrame.TextOpcode, [.. "Hello"u8]));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1002));
    }

    [Test]
    public async Task A_client_that_offers_nothing_gets_plain_messages_and_may_send_no_others()
    {
        await using var server = StartEcho(On);
        using RawPeer peer = Open(server, "X-Nothing: 1", out _);
        string text = new('x', 1000);
        peer.Send(WireFrame.Text(text));
        Assert.That(peer.ReadText(), Is.EqualTo($"Echo: {text}"));
        peer.Send(Packed(WireFrame.TextOpcode, [.. "Hello"u8]));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1002));
    }

    [Test]
    public async Task A_header_that_breaks_its_grammar_is_a_bad_request()
    {
        await using var server = InProcessServer.Start(_ => { }, On);
        using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/", "Sec-WebSocket-Extensions: permessage-deflate;;"));
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 400 "));
    }

    [TestCase(Offer, true)]
    [TestCase(WithoutContext, false)]
    public async Task Echoes_are_compressed_and_refer_back_where_that_was_agreed_on(string line, bool refersBack)
    {
        await using var server = StartEcho(On);
        using RawPeer peer = Open(server, line, out _);
        var decoder = new DeflateDecoder();
        byte[] json = Deflated.Json(1_000);
        WireFrame[] echoes = [.. Enumerable.Range(0, 3).Select(_ => Echo(peer, WireFrame.TextOpcode, json, decoder))];
        Assert.That(echoes.Select(echo => echo.Rsv), Has.All.EqualTo(Compressed));
        int[] sizes = [.. echoes.Select(echo => echo.Payload.Length)];
        Assert.That(sizes[0], Is.LessThan(json.Length / 2));
        Assert.That(sizes[1], refersBack ? Is.LessThan(50) : Is.EqualTo(sizes[0]));
        Assert.That(decoder.FarthestBeforeMessage, refersBack ? Is.Positive : Is.Not.Positive);
    }

    [Test]
    public async Task Short_messages_that_are_alike_refer_back_though_the_first_of_them_grows()
    {
        await using var server = StartEcho(On);
        using RawPeer peer = Open(server, Offer, out _);
        var decoder = new DeflateDecoder();
        for (int i = 0; i < 20; i++)
        {
            byte[] json = Encoding.ASCII.GetBytes($$"""{"id":"3F2504E0-4F89-11D3-9A0C-0305E82C{{1000 + i}}","to":"lobby","say":"Hi!"}""");
            int plain = "Echo: ".Length + json.Length;
            WireFrame echo = Echo(peer, WireFrame.TextOpcode, json, decoder);
            Assert.That(echo.Rsv, Is.EqualTo(Compressed));
            Assert.That(echo.Payload.Length, i == 0 ? Is.InRange(plain + 1, plain + 15) : Is.LessThan(plain / 2), $"message {i}");
        }
    }

    [Test]
    public async Task Short_messages_that_nothing_makes_smaller_grow_ever_less_often()
    {
        await using var server = StartEcho(On);
        using RawPeer peer = Open(server, Offer, out _);
        var decoder = new DeflateDecoder();
        var random = new Random(3);
        byte[] noise = new byte[100];
        List<int> grown = [];
        for (int i = 0; i < 400; i++)
        {
            random.NextBytes(noise);
            int length = Echo(peer, WireFrame.BinaryOpcode, noise, decoder).Payload.Length;
            if (length != noise.Length)
            {
                Assert.That(length, Is.InRange(noise.Length + 1, noise.Length + 15));
                grown.Add(i);
            }
        }

        // Each is followed by the one that gets no smaller for it, and that by a pause.
        Assert.That(grown, Is.EqualTo([0, 2 + 8, 4 + 24, 6 + 56, 8 + 120, 10 + 248]));
    }

    [Test]
    public async Task Noise_between_messages_that_are_alike_costs_them_their_context_for_a_while_only()
    {
        await using var server = StartEcho(On);
        using RawPeer peer = Open(server, Offer, out _);
        var decoder = new DeflateDecoder();
        byte[] noise = new byte[100];
        new Random(3).NextBytes(noise);
        byte[] json = """{"id":"3F2504E0-4F89-11D3-9A0C-0305E82C3301","to":"lobby","say":"Hi!"}"""u8.ToArray();
        byte[][] messages = [noise, .. Enumerable.Repeat(json, 20)];
        int[] sizes = [.. messages.Select(message => Echo(peer, WireFrame.BinaryOpcode, message, decoder).Payload.Length)];
        Assert.That(sizes.Skip(1 + 1 + 8 + 1), Has.Exactly(10).Items.And.All.LessThan(json.Length / 2), string.Join(' ', sizes));
    }

    [Test]
    public async Task What_would_grow_goes_out_as_it_is_and_so_do_control_frames()
    {
        await using var server = StartEcho(On);
        using RawPeer peer = Open(server, Offer, out _);
        byte[] noise = new byte[5_000];
        new Random(1).NextBytes(noise);
        foreach (byte[] payload in (byte[][])[[], [1], noise])
        {
            peer.Send(WireFrame.Join(Packed(WireFrame.BinaryOpcode, payload), WireFrame.Ping([7])));
            WireFrame echo = peer.ReadOneFrame();
            Assert.That((echo.Opcode, echo.Rsv), Is.EqualTo((WireFrame.BinaryOpcode, 0)));
            Assert.That(echo.Payload, Is.EqualTo(payload));
            Assert.That(peer.ReadOneFrame(), Has.Property("Opcode").EqualTo(WireFrame.PongOpcode).And.Property("Rsv").EqualTo(0));
        }
    }

    [Test]
    public async Task What_other_threads_send_goes_out_plain_between_compressed_messages()
    {
        byte[] json = Deflated.Json(500);
        string text = Encoding.ASCII.GetString(json);
        await using var server = InProcessServer.StartEcho(On);
        using RawPeer peer = Open(server, Offer, out _);
        var decoder = new DeflateDecoder();
        for (int i = 0; i < 3; i++)
        {
            server.Opened.Single().Send(text);
            Assert.That(peer.ReadOneFrame() is { Rsv: 0 } plain && plain.Payload.SequenceEqual(json), Is.True);
            peer.Send(WireFrame.Text(text));
            WireFrame echo = peer.ReadOneFrame();
            Assert.That(echo.Rsv, Is.EqualTo(Compressed));
            Assert.That(decoder.Read(echo.Payload), Is.EqualTo(json));
        }
    }

    [Test]
    public async Task The_memory_of_contexts_is_counted_and_where_it_is_short_none_is_kept()
    {
        // Room for one connection's contexts within half of the budget, and for one more inflater.
        int each = Deflater.BytesOf(15) + Inflater.Bytes;
        await using var server = StartEcho(On with { MemoryBudgetBytes = 2 * (each + Inflater.Bytes) });
        using RawPeer first = Open(server, Offer, out string firstHead);
        Assert.That(server.Budget.Used, Is.EqualTo(each));
        using RawPeer second = Open(server, Offer, out string secondHead);
        Assert.That(server.Budget.Used, Is.EqualTo(each + Inflater.Bytes));
        using RawPeer third = Open(server, Offer, out string thirdHead);
        Assert.That(server.Budget.Used, Is.EqualTo(each + Inflater.Bytes));
        Assert.That(
            ((string[])[firstHead, secondHead, thirdHead]).Select(head => head.Split("Extensions: ")[1].TrimEnd()),
            Is.EqualTo(
                [
                    "permessage-deflate",
                    "permessage-deflate; server_no_context_takeover",
                    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                ]));

        // Each works as it was told.
        byte[] json = Deflated.Json(1_000);
        foreach (RawPeer peer in (RawPeer[])[first, second, third, first])
        {
            peer.Send(Packed(WireFrame.BinaryOpcode, json));
            Assert.That(peer.ReadOneFrame().Rsv, Is.EqualTo(Compressed));
        }
    }

    [Test]
    public async Task Nothing_is_forgotten_or_mixed_up_where_others_have_their_turn_in_between(
        [Values(Offer, WithoutContext)] string line)
    {
        // One send that becomes 13 MiB: far more than a connection may have processed in one go.
        byte[][] messages = [.. Enumerable.Range(0, 200).Select(i => (byte[])[(byte)i, .. new byte[64 * 1024]])];
        await using var server = StartEcho(On);
        using RawPeer peer = Open(server, line, out _);
        peer.Send(WireFrame.Join(
            [
                .. messages.Select(message => Packed(WireFrame.BinaryOpcode, message)),
                WireFrame.Ping([7]),
                WireFrame.Binary([1, 2, 3]),
                WireFrame.Close(1000),
            ]));
        var decoder = new DeflateDecoder();
        foreach (byte[] message in messages)
        {
            Assert.That(decoder.Read(peer.ReadOneFrame().Payload).AsSpan().SequenceEqual(message), Is.True, $"echo {message[0]}");
        }

        Assert.That(peer.ReadOneFrame().Opcode, Is.EqualTo(WireFrame.PongOpcode));
        Assert.That(peer.ReadOneFrame().Payload, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1000));
        peer.ReadToEndAndDrop();
    }

    [Test]
    public async Task Input_that_waits_while_others_have_their_turn_is_counted_and_refused_where_memory_is_short()
    {
        // Enough to decompress each message, but not for the other bytes of the same receive.
        byte[] one = Packed(WireFrame.BinaryOpcode, new byte[64 * 1024]).ToBytes();
        await using var server = StartEcho(On with { MemoryBudgetBytes = Inflater.Bytes + (72 * 1024) });
        using RawPeer peer = Open(server, WithoutContext, out _);
        peer.Send(Enumerable.Repeat(one, 4 * ServerOptions.ReceiveBytes / one.Length).SelectMany(bytes => bytes).ToArray().AsSpan());
        WireFrame frame = peer.ReadOneFrame();
        while (frame.Opcode == WireFrame.BinaryOpcode)
        {
            frame = peer.ReadOneFrame();
        }

        Assert.That(frame.CloseCode, Is.EqualTo(1013));
    }

    [TestCase(1, false)]
    [TestCase(PerMessageDeflate.MinBudget - 1, false)]
    [TestCase(PerMessageDeflate.MinBudget, true)]
    public async Task Nothing_is_agreed_on_where_no_compressed_message_could_be_received(int budget, bool agrees)
    {
        await using var server = StartEcho(On with { MemoryBudgetBytes = budget });
        using RawPeer peer = Open(server, Offer, out string head);
        Assert.That(head, agrees ? Does.Contain("\r\nSec-WebSocket-Extensions: permessage-deflate; ") : Does.Not.Contain("Extensions"));
        byte[] json = Deflated.Json(1_000);
        peer.Send(agrees ? Packed(WireFrame.BinaryOpcode, json) : WireFrame.Binary(json));
        WireFrame echo = peer.ReadOneFrame();
        Assert.That(echo.Opcode, Is.EqualTo(WireFrame.BinaryOpcode));
        Assert.That(agrees ? new DeflateDecoder().Read(echo.Payload) : echo.Payload, Is.EqualTo(json));
    }

    [TestCase((2 * 1024 * 1024) - (64 * 1024), false)]
    [TestCase(4 * 1024 * 1024, true)]
    public async Task A_large_message_goes_out_compressed_only_while_there_is_memory_for_one_more_copy(int budget, bool compresses)
    {
        await using var server = StartEcho(On with { MemoryBudgetBytes = budget });
        using RawPeer peer = Open(server, WithoutContext, out _);
        byte[] json = Deflated.Json(1024 * 1024);
        Assert.That(Echo(peer, WireFrame.BinaryOpcode, json, new DeflateDecoder()).Rsv, Is.EqualTo(compresses ? Compressed : 0));
        Assert.That(server.Budget.Peak, Is.GreaterThan(budget / 3));
    }

    private static IEnumerable<TestCaseData> Ends()
    {
        byte[] half = Deflated.Message(Deflated.Json(5_000))[..100];
        yield return End("after a Close", peer => peer.Send(WireFrame.Close(1000)));
        yield return End("by a reset in the middle of a message", peer =>
        {
            peer.Send(new WireFrame(WireFrame.TextOpcode, half, Fin: false, Rsv: Compressed));
            peer.Reset();
        });
        yield return End("after a violation in the middle of a message", peer =>
            peer.Send(WireFrame.Join(new WireFrame(WireFrame.TextOpcode, half, Fin: false, Rsv: Compressed), WireFrame.Text("no"))));
        yield return End("after data that cannot be decompressed", peer =>
            peer.Send(new WireFrame(WireFrame.TextOpcode, [0x06, 0xFF], Rsv: Compressed)));

        static TestCaseData End(string name, Action<RawPeer> end) => new TestCaseData(end).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(Ends))]
    public async Task However_a_connection_ends_everything_is_given_back(Action<RawPeer> end)
    {
        await using var server = StartEcho(On);
        byte[] json = Deflated.Json(1_000);
        foreach (string line in (string[])[Offer, WithoutContext])
        {
            using RawPeer peer = Open(server, line, out _);
            peer.Send(Packed(WireFrame.TextOpcode, json));
            peer.ReadOneFrame();
            end(peer);
            if (peer.Socket.Connected)
            {
                peer.ReadToEndAndDrop();
            }
        }

        await server.WaitUntilEmptyAsync();
        Assert.That((server.Engine.Context.Zlib!.Rented, server.Budget.Used), Is.EqualTo((0, 0L)));
    }

    [Test]
    public async Task Aborted_from_another_thread_while_messages_fly_nothing_is_lost_or_freed_twice()
    {
        bool isSending = false;
        using var sending = new SemaphoreSlim(0);
        await using var server = InProcessServer.Start(
            socket =>
            {
                socket.OnMessage = message =>
                {
                    Volatile.Write(ref isSending, true);
                    sending.Release();
                    socket.Send(default, message);
                    Volatile.Write(ref isSending, false);
                };
            },
            On with { CompressionLevel = 9 });

        // Large, and compressed as hard as can be: that takes so long that it is under way when the other thread aborts.
        byte[] message = new WireFrame(WireFrame.TextOpcode, Deflated.Message(Deflated.Json(512 * 1024)), Rsv: Compressed).ToBytes();
        int overlaps = 0;
        for (int i = 0; i < 60; i++)
        {
            using RawPeer peer = Open(server, i % 2 == 0 ? Offer : WithoutContext, out _);
            peer.Send(message.AsSpan());
            peer.Send(message.AsSpan());

            // Every third time while the first of them is still being decompressed, or has not arrived.
            bool waits = i % 3 != 0;
            Assert.That(!waits || await sending.WaitAsync(ServerProcess.Patience), Is.True);
            overlaps += waits && Volatile.Read(ref isSending) ? 1 : 0;
            server.Engine.Context.Connections.ForEach(static (connection, _) => connection.Abort(), 0);
            await server.WaitUntilEmptyAsync();
            while (sending.Wait(0))
            {
                // Of a message that came through before the abort.
            }
        }

        Assert.That((server.Engine.Context.Zlib!.Rented, server.Budget.Used), Is.EqualTo((0, 0L)));
        Assert.That(overlaps, Is.Positive, "no abort came while zlib was at work");
    }

    [Test]
    public async Task What_is_counted_are_messages_as_they_are_said_and_bytes_as_they_are_sent([Values] bool compresses)
    {
        await using var server = StartEcho(On with { Compression = compresses });
        byte[] json = Deflated.Json(1_000);
        using (RawPeer peer = Open(server, Offer, out _))
        {
            peer.Send(WireFrame.Text(json));
            peer.ReadOneFrame();
            peer.Send(WireFrame.Close(1000));
            peer.ReadToEndAndDrop();
        }

        await server.WaitUntilEmptyAsync();
        Assert.That(server.Snapshot.Totals.Sent.TextBytes, Is.EqualTo(json.Length + "Echo: ".Length));
        Assert.That(server.Snapshot.Totals.NetworkBytesSent, compresses ? Is.LessThan(json.Length) : Is.GreaterThan(json.Length));
    }

    private static InProcessServer StartEcho(ServerOptions options) => InProcessServer.Start(
        (engine, log) => EchoHandlers.Start(engine, new EchoOptions { LogMessages = false, Greeting = "" }, log.CreateLogger("Echo")), options);

    /// <summary>A message, compressed by itself.</summary>
    private static WireFrame Packed(int opcode, byte[] payload) => new(opcode, Deflated.Message(payload), Rsv: Compressed);

    /// <summary>Sends a message, compressed by itself, and checks its echo, which may refer back to those before.</summary>
    private static WireFrame Echo(RawPeer peer, int opcode, byte[] message, DeflateDecoder decoder)
    {
        peer.Send(Packed(opcode, message));
        WireFrame echo = peer.ReadOneFrame();
        Assert.That((echo.Opcode, echo.Fin), Is.EqualTo((opcode, true)));
        byte[] expected = opcode == WireFrame.TextOpcode ? [.. "Echo: "u8, .. message] : message;
        byte[] payload = echo.Rsv == Compressed ? decoder.Read(echo.Payload) : echo.Payload;
        Assert.That(payload.AsSpan().SequenceEqual(expected), Is.True);
        return echo;
    }

    private static RawPeer Open(InProcessServer server, string line, out string head)
    {
        var peer = new RawPeer(server.Port);
        peer.Send(RawPeer.UpgradeRequest("/", line));
        head = peer.ReadHead();
        Assert.That(head, Does.StartWith("HTTP/1.1 101 "));
        return peer;
    }
}
