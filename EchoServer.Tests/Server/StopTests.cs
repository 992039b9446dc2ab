namespace EchoServer.Tests.Server;

/// <summary>SIGTERM, SIGINT and SIGHUP, against the server as a process of its own.</summary>
[Slow]
internal sealed class StopTests
{
    [Test]
    public async Task A_signal_says_1001_to_every_client_and_ends_with_exit_code_0([Values("TERM", "INT", "HUP")] string signal)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(Programs.WithDefaultSignals(Programs.EchoServer([])));
        using RawPeer idle = RawPeer.Open(server.Port, "/");
        using RawPeer busy = RawPeer.Open(server.Port);
        using RawPeer unfinished = RawPeer.Ask(server.Port, "GET / HTTP/1.1\r\n");
        busy.Send(WireFrame.Text("before the signal"));
        Assert.That(busy.ReadText(), Is.EqualTo("before the signal"));
        idle.ReadText();

        Programs.Signal(server.Id, signal);
        foreach (RawPeer peer in (RawPeer[])[idle, busy])
        {
            WireFrame close = peer.ReadOneFrame();
            Assert.That((close.CloseCode, close.CloseReason), Is.EqualTo((1001, "server is shutting down")));
            peer.Send(WireFrame.Close(1001));
            Assert.That(peer.ReadToEnd(), Is.Empty);
            peer.Dispose();
        }

        Assert.That(await server.WaitForExitAsync(), Is.Zero);
        await server.WaitForLineAsync(line => line.EndsWith("Stopped: 3 connections ended in time, 0 were aborted", StringComparison.Ordinal));
    }

    [Test]
    public async Task A_client_that_does_not_answer_is_aborted_when_the_drain_timeout_is_over()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--drain-timeout", "5", "--close-timeout", "0.5"]);
        using RawPeer silent = RawPeer.Open(server.Port);
        using RawPeer good = RawPeer.Open(server.Port);
        Programs.Signal(server.Id, "TERM");
        Assert.That(good.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        good.Send(WireFrame.Close(1001));
        Assert.That(good.ReadToEnd(), Is.Empty);
        good.Dispose();
        Assert.That(await server.WaitForExitAsync(), Is.Zero);
        Assert.That(silent.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        await server.WaitForLineAsync(line => line.EndsWith("Stopped: 1 connections ended in time, 1 were aborted", StringComparison.Ordinal));
    }

    [TestCase("HUP", TestName = "{m}(SIGHUP, of a shell and of its terminal)")]
    [TestCase("TERM", TestName = "{m}(SIGTERM, of timeout to its child and to the group)")]
    public async Task A_signal_that_is_repeated_does_not_cut_the_drain_short(string signal)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(Programs.WithDefaultSignals(Programs.EchoServer([])));
        using RawPeer open = RawPeer.Open(server.Port);
        Programs.Signal(server.Id, signal);
        Programs.Signal(server.Id, signal);
        Assert.That(open.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        Programs.Signal(server.Id, signal);
        Programs.Signal(server.Id, "INT");
        open.Send(WireFrame.Close(1001));
        Assert.That(open.ReadToEnd(), Is.Empty);
        open.Dispose();
        Assert.That(await server.WaitForExitAsync(), Is.Zero);
    }

    [Test]
    public async Task Behind_nohup_SIGHUP_is_ignored()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(Programs.Through(Programs.EchoServer([]), "nohup"));
        Programs.Signal(server.Id, "HUP");

        // proc(5), SigIgn: bit 0 is SIGHUP's. Ignored from the start, the signal is never delivered.
        string ignored = File.ReadLines($"/proc/{server.Id}/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal));
        Assert.That(Convert.ToUInt64(ignored["SigIgn:".Length..].Trim(), 16) & 1, Is.EqualTo(1));
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text("still here"));
        Assert.That(peer.ReadText(), Is.EqualTo("still here"));
    }

    [Test]
    public async Task Under_churn_every_connection_that_is_accepted_is_answered_and_none_is_reset()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-messages", "false"]);
        var answers = new ConcurrentBag<string>();
        Task[] clients = [.. Enumerable.Range(0, 8).Select(number => Task.Run(() =>
        {
            string request = number % 2 == 0 ? HttpReply.Request("GET", "/health") : RawPeer.UpgradeRequest();
            while (Ask(server.Port, request) is string answer)
            {
                answers.Add(answer);
            }
        }))];
        await Wait.UntilAsync(() => answers.Count > 200, () => $"{answers.Count} answers");
        Programs.Signal(server.Id, "TERM");
        await Task.WhenAll(clients);
        Assert.That(await server.WaitForExitAsync(), Is.Zero);
        string[] sound = ["HTTP/1.1 200 OK", "HTTP/1.1 503 Service Unavailable", "HTTP/1.1 101 Switching Protocols"];
        Assert.That(answers.Distinct(), Is.SubsetOf(sound));
    }

    [Test]
    public async Task Nobody_new_is_let_in_once_the_server_stops()
    {
        await using ServerProcess server = await ServerProcess.StartAsync([]);
        using RawPeer open = RawPeer.Open(server.Port);
        Programs.Signal(server.Id, "TERM");
        Assert.That(open.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        Assert.That(() => new RawPeer(server.Port), Throws.InstanceOf<System.Net.Sockets.SocketException>());
        open.Send(WireFrame.Close(1001));
        Assert.That(open.ReadToEnd(), Is.Empty);
        open.Dispose();
        Assert.That(await server.WaitForExitAsync(), Is.Zero);
    }

    [Test]
    public async Task A_second_Ctrl_C_ends_it_at_once()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(Programs.WithDefaultSignals(Programs.EchoServer([])));
        using RawPeer silent = RawPeer.Open(server.Port);
        Programs.Signal(server.Id, "INT");
        Assert.That(silent.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        Programs.Signal(server.Id, "INT");

        // 130 is what a shell calls death by SIGINT.
        Assert.That(await server.WaitForExitAsync(), Is.EqualTo(130));
    }

    /// <summary>Sends a request, and a Close behind an upgrade.</summary>
    /// <returns>The status line, or how the connection failed; null once connections are refused.</returns>
    private static string? Ask(int port, string request)
    {
        RawPeer peer;
        try
        {
            peer = new RawPeer(port);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return null;
        }

        using (peer)
        {
            try
            {
                peer.Send(request);
                string head = peer.ReadHead();
                if (head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
                {
                    peer.Send(WireFrame.Close(1000));
                }

                peer.ReadToEndAndDrop();
                return head.Split("\r\n")[0];
            }
            catch (Exception exception) when (exception is SocketException or EndOfStreamException)
            {
                return exception.Message;
            }
        }
    }
}
