using EchoServer.Connect;
using EchoServer.Load;
using EchoServer.Load.Report;

namespace EchoServer.Tests.Load;

/// <summary>Servers that do something wrong once: it is found, counted once, and under its own name.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class LoadErrorTests
{
    // The message that something happens to; those before it and after it are echoed as they should be.
    private const int Chosen = 10;

    private static IEnumerable<TestCaseData> Misdeeds()
    {
        yield return Case("a changed byte", LoadError.EchoAltered, 1, message => [With(message, bytes => bytes[^1] ^= 1)]);
        yield return Case("a changed byte of the number", LoadError.EchoAltered, 1, message => [With(message, bytes => bytes[0] ^= 1)]);
        yield return Case("a changed byte that is not a digit", LoadError.EchoAltered, 1, message => [With(message, bytes => bytes[3] = 0)]);
        yield return Case("a byte too many", LoadError.EchoAltered, 1, message => [message with { Payload = [.. message.Payload, 1] }]);
        yield return Case("the body of another message", LoadError.EchoAltered, 1, message => [With(message, bytes => bytes.AsSpan(20, 8).CopyTo(bytes.AsSpan(16)))]);
        yield return Case("a byte too few", LoadError.EchoTruncated, 1, message => [message with { Payload = message.Payload[..^1] }]);
        yield return Case("a few bytes only", LoadError.EchoTruncated, 1, message => [message with { Payload = message.Payload[..5] }]);
        yield return Case("nothing left", LoadError.EchoTruncated, 1, message => [message with { Payload = [] }]);
        yield return Case("twice", LoadError.EchoDuplicated, 1, message => [message, message]);
        yield return Case("twice, several in flight", LoadError.EchoDuplicated, 4, message => [message, message]);
        yield return Case("dropped", LoadError.EchoMissing, 4, _ => []);
        yield return Case("dropped, one in flight", LoadError.EchoMissing, 1, _ => []);
        yield return Case("something else beside it", LoadError.MessageUnexpected, 1, message => [WireFrame.Text("news"), message]);
        yield return Case("a reserved bit", LoadError.ProtocolViolation, 1, _ => [WireFrame.Ping([]) with { Rsv = 1 }]);
        yield return Case("a continuation of nothing", LoadError.ProtocolViolation, 1, _ => [WireFrame.More([])]);

        static TestCaseData Case(string name, LoadError error, int inFlight, Func<WireFrame, IEnumerable<WireFrame>> misdeed) =>
            new TestCaseData(error, inFlight, misdeed).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(Misdeeds))]
    public async Task A_misdeed_is_counted_once_under_its_name(
        LoadError error, int inFlight, Func<WireFrame, IEnumerable<WireFrame>> misdeed)
    {
        using ScriptedServer server = ScriptedServer.Echoing(
            (connection, number, message) => connection == 1 && number == Chosen ? misdeed(message) : ScriptedServer.Echo(message));
        LoadErrors errors = await RunAsync(LoadAgainst.Options(server) with { InFlight = inFlight });
        LoadAgainst.AssertOnly(errors, error);
    }

    [Test]
    public async Task Interim_answers_before_the_101_are_passed_over()
    {
        // All of them together are larger than a head may be.
        string interim = string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n", 2000));
        using ScriptedServer server = ScriptedServer.Echoing((request, _) => interim + ScriptedServer.Accept(request));
        (LoadClient client, _) = await LoadAgainst.RunAsync(LoadAgainst.Options(server), client => client.Messages > Chosen);
        Assert.That(client.Errors.Counts, Is.Empty);
        Assert.That(client.Messages, Is.GreaterThan(Chosen));
    }

    [Test]
    public async Task An_echo_that_is_overtaken_is_out_of_order()
    {
        WireFrame? held = null;
        using ScriptedServer server = ScriptedServer.Echoing((connection, number, message) =>
        {
            if (connection == 1 && number == Chosen)
            {
                held = message;
                return [];
            }

            return connection == 1 && number == Chosen + 1 ? [message, held!] : ScriptedServer.Echo(message);
        });
        LoadAgainst.AssertOnly(await RunAsync(LoadAgainst.Options(server) with { InFlight = 4 }), LoadError.EchoOutOfOrder);
    }

    [Test]
    public async Task The_echo_of_another_connection_is_not_mistaken_for_ones_own([Values(64, 9, 2)] int size)
    {
        byte[]? others = null;
        using ScriptedServer server = ScriptedServer.Echoing((connection, number, message) =>
        {
            if (connection == 2 && number == Chosen)
            {
                Volatile.Write(ref others, message.Payload);
            }

            // Waits until the other connection has got there.
            if (connection == 1 && number == Chosen)
            {
                SpinWait.SpinUntil(() => Volatile.Read(ref others) is not null, ServerProcess.Patience);
                return [message with { Payload = others! }];
            }

            return ScriptedServer.Echo(message);
        });
        LoadErrors errors = await RunAsync(LoadAgainst.Options(server) with { Connections = 2, MessageBytes = size });
        LoadAgainst.AssertOnly(errors, size == 64 ? LoadError.EchoMisdelivered : LoadError.EchoAltered);
    }

    [Test]
    public async Task A_Close_in_the_middle_is_counted_with_its_code()
    {
        using ScriptedServer server = ScriptedServer.Echoing((connection, number, message) =>
            connection == 1 && number == Chosen ? [WireFrame.Close(1013, "full\u001b[2J")] : ScriptedServer.Echo(message));
        LoadErrors errors = await RunAsync(LoadAgainst.Options(server) with { Connections = 2 });
        LoadAgainst.AssertOnly(errors, LoadError.ClosedByServer);
        Assert.That(errors.Counts[0].Example, Is.EqualTo("1013 TryAgainLater: full\\u{1b}[2J"));
        Assert.That(errors.CloseCodes, Is.EqualTo(new[] { (EchoServer.WebSockets.CloseCode.NormalClosure, 1L), (EchoServer.WebSockets.CloseCode.TryAgainLater, 1L) }));
    }

    [TestCase(true, nameof(LoadError.ConnectionReset))]
    [TestCase(false, nameof(LoadError.EndedWithoutClose))]
    public async Task A_connection_that_breaks_is_counted(bool isReset, string error)
    {
        using ScriptedServer server = LoadAgainst.Breaking(Chosen, isReset);
        LoadAgainst.AssertOnly(await RunAsync(LoadAgainst.Options(server)), Enum.Parse<LoadError>(error));
    }

    [Test]
    public async Task A_handshake_that_is_refused_is_counted_with_its_status()
    {
        using ScriptedServer server = ScriptedServer.Echoing(
            (request, connection) => connection is 1 or 2 ? LoadAgainst.Refusal : ScriptedServer.Accept(request));
        await using var client = new LoadClient(LoadAgainst.Options(server) with { Connections = 5 });
        await client.ConnectAsync();
        Assert.That(client.Opened, Is.EqualTo(3));
        LoadErrorCount error = client.Errors.Counts.Single();
        Assert.That(error, Is.EqualTo(new LoadErrorCount(LoadError.HandshakeRefused, 503, 2, "the handshake was answered with 503 Service Unavailable")));
    }

    [TestCase("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", TestName = "{m}(another key's answer)")]
    [TestCase("Upgrade: websocket\r\nConnection: Upgrade", TestName = "{m}(no answer to the key)")]
    [TestCase("Connection: Upgrade", TestName = "{m}(no upgrade)")]
    public async Task A_handshake_that_is_answered_wrongly_is_counted(string fields)
    {
        using ScriptedServer server = ScriptedServer.Echoing(
            (request, connection) => connection == 1 ? $"HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n\r\n" : ScriptedServer.Accept(request));
        LoadAgainst.AssertOnly(await RunAsync(LoadAgainst.Options(server) with { Connections = 2 }), LoadError.HandshakeInvalid);
    }

    [Test]
    public async Task A_handshake_that_is_not_answered_is_counted()
    {
        using var server = new ScriptedServer((peer, connection) =>
        {
            string answer = ScriptedServer.Accept(peer.ReadHead());
            if (connection == 1)
            {
                peer.ReadToEndAndDrop();
            }

            peer.Send(answer);
            ScriptedServer.EchoAll(peer, connection, (_, _, message) => ScriptedServer.Echo(message));
        });
        LoadAgainst.AssertOnly(await RunAsync(LoadAgainst.Options(server) with { Connections = 2 }), LoadError.ConnectTimedOut);
    }

    [Test]
    public async Task A_Close_that_is_not_answered_is_counted()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, connection) =>
        {
            while (peer.ReadFrame() is WireFrame frame)
            {
                if (frame.Opcode != WireFrame.CloseOpcode)
                {
                    peer.Send(frame with { Masked = false });
                }
            }
        });
        LoadAgainst.AssertOnly(await RunAsync(LoadAgainst.Options(server)), LoadError.CloseTimedOut);
    }

    [Test]
    public async Task A_frame_that_is_masked_is_a_violation()
    {
        using ScriptedServer server = LoadAgainst.Before(Chosen, (peer, message) => peer.Send(message));
        LoadErrors errors = await RunAsync(LoadAgainst.Options(server));
        LoadAgainst.AssertOnly(errors, LoadError.ProtocolViolation);
        Assert.That(errors.Counts[0].Example, Is.EqualTo("a frame from a server is masked"));
    }

    [Test]
    public async Task A_ping_is_answered_with_its_payload()
    {
        var pong = new TaskCompletionSource<byte[]>();
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            peer.Send(WireFrame.Ping([1, 2, 3]) with { Masked = false });
            WireFrame frame = peer.ReadOneFrame();
            pong.TrySetResult(frame is { Opcode: WireFrame.PongOpcode, Masked: true } ? frame.Payload : []);
            peer.Send((peer.ReadOneFrame() with { Masked = false }).ToBytes().AsSpan());
        });
        await using var client = new LoadClient(LoadAgainst.Options(server) with { IsHeldOnly = true });
        await client.ConnectAsync();
        Assert.That(await pong.Task.WaitAsync(ServerProcess.Patience), Is.EqualTo(new byte[] { 1, 2, 3 }));
        await client.CloseAsync();
        Assert.That(client.Errors.Counts, Is.Empty);
    }

    [Test]
    public async Task A_connection_that_ends_while_it_is_held_is_counted_and_the_others_stay()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, connection) =>
        {
            peer.Send(WireFrame.Text("not asked for") with { Masked = false });
            if (connection == 2)
            {
                peer.Send(WireFrame.Close(1001) with { Masked = false });
            }

            ScriptedServer.EchoAll(peer, connection, (_, _, message) => ScriptedServer.Echo(message));
        });
        await using var client = new LoadClient(LoadAgainst.Options(server) with { Connections = 5, IsHeldOnly = true });
        await client.ConnectAsync();
        LoadResult result = await LoadAgainst.RunAsync(client, client => client.Open == 4);
        Assert.That((client.Open, result.Messages), Is.EqualTo((4, 0L)));
        await client.CloseAsync();
        LoadAgainst.AssertOnly(client.Errors, LoadError.ClosedByServer);
        Assert.That(client.Errors.CloseCodes, Is.EqualTo(new[] { (EchoServer.WebSockets.CloseCode.NormalClosure, 4L), (EchoServer.WebSockets.CloseCode.GoingAway, 1L) }));
    }

    [TestCase("ws", "no memory left for a message of ")]
    [TestCase("tcp", "no memory left for ")]
    public async Task What_all_connections_keep_of_unfinished_messages_is_bounded(string scheme, string example)
    {
        // Room for one of them, and half of another.
        const int UnfinishedBytes = 100_000;
        using var server = new ScriptedServer((peer, connection) =>
        {
            if (scheme == "ws")
            {
                peer.Send(ScriptedServer.Accept(peer.ReadHead()));
            }

            peer.Send(scheme == "ws" ? (WireFrame.Binary(new byte[UnfinishedBytes]) with { Fin = false, Masked = false }).ToBytes() : new byte[UnfinishedBytes]);
            if (scheme == "ws")
            {
                ScriptedServer.EchoAll(peer, connection, (_, _, message) => [message]);
            }
            else
            {
                peer.ReadToEndAndDrop();
            }
        });
        await using var client = new LoadClient(LoadAgainst.Options(server) with
        {
            Connection = new ConnectionOptions { Url = new Uri($"{scheme}://127.0.0.1:{server.Url.Port}"), Timeout = Wait.Lapse },
            Connections = 2,
            MessageBytes = 2 * UnfinishedBytes,
            IsHeldOnly = true,
            MemoryBudgetBytes = 2 * UnfinishedBytes,
        });
        await client.ConnectAsync();
        await LoadAgainst.RunAsync(client, client => client.Open == 1);
        await client.CloseAsync();
        LoadAgainst.AssertOnly(client.Errors, LoadError.MessageTooLarge);
        Assert.That(client.Errors.Counts[0].Example, Does.StartWith(example));
    }

    [Test]
    public void The_bound_leaves_room_for_all_echoes()
    {
        LoadOptions options = LoadAgainst.Options(new Uri("ws://localhost"));
        Assert.That(options.MemoryBudgetBytes, Is.EqualTo(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4));
        Assert.That(
            (options with { Connections = 10_000, MessageBytes = LoadOptions.MaxMessageBytes }).MemoryBudgetBytes, Is.GreaterThan(20_000L * LoadOptions.MaxMessageBytes));
    }

    [Test]
    public async Task Raw_TCP_is_echoed_without_handshake_and_frames()
    {
        using var server = new ScriptedServer((peer, _) =>
        {
            byte[] buffer = new byte[1000];
            for (int length = peer.Socket.Receive(buffer); length > 0; length = peer.Socket.Receive(buffer))
            {
                peer.Send(buffer.AsSpan(0, length));
            }
        });
        var url = new Uri($"tcp://127.0.0.1:{server.Url.Port}");
        (LoadClient client, _) = await LoadAgainst.RunAsync(
            LoadAgainst.Options(server) with { Connection = new ConnectionOptions { Url = url }, Connections = 3, InFlight = 4, MessageBytes = 700 }, client => client.Messages > 12);
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
    }

    [Test]
    public async Task Fragments_and_pings_in_between_are_no_error()
    {
        using ScriptedServer server = ScriptedServer.Echoing((_, number, message) => number % 5 != 0 ? [message] :
        [
            message with { Payload = message.Payload[..7], Fin = false },
            WireFrame.Ping([1, 2, 3]),
            WireFrame.More(message.Payload[7..30]),
            WireFrame.More([]),
            WireFrame.More(message.Payload[30..], fin: true),
        ]);
        (LoadClient client, LoadResult result) = await LoadAgainst.RunAsync(
            LoadAgainst.Options(server) with { Connections = 3, InFlight = 7 }, client => client.Messages > 3 * 7);
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
        Assert.That(result.Latency.Count, Is.EqualTo(result.Messages));
    }

    private static async Task<LoadErrors> RunAsync(LoadOptions options)
    {
        // One connection alone has got to the chosen message by then; of several, one has an error to show for it.
        (LoadClient client, LoadResult result) = await LoadAgainst.RunAsync(
            options, client => client.Messages >= Chosen && (options.Connections == 1 || client.Errors.Counts.Count > 0));
        Assert.That(result.Messages, Is.GreaterThanOrEqualTo(Chosen));
        return client.Errors;
    }

    private static WireFrame With(WireFrame message, Action<byte[]> change)
    {
        byte[] bytes = [.. message.Payload];
        change(bytes);
        return message with { Payload = bytes };
    }
}
