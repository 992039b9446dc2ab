using EchoServer.Echo;
using Microsoft.Extensions.Logging;

namespace EchoServer.Tests.Echo;

/// <summary>The application: what the tutorial's server says, and what can be changed about it.</summary>
internal sealed class EchoHandlersTests
{
    private static IEnumerable<TestCaseData> Options()
    {
        EchoOptions tutorial = new();
        yield return Case("any path", tutorial, "/some/where?q=1", ["Hi, this is the Echo-Server", "Echo: x"]);
        yield return Case("no greeting", tutorial with { Greeting = "" }, "/", ["Echo: x"]);
        yield return Case("no prefix", tutorial with { Prefix = "" }, "/", ["Hi, this is the Echo-Server", "x"]);
        yield return Case("other texts", new EchoOptions { Greeting = "Grüß Gott", Prefix = "€ " }, "/", ["Grüß Gott", "€ x"]);

        static TestCaseData Case(string name, EchoOptions options, string path, string[] expected) =>
            new TestCaseData(options, path, expected).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(Options))]
    public async Task A_text_message_comes_back(EchoOptions options, string path, string[] expected)
    {
        await using InProcessServer server = Start(options);
        using RawPeer peer = RawPeer.Open(server.Port, path);
        peer.Send(WireFrame.Text("x"));
        Assert.That(expected.Select(_ => peer.ReadText()), Is.EqualTo(expected));
    }

    [Test]
    public async Task Each_message_is_logged_with_its_text_cut_and_escaped()
    {
        await using InProcessServer server = Start(new EchoOptions());
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text("Hi there!"));
        peer.Send(WireFrame.Text("forged\r\n2026-01-01 info: \u001b[31mred\u001b[0m \u202egnp.exe"));
        peer.Send(WireFrame.Text(new string('é', 1000)));
        peer.Send(WireFrame.Binary([1, 2, 3]));
        for (int i = 0; i < 4; i++)
        {
            peer.ReadOneFrame();
        }

        Assert.That(server.Log.Lines.Where(line => line.Category == "Echo").Select(line => line.Text), Is.EqualTo(
            [
                "#1 Received Message: Hi there!",
                @"#1 Received Message: forged\r\n2026-01-01 info: \u{1b}[31mred\u{1b}[0m \u{202e}gnp.exe",
                $"#1 Received Message: {new string('é', 256)}… (2000 bytes)",
                "#1 Received Message: 3 bytes, binary",
            ]));
    }

    [Test]
    public async Task Messages_are_not_logged_when_told_not_to()
    {
        await using InProcessServer server = Start(new EchoOptions { LogMessages = false });
        using RawPeer peer = RawPeer.Open(server.Port);
        peer.Send(WireFrame.Text("secret"));
        Assert.That(Encoding.UTF8.GetString(peer.ReadOneFrame().Payload), Is.EqualTo("secret"));
        Assert.That(server.Log.Lines.Where(line => line.Level >= LogLevel.Information && line.Category == "Echo"), Is.Empty);
    }

    private static InProcessServer Start(EchoOptions options) =>
        InProcessServer.Start((server, log) => EchoHandlers.Start(server, options, log.CreateLogger("Echo")));
}
