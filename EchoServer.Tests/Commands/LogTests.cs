using System.Net.Sockets;

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
        Assert.That(line, Does.Match(Time + @"info: Echo\[10\] Received Message: Hi\\nthere!$"));
        Assert.That(DateTimeOffset.Parse(line[..24]), Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task Json_lines_are_JSON_each()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-format", "json"]);
        Say(server.Port, "Hi \u001b[31m\"there\"!");
        string line = await server.WaitForLineAsync(text => text.Contains("Received", StringComparison.Ordinal));
        JsonElement first = JsonDocument.Parse(server.FirstLine).RootElement;
        JsonElement received = JsonDocument.Parse(line).RootElement;
        Assert.That(first.GetProperty("Message").GetString(), Does.StartWith("Listening on ws://0.0.0.0:"));
        Assert.That(received.GetProperty("Message").GetString(), Is.EqualTo(@"Received Message: Hi \u{1b}[31m""there""!"));
        Assert.That(received.GetProperty("Timestamp").GetString(), Does.EndWith("Z"));
        Assert.That(received.GetProperty("LogLevel").GetString(), Is.EqualTo("Information"));

        // As the console of Microsoft.Extensions.Logging wrote the values in a message.
        Assert.That(first.GetProperty("State").GetRawText(), Is.EqualTo(
            $$"""{"EndPoint":"0.0.0.0:{{server.Port}}","{OriginalFormat}":"Listening on ws://{EndPoint}"}"""));
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
        await server.WaitForLineAsync(line => line.Contains("dbug: Server[6] Connection 1 opened: 127.0.0.1:", StringComparison.Ordinal));
        await server.WaitForLineAsync(line => line.Contains("dbug: Server[7] Connection 1 closed: 1000 NormalClosure", StringComparison.Ordinal));
        Assert.That(server.Output.Where(line => line.Contains("hidden", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase("text", true)]
    [TestCase("json", true)]
    [TestCase("text", false)]
    [TestCase("json", false)]
    [Platform("Linux")]
    public async Task A_full_or_closed_standard_output_costs_the_log_and_nothing_else(string format, bool isFull)
    {
        int port = FreePort.Find();
        ProcessStartInfo start = Programs.EchoServer(["--port", $"{port}", "--log-format", format]);
        using Process server = Process.Start(Programs.Through(start, "sh", "-c", $"exec \"$0\" \"$@\" {(isFull ? "> /dev/full" : "")}"))!;
        try
        {
            server.StandardOutput.Close();
            await Wait.UntilAsync(() => Accepts(port), () => "The server does not listen");
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

    private static bool Accepts(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
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
