using System.Net.Sockets;
using System.Text;
using EchoServer.Server;
using Microsoft.Extensions.Logging;

namespace EchoServer.Tests.Fleck;

/// <summary>What the adapter's sockets mend of Fleck: request heads, ends, back-pressure, the stop.</summary>
[NonParallelizable]
internal sealed class SocketTests
{
    private static readonly string[] ManyLines = [.. Enumerable.Range(0, 28).Select(i => $"X-Line-{i}: value"), $"Cookie: {new string(';', 2100)}{new string(' ', 2100)}"];

    [TestCase("GET /raw HTTP/1.1\r\n", "<policy-file-request/>\0", 400)]
    [TestCase("GET", "POST", 405)]
    [TestCase("HTTP/1.1", "HTTP/1.0", 505)]
    [TestCase("Host: localhost\r\n", "", 400)]
    [TestCase("Upgrade: websocket\r\nConnection: Upgrade\r\n", "", 426)]
    [TestCase("Sec-WebSocket-Key", "X-Key", 400)]
    [TestCase("Version: 13", "Version: 8", 426)]
    [TestCase("Version: 13", "Version: 13\r\nno colon", 400)]
    [TestCase("Version: 13", "Version: 13\r\nOrigin: https://evil.example", 403)]
    [TestCase("Version: 13", "Version: 13\r\nOrigin: HTTPS://EXAMPLE.ORG", 101)]
    [TestCase("/raw", null, 431)]
    public async Task A_request_that_is_no_good_handshake_gets_a_status(string part, string? replacement, int status)
    {
        await using RunningServer server = RunningServer.Echo(new ServerOptions { AllowedOrigins = ["https://example.org"] });
        using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/raw", ManyLines).Replace(part, replacement ?? new string('/', 16 * 1024), StringComparison.Ordinal));
        Assert.That(peer.ReadHead(), Does.StartWith($"HTTP/1.1 {status} "));
    }

    [TestCase(1)]
    [TestCase(4096)]
    [TestCase(100_000)]
    public async Task A_head_that_arrives_in_parts_is_read_at_once_and_loses_no_frame_behind_it(int bytesInPart)
    {
        await using RunningServer server = RunningServer.Echo();
        using var peer = new RawPeer(server.Port);
        string request = RawPeer.UpgradeRequest("/raw", ManyLines);
        peer.SendChopped([.. Encoding.ASCII.GetBytes(request), .. WireFrame.Join([WireFrame.Text(new string('x', 9000)), WireFrame.Text("b")])], bytesInPart);
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 101 "));
        Assert.That((peer.ReadText().Length, peer.ReadText()), Is.EqualTo((9000, "b")));
    }

    [Test]
    public async Task Connections_that_end_in_whatever_way_leave_no_exception_unobserved_no_descriptor_and_no_line()
    {
        var unobserved = new List<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs exception) => unobserved.Add(exception.Exception);
        TaskScheduler.UnobservedTaskException += Note;
        await using RunningServer server = RunningServer.Echo();
        for (int i = 0; i < 50; i++)
        {
            using RawPeer closed = server.Open();
            closed.Send(WireFrame.Join([WireFrame.Close(1000), WireFrame.Ping([1]), WireFrame.Text("late")]));
            Assert.That(closed.ReadOneFrame().CloseCode, Is.EqualTo(1000));
            Assert.That(closed.ReadToEnd(), Is.Empty);
            using RawPeer wrong = server.Open();
            wrong.Send(WireFrame.Text("not masked") with { Masked = false });
            Assert.That(wrong.ReadOneFrame().CloseCode, Is.EqualTo(1002));
            using RawPeer refused = RawPeer.Ask(server.Port, "GET / HTTP/1.1\r\n\r\n");
            refused.ReadHead();
            server.Open().Reset();
            new RawPeer(server.Port).Reset();
        }

        await server.UntilEmptyAsync();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException -= Note;
        Assert.That(unobserved, Is.Empty);
        Assert.That(server.Log.Lines.Where(line => line.Level > LogLevel.Information).Select(line => line.Category), Is.EqualTo(["Server"]));
    }

    [Test]
    public async Task A_client_that_does_not_read_is_not_read()
    {
        await using RunningServer server = RunningServer.Echo();
        using RawPeer peer = server.Open();
        byte[] pings = WireFrame.Join(Enumerable.Repeat(WireFrame.Ping(new byte[125]), 500));
        peer.Socket.Blocking = false;
        int sent = 0;
        while (sent < 64 * 1024 * 1024 && peer.Socket.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectWrite))
        {
            sent += peer.Socket.Send(pings.AsSpan(sent % pings.Length));
        }

        Assert.That(sent, Is.LessThan(64 * 1024 * 1024), "bytes that the server took");
    }

    [Test]
    public async Task A_stop_loses_no_echo_and_no_Close_of_a_client_that_reads_late()
    {
        await using RunningServer server = RunningServer.Echo();
        using RawPeer peer = server.Open();
        string[] messages = [.. Enumerable.Range(0, 100).Select(i => $"{i:0000}{new string('x', 996)}")];
        peer.Send(WireFrame.Join(messages.Select(text => WireFrame.Text(text))));
        Task stop = server.Adapter.StopAsync(ServerProcess.Patience);
        await server.UntilLoggedAsync("Stopping: 1 ");
        Assert.That(messages.Select(_ => peer.ReadText()), Is.EqualTo(messages));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        Assert.That(peer.ReadToEnd(), Is.Empty);
        Assert.That(stop.IsCompleted, Is.False, "the client has not ended");
        peer.Dispose();
        await stop;
        await server.UntilLoggedAsync("Stopped: 1 connections ended in time, 0 were aborted");
    }

    [Test]
    public async Task A_stop_takes_no_longer_than_it_may()
    {
        await using RunningServer server = RunningServer.Echo();
        using RawPeer silent = server.Open();
        using var unasked = new RawPeer(server.Port);
        await Wait.UntilAsync(() => server.Adapter.ConnectionCount == 2, () => "not accepted");
        await server.Adapter.StopAsync(TimeSpan.FromMilliseconds(100)).WaitAsync(ServerProcess.Patience);
        await server.UntilLoggedAsync("were aborted");
        Assert.That(silent.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        Assert.That(() => new RawPeer(server.Port), Throws.InstanceOf<SocketException>());
    }
}
