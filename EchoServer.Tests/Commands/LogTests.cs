namespace EchoServer.Tests.Commands;

/// <summary>What stands on standard output: one line each, UTC, as text or as JSON.</summary>
internal sealed class LogTests
{
    private const string Time = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ";

    [Test]
    public async Task Text_lines_have_time_level_category_and_one_line_of_text()
    {
        await using ServerProcess server = await ServerProcess.StartAsync([]);
        Say(server.Port, "Hi\nthere!");
        string line = await server.WaitForLineAsync(text => text.Contains("Received", StringComparison.Ordinal));
        Assert.That(server.FirstLine, Does.Match(Time + @"info: EchoServer\[1\] Listening on ws://0\.0\.0\.0:\d+$"));
        Assert.That(line, Does.Match(Time + @"info: Echo\[10\] #1 Received Message: Hi\\nthere!$"));
        Assert.That(DateTimeOffset.Parse(line[..24]), Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task Json_lines_have_the_values_and_no_value_twice()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-format", "json", "--log-level", "debug"]);
        string[] headers = ["X-Forwarded-For: 1.1.1.1, 203.0.113.7", "X-Vcap-Request-Id: 6c0e8a1d"];
        using (RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/raw", headers)))
        {
            peer.ReadHead();
            peer.Send(WireFrame.Text("Grüße 🌍 \u001b[31m\"there\"!"));
            peer.Send(WireFrame.Text(new string('é', 300)));
            peer.Send(WireFrame.Binary([1, 2, 3]));
            peer.Send(WireFrame.Close(1000, "bye"));
            peer.ReadToEnd();
        }

        using (RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/raw", [.. headers, "Sec-WebSocket-Version: 12"])))
        {
            peer.ReadToEnd();
        }

        await server.StopAsync();
        string[] expected =
        [
            $$"""{"time":"T","level":"information","event":"listening","endpoint":"0.0.0.0:{{server.Port}}"}""",
            """{"time":"T","level":"debug","event":"connectionLimit","maxConnections":N}""",
            """{"time":"T","level":"debug","event":"open","connectionId":1,"peer":"127.0.0.1:P","forwardedFor":"203.0.113.7","path":"/raw","requestId":"6c0e8a1d"}""",
            """{"time":"T","level":"information","event":"message","connectionId":1,"bytes":26,"text":"Grüße 🌍 \u001b[31m\"there\"!"}""",
            $$"""{"time":"T","level":"information","event":"message","connectionId":1,"bytes":600,"text":"{{new string('é', 256)}}…"}""",
            """{"time":"T","level":"information","event":"message","connectionId":1,"bytes":3}""",
            """{"time":"T","level":"debug","event":"close","connectionId":1,"code":1000,"reason":"closed by the client: bye","cause":"peer","messagesReceived":3,"networkBytesReceived":N,"networkBytesSent":N,"durationSeconds":N}""",
            """{"time":"T","level":"information","event":"refused","peer":"127.0.0.1:P","forwardedFor":"203.0.113.7","status":400,"reason":"R","requestId":"6c0e8a1d"}""",
            """{"time":"T","level":"information","event":"stopping","connections":N}""",
            """{"time":"T","level":"information","event":"memory","budgetUsedBytes":0,"budgetPeakBytes":N,"memoryBudgetBytes":N,"heapBytes":N}""",
            """{"time":"T","level":"information","event":"stopped","ended":N,"aborted":0}""",
        ];
        Assert.That(server.Output, Has.Count.EqualTo(expected.Length), string.Join('\n', server.Output));
        foreach ((string line, string pattern) in server.Output.Zip(expected))
        {
            string regex = Regex.Escape(pattern)
                .Replace("\"T\"", @"""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z""", StringComparison.Ordinal)
                .Replace("\"R\"", @"""[^""]+""", StringComparison.Ordinal)
                .Replace(":P", ":[0-9]+", StringComparison.Ordinal)
                .Replace(":N", @":[0-9]+(\.[0-9]{1,3})?", StringComparison.Ordinal);
            Assert.That(line, Does.Match($"^{regex}$"));
        }
    }

    [Test]
    public async Task A_flood_of_refusals_is_counted_and_hides_no_line_of_other_clients()
    {
        const int Floods = 4;
        const int RefusalsEach = 500;
        const int Messages = 200;
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-format", "json"]);
        Task flood = Task.WhenAll(Enumerable.Range(0, Floods).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < RefusalsEach; i++)
            {
                using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/raw", "Host: twice"));
                peer.ReadToEnd();
            }
        })));
        using (RawPeer peer = RawPeer.Open(server.Port, "/raw"))
        {
            for (int i = 0; i < Messages; i++)
            {
                peer.Send(WireFrame.Text($"{i}"));
                peer.ReadOneFrame();
            }
        }

