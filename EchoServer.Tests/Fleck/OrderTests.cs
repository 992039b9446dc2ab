using System.Collections.Concurrent;
using EchoServer.Echo;
using EchoServer.Server;
using StubConnection = global::Fleck.StubConnection;

namespace EchoServer.Tests.Fleck;

/// <summary>Fleck's events in every order that it raises them, and what the application and the client see: always the same order.</summary>
[NonParallelizable]
internal sealed class OrderTests
{
    private const string Greeting = "text Hi, this is the Echo-Server";

    [TestCase("open message", new[] { Greeting, "text Echo: x" })]
    [TestCase("message open", new[] { Greeting, "text Echo: x" })]
    [TestCase("message message open", new[] { Greeting, "text Echo: x", "text Echo: x" })]
    [TestCase("binary open message", new[] { Greeting, "binary 00-FF", "text Echo: x" })]
    [TestCase("open open message", new[] { Greeting, "text Echo: x" })]
    [TestCase("ping open", new[] { "pong 01-02", Greeting })]
    [TestCase("open ping message", new[] { Greeting, "pong 01-02", "text Echo: x" })]
    public async Task The_greeting_is_first_whatever_Fleck_raises_first(string events, string[] sent)
    {
        await using StubbedServer server = StartEcho();
        StubConnection connection = server.Stub.Accept();
        foreach (string name in events.Split(' '))
        {
            Raise(connection, name);
        }

        Assert.That(connection.Sent, Is.EqualTo(sent));
    }

    [TestCase("/raw", new[] { "text x", "binary 00-FF" })]
    [TestCase("/raw?q=1", new[] { "text x", "binary 00-FF" })]
    [TestCase("/other", new[] { Greeting, "text Echo: x", "binary 00-FF" })]
    public async Task Raw_echoes_and_nothing_else(string path, string[] sent)
    {
        await using StubbedServer server = StartEcho();
        StubConnection connection = server.Open(path);
        Raise(connection, "message");
        Raise(connection, "binary");
        Assert.That(connection.Sent, Is.EqualTo(sent));
    }

    [Test]
    public async Task What_comes_while_the_application_opens_waits_and_holds_up_nobody()
    {
        using var opening = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var seen = new ConcurrentQueue<string>();
        await using StubbedServer server = StubbedServer.Start(socket =>
        {
            socket.OnOpen = () =>
            {
                opening.Set();
                goOn.Wait(ServerProcess.Patience);
                seen.Enqueue("open");
            };
            socket.OnMessage = message => seen.Enqueue(message.ToString());
            socket.OnClose = () => seen.Enqueue("close");
        });
        StubConnection connection = server.Stub.Accept();
        Task open = Task.Run(connection.OnOpen);
        Assert.That(opening.Wait(ServerProcess.Patience), Is.True);

        // Would not come back if it waited for the application.
        connection.OnMessage("one");
        connection.OnMessage("two");
        connection.OnClose();
        Assert.That(seen, Is.Empty);
        goOn.Set();
        await open;
        Assert.That(seen, Is.EqualTo(["open", "one", "two", "close"]));
    }

    [Test]
    public async Task The_end_comes_once_and_last_also_when_Fleck_raises_it_inside_a_callback_of_ours()
    {
        var seen = new List<string>();
        await using StubbedServer server = StubbedServer.Start(socket =>
        {
            socket.OnMessage = _ =>
            {
                socket.Close();
                seen.Add("message is done");
            };
            socket.OnClose = () => seen.Add("close");
        });
        StubConnection connection = server.Open();
        connection.OnMessage("x");
        connection.OnClose();
        connection.OnMessage("too late");
        Assert.That(seen, Is.EqualTo(["message is done", "close"]));
    }

    [Test]
    public async Task A_connection_that_ends_before_it_opens_is_none_of_the_applications_business()
    {
        var seen = new List<string>();
        await using StubbedServer server = StubbedServer.Start(socket =>
        {
            seen.Add("configure");
            socket.OnOpen = () => seen.Add("open");
            socket.OnClose = () => seen.Add("close");
        });
        StubConnection connection = server.Stub.Accept();
        connection.OnClose();
        connection.OnOpen();
        connection.OnMessage("x");
        Assert.That(seen, Is.Empty);
    }

