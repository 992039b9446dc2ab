using System.Collections.Concurrent;
using EchoServer.Server;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;
using FleckLog = global::Fleck.FleckLog;

namespace EchoServer.Tests.Fleck;

/// <summary>The seam over Fleck: order of the callbacks, sends, and the cost of a callback that fails.</summary>
[NonParallelizable]
internal sealed class CallbackTests
{
    [Test]
    public async Task The_first_lines_say_where_it_listens_and_what_it_cannot_do_and_Fleck_says_the_rest_at_Debug()
    {
        await using RunningServer server = RunningServer.Echo();
        FleckLog.LogAction(global::Fleck.LogLevel.Error, "forged\r\n", new IOException("gone"));
        Assert.That(server.Log.Lines.Select(line => (line.Category, line.Level, line.Text)), Is.EqualTo(
            [
                ("EchoServer", LogLevel.Information, $"Listening on ws://127.0.0.1:{server.Port}"),
                ("Server", LogLevel.Warning,
                    "Fleck engine: no page, health, info and metrics, no compression, no limits on messages, memory, connections and time; " +
                    "given but ignored: --max-fragments"),
                ("Fleck", LogLevel.Debug, @"forged\r\n: IOException: gone"),
            ]));
    }

    [Test]
    public async Task Callbacks_come_in_order_and_the_end_last_and_once()
    {
        var seen = new ConcurrentQueue<string>();
        ConnectionInfo? info = null;
        await using var server = new RunningServer(socket =>
        {
            info = socket.Info;
            socket.OnOpen = () => socket.Send("hello");
            socket.OnMessage = message =>
            {
                Assert.Throws<ArgumentOutOfRangeException>(() => socket.Close(CloseCode.AbnormalClosure));
                socket.Send("€ "u8, message);
                socket.Close(CloseCode.GoingAway);
                socket.Send("too late");
                seen.Enqueue($"{message.ToString()} is done");
            };
            socket.OnClose = () => seen.Enqueue("close");
        });
        using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/a%20b?q=1", "Origin: https://example.org"));
        peer.ReadHead();
        peer.Send(WireFrame.Join([WireFrame.Text("Grüße"), WireFrame.Text("second")]));
        Assert.That((peer.ReadText(), peer.ReadText(), peer.ReadOneFrame().CloseCode), Is.EqualTo(("hello", "€ Grüße", 1001)));
        Assert.That(peer.ReadToEnd(), Is.Empty);
        Assert.That(info, Is.EqualTo(new ConnectionInfo(
            1, (System.Net.IPEndPoint)peer.Socket.LocalEndPoint!, "/a%20b", "q=1", "localhost", "https://example.org", null)));
        peer.Dispose();
        await server.UntilEmptyAsync();
        await server.UntilLoggedAsync("Connection #1 closed: 1001 GoingAway; messages received 1");
        Assert.That(seen, Is.EqualTo(["Grüße is done", "close"]));
    }

    [Test]
    public async Task Two_connections_may_send_to_each_other_at_once()
    {
        const int count = 1000;
        var sockets = new ConcurrentDictionary<string, IWebSocketConnection>();
        await using var server = new RunningServer(socket =>
        {
            string other = socket.Info.Path == "/a" ? "/b" : "/a";
            sockets[socket.Info.Path] = socket;
            socket.OnMessage = message => sockets[other].Send(default, message);
            socket.OnOpen = () => socket.Send("open");
        });
        using RawPeer a = server.Open("/a");
        using RawPeer b = server.Open("/b");
        Assert.That((a.ReadText(), b.ReadText()), Is.EqualTo(("open", "open")));
        string[] texts = [.. Enumerable.Range(0, count).Select(i => $"{i}")];
        byte[] frames = WireFrame.Join(texts.Select(text => WireFrame.Text(text)));
        await Task.WhenAll(Task.Run(() => a.Send(frames)), Task.Run(() => b.Send(frames)));
        Assert.That(texts.Select(_ => a.ReadText()), Is.EqualTo(texts));
        Assert.That(texts.Select(_ => b.ReadText()), Is.EqualTo(texts));
    }

    [TestCase("configure")]
    [TestCase("OnOpen")]
    [TestCase("OnMessage OnError")]
    public async Task A_callback_that_throws_closes_its_connection_with_1011_and_no_other(string callbacks)
    {
        void Fault(string name)
        {
            if (callbacks.Contains(name, StringComparison.Ordinal))
            {
                throw new InvalidOperationException("a fault of the handler");
            }
        }

        await using var server = new RunningServer(socket =>
        {
            socket.OnMessage = message => socket.Send(default, message);
            if (socket.Info.Path == "/bad")
            {
                socket.OnOpen = () => Fault("OnOpen");
                socket.OnMessage = _ => Fault("OnMessage");
                socket.OnError = _ => Fault("OnError");
                socket.OnClose = () => throw new InvalidOperationException("at the end");
                Fault("configure");
            }
        });
        using RawPeer good = server.Open("/good");
        using RawPeer bad = server.Open("/bad");
        bad.Send(WireFrame.Text("x"));
        Assert.That(bad.ReadOneFrame().CloseCode, Is.EqualTo(1011));
        bad.Dispose();
        good.Send(WireFrame.Text("still here"));
        Assert.That(good.ReadText(), Is.EqualTo("still here"));
        await server.UntilLoggedAsync("at the end");
        Assert.That(server.Log.Lines.Count(line => line.Level == LogLevel.Error), Is.EqualTo(callbacks.Split(' ').Length + 1));
    }
}
