using EchoServer.Server;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;

namespace EchoServer.Tests.Server;

/// <summary>What the application's callbacks may do, and what a callback that throws costs: its own connection, and no other.</summary>
internal sealed class CallbackTests
{
    private static IEnumerable<TestCaseData> Failures()
    {
        yield return Case("OnOpen", socket => socket.OnOpen = Fail);
        yield return Case("OnMessage", socket => socket.OnMessage = _ => Fail());
        yield return Case("while callbacks are set", _ => Fail());
        yield return Case("OnMessage and OnError", socket =>
        {
            socket.OnMessage = _ => Fail();
            socket.OnError = _ => Fail();
        });

        static TestCaseData Case(string name, Action<IWebSocketConnection> configure) =>
            new TestCaseData(configure).SetName($"{{m}}({name})");
    }

    [Test]
    public async Task Messages_that_were_received_are_answered_before_a_stopping_server_tells_their_client_to_go()
    {
        // The stop asks on a thread of its own, again and again.
        var asks = new ConcurrentBag<Task>();
        ServerContext? context = null;
        await using var server = InProcessServer.Start(socket => socket.OnMessage = message =>
        {
            Task ask = Task.Run(() => context!.Connections.ForEach(static (connection, isPatient) => connection.GoAway(isPatient), argument: true));
            asks.Add(ask);
            ask.Wait(ServerProcess.Patience);
            socket.Send(default, message);
        });
        context = server.Engine.Context;
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send([.. WireFrame.Text("first").ToBytes(), .. WireFrame.Text("second").ToBytes()]);
        Assert.That((peer.ReadText(), peer.ReadText()), Is.EqualTo(("first", "second")));
        await Task.WhenAll(asks);
        Task stop = server.StopAsync(ServerProcess.Patience);
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        peer.Dispose();
        await stop;
    }

