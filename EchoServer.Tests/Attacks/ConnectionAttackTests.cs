namespace EchoServer.Tests.Attacks;

/// <summary>Connections that come in masses, leave without a word, or never leave.</summary>
[WholeMachine]
[NonParallelizable]
internal sealed class ConnectionAttackTests
{
    [Test]
    public async Task Ten_thousand_connections_that_upgrade_send_and_reset_leave_nothing_behind()
    {
        await using Siege siege = await Siege.BeginAsync();
        byte[] handshakeAndMessage = [.. Encoding.ASCII.GetBytes(RawPeer.UpgradeRequest()), .. WireFrame.Text("bye").ToBytes()];
        var options = new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = siege.Patience };
        await Parallel.ForAsync(0, 10_000, options, async (i, patience) =>
        {
            using Attacker attacker = await Attacker.ConnectAsync(siege.Port, patience);
            await attacker.SendAsync(handshakeAndMessage);
            if (i % 2 == 0)
            {
                // Half of them leave while the server is at work for them, the other half once it has answered.
                Assert.That(await attacker.ReadAsync(new byte[512]), Is.Positive);
            }

            attacker.Reset();
        });
        await siege.EndAsync();
    }

    // Each head is within its limit, and there are fewer connections than may be: they live only if requests are not kept.
    [TestCase("GET /{0} HTTP/1.1\r\nHost: localhost", "")]
    [TestCase("GET /raw?{0} HTTP/1.1\r\nHost: localhost", "")]
    [TestCase("GET /raw HTTP/1.1\r\nHost: {0}", "")]
    [TestCase("GET /raw HTTP/1.1\r\nHost: localhost", "Origin: https://{0}\r\n")]
    [TestCase("GET /raw HTTP/1.1\r\nHost: localhost", "Sec-WebSocket-Protocol: {0}\r\n")]
    [TestCase("GET /raw HTTP/1.1\r\nHost: localhost", "Cookie: {0}\r\n")]
    public async Task Connections_whose_requests_are_long_take_no_more_memory(string start, string line)
    {
        await using Siege siege = await Siege.BeginAsync("--keep-alive-interval", "60");
        int number = 0;
        await Crowd.GatherAsync(siege, 2_000, async () =>
        {
            Attacker attacker = await Attacker.ConnectAsync(siege.Port, siege.Patience);
            string text = $"{Interlocked.Increment(ref number)}{new string('x', 14_000)}";
            string head = string.Join("\r\n", string.Format(start, text), "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "");
            await attacker.SendAsync(Encoding.ASCII.GetBytes($"{head}{string.Format(line, text)}Sec-WebSocket-Key: {RawPeer.Key}\r\n\r\n"));
            byte[] answer = new byte[256];
            int length = await attacker.ReadAsync(answer);
            Assert.That(Encoding.ASCII.GetString(answer, 0, length), Does.StartWith("HTTP/1.1 101 "));
            return attacker;
        });
        Assert.That(siege.Target.OpenFiles, Is.GreaterThanOrEqualTo(2_000), "all are there at the same time");
        await siege.EndAsync();
    }

    [Test]
    public async Task Clients_that_close_and_go_on_sending_are_cut_off()
    {
        byte[] messages = WireFrame.Join(Enumerable.Repeat(WireFrame.Text("after the Close"), 500));
        Answer[] answers = await Siege.AttackAsync(
            upgrade: [], 100, (attacker, _) => attacker.SendAndFloodAsync(WireFrame.Close(1000).ToBytes(), messages));

        // RFC 6455 §5.5.1: bytes after a Close frame are ignored.
        Assert.That(answers.Select(answer => answer.Frames.Count), Has.All.EqualTo(1));
        Assert.That(answers.Select(answer => answer.CloseCode), Has.All.EqualTo(1000));
    }

    [Test]
    public async Task Clients_that_neither_read_nor_answer_are_cut_off_while_they_still_hold_their_end()
    {
        await using Siege siege = await Siege.BeginAsync();
        await Crowd.OpenAsync(siege, 300);
        Assert.That(siege.Target.OpenFiles, Is.GreaterThanOrEqualTo(300));
        await siege.WaitUntilAllFilesAreClosedAsync();
        await siege.EndAsync();
    }

    [Test]
    public async Task Clients_of_a_frozen_process_are_cut_off_while_it_is_frozen()
    {
        await using Siege siege = await Siege.BeginAsync();
        int openFiles = siege.Target.OpenFiles;
        await using (var frozen = new RunningProgram(Programs.Start("bash", ["-c", ConnectAndWait(siege.Port, connections: 50)])))
        {
            Assert.That(await frozen.ReadLineAsync(), Is.EqualTo("connected"));
            frozen.Signal("STOP");
            Assert.That(siege.Target.OpenFiles, Is.EqualTo(openFiles + 50));
            await siege.WaitUntilAllFilesAreClosedAsync();
        }

        await siege.EndAsync();
    }

    private static string ConnectAndWait(int port, int connections)
    {
        string request = RawPeer.UpgradeRequest().Replace("\r\n", "\\r\\n", StringComparison.Ordinal);
        return $$"""
            for ((i = 0; i < {{connections}}; i++)); do
                exec {peer}<>/dev/tcp/127.0.0.1/{{port}}
                printf '{{request}}' >&$peer
                IFS= read -r status <&$peer
                [[ $status == 'HTTP/1.1 101 '* ]] || exit 1
            done
            echo connected
            read -r _
            """;
    }
}
