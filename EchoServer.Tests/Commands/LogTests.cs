using System.Text.Json;
using EchoServer.Tests.Support;
using EchoServer.Tests.Support.Peers;
using EchoServer.Tests.Support.Wire;

namespace EchoServer.Tests.Commands;

/// <summary>What stands on standard output: one line each, UTC, as text or as JSON.</summary>
internal sealed class LogTests
{
    private const string Time = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ";

    [Test]
    public async Task Text_lines_have_time_level_category_and_one_line_of_text()
    {
        await using ServerProcess server = await ServerProcess.StartAsync([]);
        Say(server, "Hi\nthere!");
        string line = await server.WaitForLineAsync(text => text.Contains("Received", StringComparison.Ordinal));
        Assert.That(server.FirstLine, Does.Match(Time + @"info: EchoServer\[1\] Listening on ws://0\.0\.0\.0:\d+$"));
        Assert.That(line, Does.Match(Time + @"info: Echo\[10\] Received Message: Hi\\nthere!$"));
        Assert.That(DateTimeOffset.Parse(line[..24]), Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task Json_lines_are_JSON_each()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-format", "json"]);
        Say(server, "Hi \u001b[31m\"there\"!");
        string line = await server.WaitForLineAsync(text => text.Contains("Received", StringComparison.Ordinal));
        JsonElement first = JsonDocument.Parse(server.FirstLine).RootElement;
        JsonElement received = JsonDocument.Parse(line).RootElement;
        Assert.That(first.GetProperty("Message").GetString(), Does.StartWith("Listening on ws://0.0.0.0:"));
        Assert.That(received.GetProperty("Message").GetString(), Is.EqualTo(@"Received Message: Hi \u{1b}[31m""there""!"));
        Assert.That(received.GetProperty("Timestamp").GetString(), Does.EndWith("Z"));
        Assert.That(received.GetProperty("LogLevel").GetString(), Is.EqualTo("Information"));
    }

    [Test]
    public async Task The_first_line_is_there_at_every_level_and_nothing_else_below_it()
    {
        await using ServerProcess server = await ServerProcess.StartAsync([], new Dictionary<string, string> { ["LOG_LEVEL"] = "none" });
        Say(server, "silence");
        Assert.That(await server.StopAsync(), Is.Zero);
        Assert.That(server.Output, Is.EqualTo([server.FirstLine]));
    }

    [Test]
    public async Task Debug_level_shows_connections()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-level", "debug", "--log-messages", "false"]);
        Say(server, "hidden");
        await server.WaitForLineAsync(line => line.Contains("dbug: Server[6] Connection 1 opened: 127.0.0.1:", StringComparison.Ordinal));
        await server.WaitForLineAsync(line => line.Contains("dbug: Server[7] Connection 1 closed: 1000 NormalClosure", StringComparison.Ordinal));
        Assert.That(server.Output.Where(line => line.Contains("hidden", StringComparison.Ordinal)), Is.Empty);
    }

    private static void Say(ServerProcess server, string text)
    {
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text(text));
        peer.ReadOneFrame();
        peer.Send(WireFrame.Close(1000));
        peer.ReadToEnd();
    }
}
