using System.Net;
using System.Net.Sockets;
using EchoServer.Fleck;
using EchoServer.Server;
using Microsoft.Extensions.Logging;
using FleckStub = global::Fleck.WebSocketServer;
using StubConnection = global::Fleck.StubConnection;
using StubListener = global::Fleck.StubListener;

namespace EchoServer.Tests.Fleck;

/// <summary>The adapter as a server: address, first log line, origin check, stop.</summary>
[NonParallelizable]
internal sealed class ServerTests
{
    [Test]
    public async Task It_says_where_it_listens_before_anything_else_and_then_in_one_line_what_it_cannot_do()
    {
        await using StubbedServer server = StubbedServer.Start(_ => { }, null, "--max-fragments", "ECHO_SEND_TIMEOUT");
        Assert.That(server.Adapter.EndPoint, Is.EqualTo(new IPEndPoint(IPAddress.Loopback, server.Stub.Port)));
        Assert.That(server.Log.Lines.Select(line => (line.Category, line.Level, line.Text)), Is.EqualTo(
            [
                ("EchoServer", LogLevel.Information, $"Listening on ws://127.0.0.1:{server.Stub.Port}"),
                ("Server", LogLevel.Warning,
                    "Fleck engine: no answer to a plain HTTP GET (page, health, info, metrics), no compression, no limits on messages, " +
                    "memory, connections and time; given but ignored: --max-fragments, ECHO_SEND_TIMEOUT"),
                ("Fleck", LogLevel.Information, $"Server started at ws://127.0.0.1:0 (actual port {server.Stub.Port})"),
            ]));
    }

    [Test]
    public async Task A_client_that_comes_while_Fleck_still_starts_does_not_get_before_that_line()
    {
        StubConnection? early = null;
        FleckStub.DuringNextStart = stub =>
        {
            early = stub.Accept();
            early.OnMessage("x");
        };
        await using StubbedServer server = StubbedServer.Start(socket => socket.OnMessage = message => socket.Send(default, message));
        Assert.That(early!.Sent, Is.EqualTo(["text x"]));
        Assert.That(
            server.Log.Lines.Select(line => line.Category), Is.EqualTo(["EchoServer", "Server", "Fleck", "Server"]), "the last one is the connection's");
    }

    [Test]
    public async Task Nothing_is_said_of_settings_when_none_was_given_in_vain()
    {
        await using StubbedServer server = StubbedServer.Start(_ => { });
        Assert.That(server.Log.Lines.ElementAt(1).Text, Does.EndWith("connections and time"));
    }

    [Test]
    public async Task Listeners_have_NoDelay_also_the_one_that_Fleck_puts_in_a_failed_ones_place()
    {
        await using StubbedServer server = StubbedServer.Start(_ => { });
        Assert.That((server.Stub.ListenerSocket.NoDelay, server.Stub.RestartAfterListenError), Is.EqualTo((true, true)));
        server.Stub.ListenerSocket = new StubListener();
        server.Open();
        Assert.That(server.Stub.ListenerSocket.NoDelay, Is.True);
    }

