using EchoServer.Server;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;
using FleckLog = global::Fleck.FleckLog;

namespace EchoServer.Tests.Fleck;

/// <summary>An open WebSocket of Fleck's under the built-in engine: the order of the callbacks, sends, and the limits that Fleck lacks.</summary>
[NonParallelizable]
internal sealed class SessionTests
{
    [Test]
    public async Task The_first_lines_say_where_it_listens_and_what_it_cannot_do_and_Fleck_says_the_rest_at_Debug()
    {
        await using InProcessServer server = StartEcho();
        FleckLog.LogAction(global::Fleck.LogLevel.Error, "forged\r\n", new IOException("gone"));
        Assert.That(server.Log.Lines.Where(line => !line.Text.StartsWith("At most", StringComparison.Ordinal)).Select(line => (line.Category, line.Level, line.Text)), Is.EqualTo(
            [
                ("EchoServer", LogLevel.Information, $"Listening on ws://127.0.0.1:{server.Port}"),
                ("Server", LogLevel.Warning, "Fleck engine: no compression; given but ignored: --compression"),
                ("Fleck", LogLevel.Debug, @"forged\r\n: IOException: gone"),
            ]));
    }

    [Test]
    public async Task Callbacks_come_in_order_and_the_end_last_and_once()
    {
        var seen = new ConcurrentQueue<string>();
        ConnectionInfo? info = null;
        await using var server = InProcessServer.StartFleck(socket =>
        {
            info = socket.Info;
            socket.OnOpen = () => socket.Send("hello");
            socket.OnMessage = message =>
            {
                Assert.Throws<ArgumentOutOfRangeException>(() => socket.Close(CloseCode.AbnormalClosure));
                socket.Send("€ "u8, message);
                socket.Close(CloseCode.GoingAway, "enough");
                socket.Send("too late");
                seen.Enqueue($"{message.ToString()} is done");
            };
            socket.OnClose = () => seen.Enqueue("close");
        });
        using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/a%20b?q=1", "Origin: https://example.org", "Sec-WebSocket-Protocol: chat"));
        Assert.That(peer.ReadHead(), Does.Contain("\r\nSec-WebSocket-Protocol: chat\r\n"));
        peer.Send(WireFrame.Join([WireFrame.Text("Grüße"), WireFrame.Text("second"), WireFrame.Close(1001)]));
        Assert.That((peer.ReadText(), peer.ReadText()), Is.EqualTo(("hello", "€ Grüße")));
        WireFrame close = peer.ReadOneFrame();
        Assert.That((close.CloseCode, close.CloseReason), Is.EqualTo((1001, "enough")));
        Assert.That(peer.ReadToEnd(), Is.Empty);
        Assert.That(info, Is.EqualTo(new ConnectionInfo(
            1, (System.Net.IPEndPoint)peer.Socket.LocalEndPoint!, "/a%20b", "q=1", "localhost", "https://example.org", "chat")));
        peer.Dispose();
        await server.WaitUntilEmptyAsync();
        await server.UntilLoggedAsync("Connection #1 closed: 1001 GoingAway, closed by the application (cause application); messages received 1, ");
        Assert.That(seen, Is.EqualTo(["Grüße is done", "close"]));
    }

    [Test]
    public async Task Two_connections_may_send_to_each_other_at_once()
    {
        const int count = 1000;
        var sockets = new ConcurrentDictionary<string, IWebSocketConnection>();
        await using var server = InProcessServer.StartFleck(socket =>
        {
            string other = socket.Info.Path == "/a" ? "/b" : "/a";
            sockets[socket.Info.Path] = socket;
            socket.OnMessage = message => sockets[other].Send(default, message);
            socket.OnOpen = () => socket.Send("open");
        });
        using RawPeer a = RawPeer.Open(server.Port, "/a");
        using RawPeer b = RawPeer.Open(server.Port, "/b");
        Assert.That((a.ReadText(), b.ReadText()), Is.EqualTo(("open", "open")));
        string[] texts = [.. Enumerable.Range(0, count).Select(i => $"{i}")];
        byte[] frames = WireFrame.Join(texts.Select(text => WireFrame.Text(text)));
        await Task.WhenAll(Task.Run(() => a.Send(frames)), Task.Run(() => b.Send(frames)));
        Assert.That(texts.Select(_ => a.ReadText()), Is.EqualTo(texts));
        Assert.That(texts.Select(_ => b.ReadText()), Is.EqualTo(texts));
    }

    [Test]
    public async Task Input_that_arrives_in_parts_loses_no_frame([Values(1, 4096, 100_000)] int bytesInPart)
    {
        await using InProcessServer server = StartEcho();
        using var peer = new RawPeer(server.Port);
        string[] lines = [.. Enumerable.Range(0, 28).Select(i => $"X-Line-{i}: value"), $"Cookie: {new string(';', 2100)}{new string(' ', 2100)}"];
        string[] texts = [new string('x', 9000), "", "b", new string('y', 70_000)];
        peer.SendChopped(
            [.. Encoding.ASCII.GetBytes(RawPeer.UpgradeRequest("/raw", lines)), .. WireFrame.Join(texts.Select(text => WireFrame.Text(text)))], bytesInPart);
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 101 "));
        Assert.That(texts.Select(_ => peer.ReadText()), Is.EqualTo(texts));
    }