        await flood;
        await server.StopAsync();
        JsonElement[] lines = [.. server.Output.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.That(Of("message").Select(line => line.GetProperty("text").GetString()), Is.EqualTo(Enumerable.Range(0, Messages).Select(i => $"{i}")));
        Assert.That(Of("dropped"), Is.Empty);
        JsonElement[] refused = Of("refused");
        JsonElement[] counted = Of("refusals");
        Assert.That(refused.Length + counted.Sum(line => line.GetProperty("count").GetInt64()), Is.EqualTo(Floods * RefusalsEach));
        Assert.That(counted.Select(line => line.GetProperty("status").GetInt32()), Is.Not.Empty.And.All.EqualTo(400));

        // By the times in the lines: however long the flood took, only so many seconds can have begun.
        DateTime[] times = [.. refused.Select(line => line.GetProperty("time").GetDateTime())];
        Assert.That(refused, Has.Length.LessThanOrEqualTo(LineLimit.MaxLines * ((int)(times[^1] - times[0]).TotalSeconds + 2)));

        JsonElement[] Of(string name) => [.. lines.Where(line => line.GetProperty("event").GetString() == name)];
    }

    [Test]
    public async Task The_first_line_is_there_at_every_level_and_nothing_else_below_it()
    {
        await using ServerProcess server = await ServerProcess.StartAsync([], new Dictionary<string, string> { ["LOG_LEVEL"] = "none" });
        Say(server.Port, "silence");
        Assert.That(await server.StopAsync(), Is.Zero);
        Assert.That(server.Output, Is.EqualTo([server.FirstLine]));
    }

    [Test]
    public async Task Debug_level_shows_connections()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-level", "debug", "--log-messages", "false"]);
        Say(server.Port, "hidden");
        await server.WaitForLineAsync(line => line.Contains("dbug: Server[6] Connection #1 opened: 127.0.0.1:", StringComparison.Ordinal));
        await server.WaitForLineAsync(line => line.Contains("dbug: Server[7] Connection #1 closed: 1000 NormalClosure, closed by the client (cause peer)", StringComparison.Ordinal));
        Assert.That(server.Output.Where(line => line.Contains("hidden", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    [Platform("Linux")]
    public async Task A_full_or_closed_standard_output_costs_the_log_and_nothing_else([Values("text", "json")] string format, [Values] bool isFull)
    {
        int port = FreePort.Find();
        ProcessStartInfo start = Programs.EchoServer(["--port", $"{port}", "--log-format", format]);
        using Process server = Process.Start(Programs.Through(start, "sh", "-c", $"exec \"$0\" \"$@\" {(isFull ? "> /dev/full" : "")}"))!;
        try
        {
            server.StandardOutput.Close();
            await Wait.UntilListensAsync(port);
            for (int i = 0; i < 3; i++)
            {
                Say(port, "unheard");
            }

            Programs.Signal(server.Id, "TERM");
            await server.WaitForExitAsync().WaitAsync(ServerProcess.Patience);
            Assert.That((server.ExitCode, await server.StandardError.ReadToEndAsync()), Is.EqualTo((0, "")));
        }
        finally
        {
            server.Kill();
        }
    }

    private static void Say(int port, string text)
    {
        using RawPeer peer = RawPeer.Open(port);
        peer.Send(WireFrame.Text(text));
        peer.ReadOneFrame();
        peer.Send(WireFrame.Close(1000));
        peer.ReadToEnd();
    }
}