    [Test]
    public async Task Fleck_raises_no_end_after_a_reset_and_the_application_gets_one_all_the_same()
    {
        int ends = 0;
        await using StubbedServer server = StubbedServer.Start(socket => socket.OnClose = () => ends++);
        StubConnection connection = server.Open();
        connection.OnError(new InvalidDataException("the client broke a rule, Fleck is about to say so"));
        Assert.That(ends, Is.Zero);
        connection.IsAvailable = false;
        connection.OnError(new IOException("reset"));
        connection.OnError(new IOException("reset again"));
        Assert.That(ends, Is.EqualTo(1));
    }

    [Test]
    public async Task Two_connections_may_send_to_each_other_at_once()
    {
        var sockets = new ConcurrentDictionary<string, IWebSocketConnection>();
        await using StubbedServer server = StubbedServer.Start(socket =>
        {
            sockets[socket.Info.Path] = socket;
            socket.OnMessage = message => sockets[socket.Info.Path == "/a" ? "/b" : "/a"].Send(default, message);
        });
        StubConnection a = server.Open("/a");
        StubConnection b = server.Open("/b");
        const int count = 10_000;
        Task both = Task.WhenAll(
            Task.Run(() => Repeat(count, () => a.OnMessage("from a"))), Task.Run(() => Repeat(count, () => b.OnMessage("from b"))));
        await both.WaitAsync(ServerProcess.Patience);
        Assert.That(a.Sent, Has.Count.EqualTo(count).And.All.EqualTo("text from b"));
        Assert.That(b.Sent, Has.Count.EqualTo(count).And.All.EqualTo("text from a"));
    }

    [Test]
    public async Task Callbacks_of_many_connections_never_overlap_within_one()
    {
        int overlaps = 0;
        int ends = 0;
        await using StubbedServer server = StubbedServer.Start(socket =>
        {
            int inside = 0;
            int messages = 0;
            socket.OnOpen = () => socket.Send("open");
            socket.OnMessage = message =>
            {
                overlaps += Interlocked.Increment(ref inside) - 1;
                Assert.That(message.ToString(), Is.EqualTo($"{messages++}"));
                socket.Send(default, message);
                Interlocked.Decrement(ref inside);
            };
            socket.OnClose = () => Interlocked.Increment(ref ends);
        });
        StubConnection[] connections = [.. Enumerable.Range(0, 1000).Select(i => server.Stub.Accept($"/{i}"))];
        await Parallel.ForEachAsync(connections, async (connection, _) =>
        {
            Task open = Task.Run(connection.OnOpen, CancellationToken.None);
            for (int i = 0; i < 20; i++)
            {
                connection.OnMessage($"{i}");
            }

            await open;
            connection.OnClose();
        });
        await Wait.UntilAsync(() => Volatile.Read(ref ends) == connections.Length, () => $"{ends} connections ended");
        string[] expected = ["text open", .. Enumerable.Range(0, 20).Select(i => $"text {i}")];
        Assert.That(connections.Select(connection => connection.Sent), Is.All.EqualTo(expected));
        Assert.That(overlaps, Is.Zero);
    }

    private static StubbedServer StartEcho() => StubbedServer.Start(
        (server, log) => EchoHandlers.Start(server, new EchoOptions(), log.CreateLogger("Echo")));

    private static void Raise(StubConnection connection, string name)
    {
        switch (name)
        {
            case "open":
                connection.OnOpen();
                break;
            case "message":
                connection.OnMessage("x");
                break;
            case "binary":
                connection.OnBinary([0, 0xFF]);
                break;
            default:
                connection.OnPing([1, 2]);
                break;
        }
    }

    private static void Repeat(int count, Action action)
    {
        for (int i = 0; i < count; i++)
        {
            action();
        }
    }
}