    [Test]
    public async Task A_callback_that_sends_to_a_peer_that_is_gone_learns_nothing_of_it()
    {
        // Large messages go to the socket at once, which is broken.
        using var isReset = new ManualResetEventSlim();
        var arrived = new TaskCompletionSource();
        var sent = new TaskCompletionSource();
        var errors = new List<Exception>();
        var closed = new TaskCompletionSource();
        await using var server = InProcessServer.Start(socket =>
        {
            socket.OnMessage = message =>
            {
                arrived.SetResult();
                isReset.Wait(ServerProcess.Patience);
                for (int i = 0; i < 5; i++)
                {
                    socket.Send(new byte[100_000], message);
                    socket.Send("small"u8, message);
                }

                sent.SetResult();
            };
            socket.OnError = errors.Add;
            socket.OnClose = closed.SetResult;
        });
        RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Binary(new byte[50_000]));
        await arrived.Task.WaitAsync(ServerProcess.Patience);
        peer.Reset();
        isReset.Set();
        await sent.Task.WaitAsync(ServerProcess.Patience);
        await closed.Task.WaitAsync(ServerProcess.Patience);
        await server.WaitUntilEmptyAsync();
        Assert.That(errors, Is.Empty);
        Assert.That(server.Budget.Used, Is.Zero);
    }

    private static void Fail() => throw new InvalidOperationException("the handler's own fault");

    [TestCaseSource(nameof(Failures))]
    public async Task A_callback_that_throws_closes_its_connection_with_1011_and_no_other(Action<IWebSocketConnection> configure)
    {
        await using var server = InProcessServer.Start(socket =>
        {
            if (socket.Info.Path == "/bad")
            {
                configure(socket);
            }
            else
            {
                socket.OnMessage = message => socket.Send(default, message);
            }
        });
        using RawPeer good = RawPeer.Open(server.Port, "/good");
        using RawPeer bad = RawPeer.Open(server.Port, "/bad");
        bad.Send(WireFrame.Text("x"));
        Assert.That(bad.ReadOneFrame().CloseCode, Is.EqualTo(1011));
        bad.Send(WireFrame.Close(1011));
        Assert.That(bad.ReadToEnd(), Is.Empty);

        good.Send(WireFrame.Text("still here"));
        Assert.That(good.ReadText(), Is.EqualTo("still here"));
        LogLine[] errors = [.. server.Log.Lines.Where(line => line.Level == LogLevel.Error)];
        Assert.That(errors, Is.Not.Empty);
        Assert.That(errors[0].Text, Does.Contain("System.InvalidOperationException: the handler's own fault"));
    }

    [Test]
    public async Task An_exceptions_text_cannot_forge_log_lines()
    {
        await using var server = InProcessServer.Start(socket =>
            socket.OnMessage = message => throw new InvalidOperationException(message.ToString()));
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text("\u001b[31m\r\nforged"));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1011));
        LogLine error = server.Log.Lines.Single(line => line.Level == LogLevel.Error);
        Assert.That(error.Text, Does.Contain(@"\u{1b}[31m\r\nforged").And.Not.Contain("\n").And.Not.Contain("\u001b"));
    }

    [Test]
    public async Task OnError_gets_the_exception_and_OnClose_comes_last_and_once()
    {
        var events = new List<string>();
        await using var server = InProcessServer.Start(socket =>
        {
            socket.OnOpen = () => events.Add("open");
            socket.OnMessage = _ => Fail();
            socket.OnError = exception => events.Add(exception.Message);
            socket.OnClose = () => events.Add("close");
        });
        using (RawPeer peer = RawPeer.Open(server.Port))
        {
            // The second message is not processed any more.
            peer.Send(WireFrame.Join(WireFrame.Text("x"), WireFrame.Text("y")));
            peer.ReadOneFrame();
        }

        await server.WaitUntilEmptyAsync();
        Assert.That(events, Is.EqualTo(["open", "the handler's own fault", "close"]));
    }

    [Test]
    public async Task An_exception_out_of_OnClose_is_logged()
    {
        await using var server = InProcessServer.Start(socket => socket.OnClose = Fail);
        RawPeer.Open(server.Port).Dispose();
        await server.WaitUntilEmptyAsync();
        await server.UntilLoggedAsync("System.InvalidOperationException: the handler's own fault");
        Assert.That(server.Log.Lines, Has.One.Property(nameof(LogLine.Level)).EqualTo(LogLevel.Error));
    }

    [Test]
    public async Task Info_says_who_is_connected_and_what_was_asked_for()
    {
        ConnectionInfo? info = null;
        await using var server = InProcessServer.Start(socket => info = socket.Info);
        using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/a%20b?q=1", "Origin: https://example.org", "Sec-WebSocket-Protocol: chat"));
        peer.ReadHead();
        Assert.That(info, Is.EqualTo(new ConnectionInfo(
            1, (System.Net.IPEndPoint)peer.Socket.LocalEndPoint!, "/a%20b", "q=1", "localhost", "https://example.org", "chat")));
    }

    [Test]
    public async Task Info_is_known_until_the_connection_is_open()
    {
        string? path = null;
        Exception? failure = null;
        await using var server = InProcessServer.Start(socket =>
        {
            socket.OnOpen = () => path = socket.Info.Path;
            socket.OnMessage = message => failure = Assert.Throws<InvalidOperationException>(() => _ = socket.Info);
            socket.OnMessage += message => socket.Send($"{socket.Id}");
        });
        using RawPeer peer = RawPeer.Open(server.Port, "/here");
        peer.Send(WireFrame.Text("x"));
        Assert.That(peer.ReadText(), Is.EqualTo("1"));
        Assert.That((path, failure?.Message), Is.EqualTo(("/here", "the request is known only until the connection is open")));
    }

    [Test]
    public async Task What_is_sent_after_Close_stays_unsent()
    {
        await using var server = InProcessServer.Start(socket => socket.OnMessage = message =>
        {
            socket.Send("before");
            socket.Close(CloseCode.NormalClosure, "enough");
            socket.Send("after");
            socket.Close(CloseCode.GoingAway);
        });
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text("x"));
        Assert.That(peer.ReadText(), Is.EqualTo("before"));
        WireFrame close = peer.ReadOneFrame();
        Assert.That((close.CloseCode, close.CloseReason), Is.EqualTo((1000, "enough")));
        peer.Send(WireFrame.Close(1000));
        Assert.That(peer.ReadToEnd(), Is.Empty);
    }

    [Test]
    public async Task A_code_that_may_not_be_sent_is_the_callers_mistake()
    {
        Exception? thrown = null;
        await using var server = InProcessServer.Start(socket => socket.OnOpen = () =>
            thrown = Assert.Throws<ArgumentOutOfRangeException>(() => socket.Close(CloseCode.AbnormalClosure)));
        using RawPeer peer = RawPeer.Open(server.Port);
        Assert.That(thrown, Is.Not.Null);
    }
}
