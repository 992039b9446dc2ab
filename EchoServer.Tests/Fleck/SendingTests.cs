using EchoServer.Server;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;
using StubConnection = global::Fleck.StubConnection;

namespace EchoServer.Tests.Fleck;

/// <summary>What the application sends and closes with over Fleck, and what its and Fleck's failures cost.</summary>
[NonParallelizable]
internal sealed class SendingTests
{
    [Test]
    public async Task What_is_sent_after_Close_stays_unsent()
    {
        await using StubbedServer server = StubbedServer.Start(socket => socket.OnMessage = message =>
        {
            socket.Send("before");
            socket.Close(CloseCode.GoingAway);
            socket.Send("after");
            socket.Send(default, message);
            socket.Close(CloseCode.NormalClosure);
        });
        StubConnection connection = server.Open();
        connection.OnMessage("x");
        connection.OnPing([1]);
        Assert.That(connection.Sent, Is.EqualTo(["text before", "close 1001"]));
    }

    [Test]
    public async Task What_is_sent_once_Fleck_is_closing_by_itself_stays_unsent()
    {
        await using StubbedServer server = StubbedServer.Start(Echo);
        StubConnection connection = server.Open();
        connection.IsAvailable = false;
        connection.OnMessage("x");
        Assert.That(connection.Sent, Is.Empty);
    }

    [Test]
    public async Task A_prefix_goes_before_text_and_before_bytes()
    {
        await using StubbedServer server = StubbedServer.Start(socket =>
            socket.OnMessage = message => socket.Send("€ "u8, message));
        StubConnection connection = server.Open();
        connection.OnMessage("Grüße \U0001F600");
        connection.OnBinary([1]);
        connection.OnMessage("");
        Assert.That(connection.Sent, Is.EqualTo(["text € Grüße \U0001F600", "binary E2-82-AC-20-01", "text € "]));
    }

    private static IEnumerable<TestCaseData> Callbacks()
    {
        yield return Case("OnOpen", socket => socket.OnOpen = Fault);
        yield return Case("OnMessage", socket => socket.OnMessage = _ => Fault());
        yield return Case("while callbacks are set", _ => Fault());
        yield return Case("OnMessage and OnError", socket =>
        {
            socket.OnMessage = _ => Fault();
            socket.OnError = _ => Fault();
        });

        static TestCaseData Case(string name, Action<IWebSocketConnection> configure) =>
            new TestCaseData(configure).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(Callbacks))]
    public async Task A_callback_that_throws_closes_its_connection_with_1011_and_no_other(Action<IWebSocketConnection> configure)
    {
        await using StubbedServer server = StubbedServer.Start(socket => (socket.Info.Path == "/bad" ? configure : Echo)(socket));
        StubConnection good = server.Open("/good");
        StubConnection bad = server.Open("/bad");
        bad.OnMessage("x");
        bad.OnMessage("y");
        good.OnMessage("still here");
        Assert.That(bad.Sent, Is.EqualTo(["close 1011"]));
        Assert.That(good.Sent, Is.EqualTo(["text still here"]));
        Assert.That(server.Log.Lines.Where(line => line.Level == LogLevel.Error).Select(line => line.Text), Has.Some.Contains("a fault of the handler"));
    }

    [Test]
    public async Task OnError_gets_the_exception_and_an_exception_out_of_OnClose_is_logged()
    {
        var seen = new List<string>();
        await using StubbedServer server = StubbedServer.Start(socket =>
        {
            socket.OnMessage = _ => Fault();
            socket.OnError = exception => seen.Add(exception.Message);
            socket.OnClose = () =>
            {
                seen.Add("close");
                Fault();
            };
        });
        server.Open().OnMessage("x");
        Assert.That(seen, Is.EqualTo(["a fault of the handler", "close"]));
        Assert.That(server.Log.Lines.Count(line => line.Level == LogLevel.Error), Is.EqualTo(2));
    }

    [Test]
    public async Task A_send_that_fails_in_whatever_way_is_looked_at_and_reaches_nobody()
    {
        var unobserved = new List<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs unlooked) => unobserved.Add(unlooked.Exception);
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            await using StubbedServer server = StubbedServer.Start(Echo);
            StubConnection connection = server.Open();
            SendInEveryWay(connection);
            Assert.That(connection.Sent, Has.Count.EqualTo(6));

            // The finalizer of a task reports an exception that was not observed.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.That(unobserved, Is.Empty);
            Assert.That(server.Log.Lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Category), Is.EqualTo(["Server"]));
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }
    }

    [Test]
    public async Task A_code_that_may_not_be_sent_is_the_callers_mistake()
    {
        Exception? thrown = null;
        await using StubbedServer server = StubbedServer.Start(socket => socket.OnOpen = () =>
            thrown = Assert.Throws<ArgumentOutOfRangeException>(() => socket.Close(CloseCode.AbnormalClosure)));
        Assert.That(server.Open().Sent, Is.Empty);
        Assert.That(thrown, Is.Not.Null);
    }

    [Test]
    public async Task Info_says_who_is_connected_and_what_was_asked_for()
    {
        ConnectionInfo? info = null;
        await using StubbedServer server = StubbedServer.Start(socket => info = socket.Info);
        server.Stub.Accept("/a%20b?q=1", "https://example.org", "chat").OnOpen();
        Assert.That(info, Is.EqualTo(new ConnectionInfo(
            1, System.Net.IPEndPoint.Parse("192.0.2.7:1234"), "/a%20b", "localhost", "https://example.org", "chat")));
    }

    private static void SendInEveryWay(StubConnection connection)
    {
        foreach (Func<Task?> sending in (Func<Task?>[])
            [
                () => Task.FromException(new IOException("no more")),
                () => null,
                () => throw new ObjectDisposedException("its socket"),
            ])
        {
            connection.Sending = sending!;
            connection.OnMessage("x");
            connection.OnPing([1]);
        }
    }

    private static void Echo(IWebSocketConnection socket) => socket.OnMessage = message => socket.Send(default, message);

    private static void Fault() => throw new InvalidOperationException("a fault of the handler");
}