    private static IEnumerable<TestCaseData> Violations()
    {
        static TestCaseData Case(string name, int code, params WireFrame[] frames) => new TestCaseData(code, frames).SetArgDisplayNames(name);
        yield return Case("not masked", 1002, WireFrame.Text("x") with { Masked = false });
        yield return Case("not UTF-8", 1007, WireFrame.Text([0xFF]));
        yield return Case("over the limit", 1009, WireFrame.Binary(new byte[1001]));
        yield return Case("over the limit by far, as declared", 1009, WireFrame.Binary([]) with { LengthForm = LengthForm.Bits64, DeclaredLength = long.MaxValue });
        yield return Case("over the limit with the fragment before", 1009, WireFrame.Binary(new byte[600], fin: false), WireFrame.More(new byte[401], fin: true));
        yield return Case("more fragments than may be", 1008, WireFrame.Text("", fin: false), WireFrame.More([]), WireFrame.More([]), WireFrame.More([], fin: true));
        yield return Case("a message inside another", 1002, WireFrame.Text("a", fin: false), WireFrame.Text("b"));
        yield return Case("nothing to continue", 1002, WireFrame.More([1], fin: true));
        yield return Case("no memory", 1013, WireFrame.Binary(new byte[600], fin: false));
        yield return Case("never ends", 1008, WireFrame.Binary(new byte[10], fin: false));
        yield return Case("a frame that never ends", 1008, WireFrame.Binary([1]) with { DeclaredLength = 5 });
    }

    [TestCaseSource(nameof(Violations))]
    public async Task A_violation_gets_its_Close_and_leaves_no_memory_taken(int code, WireFrame[] frames)
    {
        await using InProcessServer server = StartEcho(new ServerOptions
        {
            MaxMessageBytes = 1000,
            MaxFragments = 3,
            MemoryBudgetBytes = code == 1013 ? 1000 : null,
            MessageTimeout = code == 1008 && frames.Length == 1 ? TimeSpan.FromMilliseconds(10) : null,
        });
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text("first"));
        Assert.That(peer.ReadText(), Is.EqualTo("first"));
        peer.Send(WireFrame.Join(frames));
        WireFrame close = peer.ReadOneFrame();
        Assert.That((close.Opcode, close.CloseCode, close.CloseReason.Length > 0), Is.EqualTo((WireFrame.CloseOpcode, code, true)));
        peer.Dispose();
        await server.WaitUntilEmptyAsync();
        Assert.That(server.Budget.Used, Is.Zero);
    }

    [Test]
    public async Task A_message_that_arrives_whole_needs_no_memory_of_the_budget()
    {
        await using InProcessServer server = StartEcho(new ServerOptions { MemoryBudgetBytes = 1 });
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text("x"));
        Assert.That(peer.ReadText(), Is.EqualTo("x"));
    }

    [Test]
    public async Task A_callback_that_throws_closes_its_connection_with_1011()
    {
        await using var server = InProcessServer.StartFleck(
            socket => socket.OnMessage = _ => throw new InvalidOperationException("a fault of the handler"));
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text("x"));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1011));
        await server.UntilLoggedAsync("a fault of the handler");
    }

    [Test]
    public async Task Connections_that_end_in_whatever_way_leave_no_exception_unobserved_and_no_line()
    {
        var unobserved = new List<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs exception) => unobserved.Add(exception.Exception);
        TaskScheduler.UnobservedTaskException += Note;
        await using InProcessServer server = StartEcho();
        for (int i = 0; i < 50; i++)
        {
            using RawPeer closed = RawPeer.Open(server.Port);
            closed.Send(WireFrame.Join([WireFrame.Text("a", fin: false), WireFrame.Ping([1]), WireFrame.More([0x62], fin: true), WireFrame.Pong([2]), WireFrame.Close(4000), WireFrame.Ping([1]), WireFrame.Text("late")]));
            WireFrame pong = closed.ReadOneFrame();
            Assert.That((pong.Opcode, pong.Payload), Is.EqualTo((WireFrame.PongOpcode, new byte[] { 1 })));
            Assert.That(closed.ReadText(), Is.EqualTo("ab"));
            Assert.That(closed.ReadOneFrame().CloseCode, Is.EqualTo(4000));
            Assert.That(closed.ReadToEnd(), Is.Empty);
            RawPeer.Open(server.Port).Reset();
        }

        await server.WaitUntilEmptyAsync();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException -= Note;
        Assert.That(unobserved, Is.Empty);
        Assert.That(server.Log.Lines.Where(line => line.Level > LogLevel.Information).Select(line => line.Category), Is.EqualTo(["Server"]));
    }

    private static InProcessServer StartEcho(ServerOptions? options = null) =>
        InProcessServer.StartFleck(socket => socket.OnMessage = message => socket.Send(default, message), options);
}