    [Test]
    public void A_port_that_another_server_has_is_refused_although_Fleck_would_share_it()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var options = new ServerOptions { Host = IPAddress.Loopback, Port = ((IPEndPoint)other.LocalEndPoint!).Port };
        using var log = new CapturedLog();
        var server = new FleckServer(options, log, []);
        Assert.That(
            () => server.Start(_ => { }),
            Throws.InstanceOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.AddressAlreadyInUse));
    }

    [Test]
    public void When_Fleck_cannot_start_the_reason_comes_through_and_nothing_is_left()
    {
        FleckStub.NextStartFails = new SocketException((int)SocketError.AccessDenied);
        Assert.That(() => StubbedServer.Start(_ => { }), Throws.InstanceOf<SocketException>());
        Assert.That(FleckStub.Latest.Disposals.Count, Is.EqualTo(1));
    }

    [TestCase(null, new[] { "text hello" })]
    [TestCase("https://example.org", new[] { "text hello" })]
    [TestCase("HTTPS://EXAMPLE.ORG", new[] { "text hello" })]
    [TestCase("https://evil.example", new[] { "close 1008" })]
    [TestCase("null", new[] { "close 1008" })]
    public async Task Pages_of_other_origins_are_sent_away_before_the_application_sees_them(string? origin, string[] sent)
    {
        await using StubbedServer server = StubbedServer.Start(
            socket => socket.OnOpen = () => socket.Send("hello"), new ServerOptions { AllowedOrigins = ["https://example.org"] });
        StubConnection connection = server.Stub.Accept("/", origin);
        connection.OnOpen();
        connection.OnMessage("x");
        Assert.That(connection.Sent, Is.EqualTo(sent));
    }

    [Test]
    public async Task Stopping_says_1001_to_every_client_and_waits_for_them()
    {
        await using StubbedServer server = StubbedServer.Start(_ => { });
        StubConnection quick = server.Open();
        StubConnection slow = server.Open();
        slow.EndsAfterClose = false;
        Task stop = server.Adapter.StopAsync(ServerProcess.Patience);
        await Wait.UntilAsync(() => slow.Sent.Count > 0, () => "no Close");
        Assert.That(stop.IsCompleted, Is.False);
        slow.OnClose();
        await stop;
        Assert.That(quick.Sent.Concat(slow.Sent), Is.EqualTo(["close 1001", "close 1001"]));
        Assert.That(server.Log.Lines.Select(line => line.Text), Has.Some.EqualTo("Stopped: 2 connections ended in time, 0 were aborted"));
    }

    [Test]
    public async Task Stopping_does_not_wait_longer_than_it_is_told_to()
    {
        await using StubbedServer server = StubbedServer.Start(_ => { });
        StubConnection silent = server.Open();
        silent.EndsAfterClose = false;
        await server.Adapter.StopAsync(TimeSpan.FromMilliseconds(500)).WaitAsync(ServerProcess.Patience);
        Assert.That(silent.Sent, Is.EqualTo(["close 1001"]));
        Assert.That(server.Log.Lines.Select(line => line.Text), Has.Some.EqualTo("Stopped: 0 connections ended in time, 1 were aborted"));
    }

    [Test]
    public async Task Who_is_busy_until_the_time_is_over_is_told_all_the_same()
    {
        await using StubbedServer server = StubbedServer.Start(socket => socket.OnMessage = message => socket.Send(default, message));
        StubConnection busy = server.Open();
        busy.OnMessage("x");
        await server.Adapter.StopAsync(TimeSpan.FromMilliseconds(1));
        Assert.That(busy.Sent, Is.EqualTo(["text x", "close 1001"]));
    }

    [Test]
    public async Task A_server_that_stops_does_not_listen_again_and_greets_nobody()
    {
        await using StubbedServer server = StubbedServer.Start(socket => socket.OnOpen = () => socket.Send("hello"));
        StubConnection open = server.Open();
        Task stop = server.Adapter.StopAsync(ServerProcess.Patience);
        StubConnection late = server.Open();
        await stop;
        Assert.That(open.Sent, Is.EqualTo(["text hello", "close 1001"]));
        Assert.That(late.Sent, Is.EqualTo(["close 1001"]));
        Assert.That(server.Stub.Disposals, Is.EqualTo((2, false)));
    }

    [Test]
    public async Task No_Close_goes_out_in_place_of_the_handshakes_answer()
    {
        await using StubbedServer server = StubbedServer.Start(socket => socket.OnOpen = () => socket.Send("hello"));
        StubConnection unanswered = server.Stub.Accept();
        await server.Adapter.StopAsync(TimeSpan.Zero);
        Assert.That(unanswered.Sent, Is.Empty);
        unanswered.OnOpen();
        Assert.That(unanswered.Sent, Is.EqualTo(["close 1001"]));
    }

    [Test]
    public async Task A_client_whose_messages_keep_coming_is_heard_for_a_while_and_the_Close_is_last()
    {
        await using StubbedServer server = StubbedServer.Start(socket => socket.OnMessage = message => socket.Send(default, message));
        StubConnection busy = server.Open();
        busy.OnMessage("before");
        Task stop = server.Adapter.StopAsync(ServerProcess.Patience);
        int sent = 0;
        while (!stop.IsCompleted)
        {
            busy.OnMessage($"{sent++}");
            await Task.Delay(5);
        }

        await stop;
        string[] words = [.. busy.Sent];
        Assert.That(words, Has.Length.GreaterThan(2).And.Length.LessThanOrEqualTo(sent + 2));
        Assert.That(words, Is.EqualTo(
            ["text before", .. Enumerable.Range(0, words.Length - 2).Select(i => $"text {i}"), "close 1001"]));
    }

    [Test]
    public async Task Stats_are_logged_when_asked_for()
    {
        await using StubbedServer server = StubbedServer.Start(_ => { }, new ServerOptions { StatsInterval = TimeSpan.FromMilliseconds(100) });
        server.Open();
        await Wait.UntilAsync(
            () => server.Log.Lines.Any(line => line.Text.StartsWith("Stats: 1 connections, heap ", StringComparison.Ordinal)), () => "no line");
    }
}
