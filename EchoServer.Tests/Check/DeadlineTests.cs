using EchoServer.Check;

namespace EchoServer.Tests.Check;

/// <summary>Servers that never pause: a wait for one thing ends in time whatever else comes meanwhile.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class DeadlineTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    [TestCase(false, "messages, none of them the echo", TestName = "{m}(messages)")]
    [TestCase(true, "nothing within 3 s", TestName = "{m}(pongs that nobody asked for)")]
    public async Task A_server_that_ticks_and_answers_nothing_is_named_and_bounded(bool sendsPongs, string greeting)
    {
        WireFrame tick = sendsPongs ? WireFrame.Pong([]) : WireFrame.Text("tick");
        using ScriptedServer server = Endless((tick with { Masked = false }).ToBytes(), Tick);
        Checks checks = await Checks.RunEchoAsync(
            server.Url.AbsoluteUri, options => options with { Idle = TimeSpan.FromSeconds(0.3) }, options => options with { Timeout = Wait.Lapse });
        checks.Expect("greeting", Outcome.Fail, greeting);
        checks.Expect("ping", Outcome.Fail, "no pong", "pings are not answered");
        checks.Expect("close", Outcome.Fail, "nothing within 3 s", "did not answer the Close within 3 s");
        Assert.That(checks["idle"].Outcome, Is.EqualTo(Outcome.Fail));
    }

    [TestCase(true, "greeting ping close", TestName = "{m}(echoes expected)")]
    [TestCase(false, "ping close", TestName = "{m}(any server)")]
    public async Task A_server_that_pings_without_end_and_reads_nothing_is_bounded(bool expectsEcho, string failing)
    {
        byte[] pings = WireFrame.Join(Enumerable.Repeat(WireFrame.Ping(new byte[100]) with { Masked = false }, 1000));
        using ScriptedServer server = Endless(pings, TimeSpan.Zero);
        Checks checks = await Checks.RunAsync(
            server.Url.AbsoluteUri, options => options with { ExpectsEcho = expectsEcho }, options => options with { Timeout = Wait.Lapse });
        Assert.That(string.Join(' ', checks.Which(Outcome.Fail)), Is.EqualTo(failing));
    }

    /// <summary>A server that sends the same again and again on every WebSocket, until the client is gone, and reads nothing.</summary>
    private static ScriptedServer Endless(byte[] frames, TimeSpan pause) => ScriptedServer.Upgrading((peer, _) =>
    {
        while (true)
        {
            peer.Send(frames.AsSpan());
            Thread.Sleep(pause);
        }
    });
}
