using EchoServer.Check;
using EchoServer.Check.Probes;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Check;

/// <summary>Of a connection that was dropped in silence nobody knows when: no limit is made up for it.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class IdleProbeTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(350);
    private static readonly IdleProbe.Life Living = new(null, Idle, Idle, 0);

    [TestCase(false, TestName = "{m}(nothing comes back)")]
    [TestCase(true, TestName = "{m}(a reset comes back)")]
    public async Task What_shows_only_when_something_is_sent_is_lost(bool resets)
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, connection) =>
        {
            ScriptedServer.EchoAll(peer, connection, (_, number, message) =>
            {
                // The first thing on the silent connection is the ping at its end.
                bool isLate = number == 0 && message is { Opcode: WireFrame.PingOpcode, Payload.Length: > 0 };
                if (isLate && resets)
                {
                    peer.Reset();
                    throw new IOException("reset");
                }

                return isLate ? [] : EchoScripts.Good(message);
            });
        });
        Checks checks = await Checks.RunEchoAsync(
            server.Url.AbsoluteUri,
            options => options with { Idle = TimeSpan.FromSeconds(1) },
            options => options with { Timeout = Wait.Lapse });
        checks.Expect("idle", Outcome.Warn, "silent: lost at some time within ", "forgot the connection at some time within ", "send pings");
        checks.Expect("idle", Outcome.Warn, "with a ping every 0.3 s: lives");
        Assert.That(checks["idle"].Facts, Does.Contain(new Fact("silentEnd", "lost")).And.Contain(new Fact("knownLimit", null)));
    }

    [TestCase(ClientEventKind.Lost, null)]
    [TestCase(ClientEventKind.Close, null)]
    [TestCase(ClientEventKind.Fin, "AWS NLB (350 s)")]
    [TestCase(ClientEventKind.Reset, "AWS NLB (350 s)")]
    public void A_known_limit_is_named_only_where_the_end_was_seen_and_was_no_Close(ClientEventKind kind, string? limit)
    {
        Finding finding = Judge(new(new ClientEvent(kind, []) { Code = CloseCode.GoingAway }, Idle, Idle, 0), Living);
        Assert.That(finding.Outcome, Is.EqualTo(Outcome.Warn));
        Assert.That(finding.Facts, Does.Contain(new Fact("knownLimit", limit)));
        Assert.That(finding.Fault!.Cause.Contains("limit of", StringComparison.Ordinal), Is.EqualTo(limit is not null));
    }

    [Test]
    public void Two_that_are_lost_did_not_end_at_one_age()
    {
        var lost = new IdleProbe.Life(new ClientEvent(ClientEventKind.Lost, []), Idle, Idle, 0);
        Finding finding = Judge(lost, lost);
        Assert.That(finding.Outcome, Is.EqualTo(Outcome.Fail));
        Assert.That(finding.Fault!.Cause, Does.Contain("at some time within 350").And.Not.Contain("limit").And.Not.Contain("after"));
    }

    private static Finding Judge(IdleProbe.Life silent, IdleProbe.Life pinging) => IdleProbe.Judge(silent, pinging, Idle, TimeSpan.FromSeconds(25));
}
