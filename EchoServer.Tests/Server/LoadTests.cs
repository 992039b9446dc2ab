namespace EchoServer.Tests.Server;

/// <summary>Many messages in flight, and clients that would have the server to themselves.</summary>
[Slow]
internal sealed class LoadTests
{
    private const int Connections = 100;
    private const int InFlight = 100;

    [TestCase("/raw", TestName = "{m}(raw)")]
    [TestCase("/", TestName = "{m}(with greeting, prefix and log)")]
    public void Ten_thousand_messages_in_flight_come_back_in_order(string path) => EchoAll(SharedServers.Default, path);

    [Test]
    public async Task Ten_thousand_messages_come_back_while_nobody_reads_the_log()
    {
        // The pipe is full after 64 KB of lines; then the log's writer is blocked, and nothing else may be.
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-messages", "true"], readOutput: false);
        for (int round = 0; round < 3; round++)
        {
            EchoAll(server, "/");
        }

        // It also ends when told to. How long it waits for the log's reader is LogQueue's to bound, and to test.
        Programs.Signal(server.Id, "TERM");
        Assert.That(await server.WaitForExitAsync(), Is.Zero);
    }

    [Test]
    public async Task Lines_that_are_dropped_are_counted()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-messages", "true"], readOutput: false);
        EchoAll(server, "/");
        server.BeginReading();
        await server.WaitForLineAsync(line => line.Contains("Received Message: ", StringComparison.Ordinal));

        // A line says how many are missing before the next one that finds room.
        using RawPeer peer = RawPeer.Open(server.Port);
        await Wait.UntilAsync(
            () =>
            {
                peer.Send(WireFrame.Text("after the jam"));
                peer.ReadText();
                return server.Output.Any(line => line.EndsWith("after the jam", StringComparison.Ordinal));
            },
            () => "no line finds room");
        Assert.That(await server.StopAsync(), Is.Zero);
        Assert.That(server.Output, Has.Some.Match(@"warn: Log\[1\] Dropped [1-9][0-9]* log lines because"));
        Assert.That(await server.ReadErrorAsync(), Is.Empty);
    }

    [Test]
    public async Task One_flooding_client_leaves_the_others_their_turn()
    {
        // One I/O thread for all connections, and a client whose data never runs dry: a receive full of tiny messages, each of
        // them logged, takes the server longer than the client takes to send as much again.
        await using ServerProcess server = await ServerProcess.StartAsync(
            ["--log-messages", "true"],
            new Dictionary<string, string> { ["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = "1" },
            readOutput: false);
        using RawPeer flood = RawPeer.Open(server.Port);
        using RawPeer good = RawPeer.Open(server.Port);
        using var stop = new CancellationTokenSource();
        byte[] frames = WireFrame.Join(Enumerable.Repeat(WireFrame.Binary([]), 20_000));
        Task writing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                flood.Send(frames);
            }

            flood.EndSending();
        });
        Task reading = Task.Run(() => flood.ReadToEndAndDrop());
        for (int i = 0; i < 100; i++)
        {
            good.Send(WireFrame.Text($"{i}"));
            Assert.That(good.ReadText(), Is.EqualTo($"{i}"));
        }

        await stop.CancelAsync();
        await Task.WhenAll(writing, reading);
    }

    private static void EchoAll(ServerProcess server, string path)
    {
        RawPeer[] peers = [.. Enumerable.Range(0, Connections).Select(_ => RawPeer.Open(server.Port, path))];
        try
        {
            for (int i = 0; i < Connections; i++)
            {
                peers[i].Send(WireFrame.Join(Enumerable.Range(0, InFlight).Select(n => WireFrame.Text(Text(i, n)))));
            }

            string prefix = path == "/" ? "Echo: " : "";
            for (int i = 0; i < Connections; i++)
            {
                if (path == "/")
                {
                    Assert.That(peers[i].ReadText(), Is.EqualTo("Hi, this is the Echo-Server"));
                }

                for (int n = 0; n < InFlight; n++)
                {
                    Assert.That(peers[i].ReadText(), Is.EqualTo(prefix + Text(i, n)));
                }
            }
        }
        finally
        {
            Array.ForEach(peers, peer => peer.Dispose());
        }

        static string Text(int connection, int number) => $"{connection}/{number} {new string('x', (connection * number) % 300)}";
    }
}
