using EchoServer.Server;

namespace EchoServer.Tests.Server;

/// <summary>When a connection's deadlines fall, on a clock that the test moves.</summary>
internal sealed class ConnectionDeadlinesTests
{
    private const long Start = 1_000_000;

    private static readonly ServerOptions Options = new()
    {
        HandshakeTimeout = TimeSpan.FromSeconds(10),
        MessageTimeout = TimeSpan.FromSeconds(30),
        SendTimeout = TimeSpan.FromSeconds(20),
        KeepAliveInterval = TimeSpan.FromSeconds(25),
        KeepAliveTimeout = TimeSpan.FromSeconds(15),
        CloseTimeout = TimeSpan.FromSeconds(2),
    };

    private static readonly ServerOptions WithoutMessageTimeout = Options with { MessageTimeout = null, KeepAliveInterval = null };

    private ConnectionDeadlines _deadlines;

    private static IEnumerable<TestCaseData> Closes()
    {
        // A heartbeat early: the timeout is the most that the peer has.
        double due = 5 + 2 - Heartbeat.Interval.TotalSeconds;
        yield return Case("not before its time", due - 0.001, Due.Nothing);
        yield return Case("at its time", due, Due.UnansweredClose);
    }

    [SetUp]
    public void Accept() => _deadlines = new ConnectionDeadlines(Start);

    // Times are in seconds after the accept.
    [TestCase(9.999, Due.Nothing, TestName = "{m}(not before its time)")]
    [TestCase(10, Due.RequestTimeout, TestName = "{m}(at its time)")]
    [TestCase(1000, Due.RequestTimeout, TestName = "{m}(long after)")]
    public void A_request_head_is_due_after_the_accept_whatever_arrives(double at, Due expected)
    {
        _deadlines.NoteInput(At(9));
        Assert.That(Check(ConnectionStage.Handshake, at), Is.EqualTo(expected));
    }

    [TestCase(34.999, Due.Nothing)]
    [TestCase(35, Due.MessageTimeout)]
    public void A_message_is_due_after_its_first_byte_whatever_arrives_of_it(double at, Due expected)
    {
        NoteMessage(isUnderWay: true, 5);
        _deadlines.NoteInput(At(34));
        NoteMessage(isUnderWay: true, 34);
        Assert.That(Check(ConnectionStage.Open, at), Is.EqualTo(expected));
    }

    [TestCase(49.999, Due.Nothing)]
    [TestCase(50, Due.MessageTimeout)]
    public void The_next_message_has_a_time_of_its_own_even_if_it_began_in_the_same_step(double at, Due expected)
    {
        NoteMessage(isUnderWay: true, 5);
        _deadlines.NoteInput(At(34));
        _deadlines.NoteMessageEnd();
        NoteMessage(isUnderWay: true, 20);
        Assert.That(Check(ConnectionStage.Open, at), Is.EqualTo(expected));
    }

    [TestCase(154.999, Due.Nothing)]
    [TestCase(155, Due.MessageTimeout)]
    public void While_output_waits_the_time_of_a_message_stands_still(double at, Due expected)
    {
        NoteMessage(isUnderWay: true, 5);
        _deadlines.NoteWait(At(15));
        _deadlines.NoteWait(At(20));
        Assert.That(Check(ConnectionStage.Open, 134), Is.Not.EqualTo(Due.MessageTimeout));
        _deadlines.NoteInput(At(135));
        NoteMessage(isUnderWay: true, 135);
        Assert.That(Check(ConnectionStage.Open, at), Is.EqualTo(expected));
    }

    [Test]
    public void Without_a_message_none_is_due()
    {
        NoteMessage(isUnderWay: true, 5);
        NoteMessage(isUnderWay: false, 6);
        _deadlines.NoteInput(At(1000));
        Assert.That(Check(ConnectionStage.Open, 1000), Is.EqualTo(Due.Nothing));
    }

    [Test]
    public void Deadlines_that_are_off_never_fall()
    {
        NoteMessage(isUnderWay: true, 5);
        Assert.That(_deadlines.Check(ConnectionStage.Open, default, WithoutMessageTimeout, At(1_000_000)), Is.EqualTo(Due.Nothing));
    }

    [Test]
    public void A_silent_peer_is_pinged_once_and_gone_if_it_stays_silent()
    {
        _deadlines.NoteInput(At(3));
        Assert.That(Check(ConnectionStage.Open, 27.999), Is.EqualTo(Due.Nothing));
        Assert.That(Check(ConnectionStage.Open, 28), Is.EqualTo(Due.Ping));
        Assert.That(Check(ConnectionStage.Open, 28.25), Is.EqualTo(Due.Nothing));
        Assert.That(Check(ConnectionStage.Open, 42.999), Is.EqualTo(Due.Nothing));
        Assert.That(Check(ConnectionStage.Open, 43), Is.EqualTo(Due.UnansweredPing));
    }

    [Test]
    public void A_peer_that_answers_is_pinged_again_after_the_interval()
    {
        Assert.That(Check(ConnectionStage.Open, 25), Is.EqualTo(Due.Ping));
        _deadlines.NoteInput(At(39));
        Assert.That(Check(ConnectionStage.Open, 63.999), Is.EqualTo(Due.Nothing));
        Assert.That(Check(ConnectionStage.Open, 64), Is.EqualTo(Due.Ping));
        Assert.That(Check(ConnectionStage.Open, 79), Is.EqualTo(Due.UnansweredPing));
    }

    [Test]
    public void A_peer_that_sends_is_not_pinged()
    {
        for (int second = 0; second < 200; second += 24)
        {
            _deadlines.NoteInput(At(second));
            Assert.That(Check(ConnectionStage.Open, second + 24.5), Is.EqualTo(Due.Nothing), $"{second}");
        }
    }

    [Test]
    public void Output_must_be_taken_in_time_and_nothing_else_is_due_meanwhile([Values] ConnectionStage stage)
    {
        NoteMessage(isUnderWay: true, 1);
        Assert.That(Check(stage, 119.999, waitingSince: 100, closeSentAt: 1), Is.EqualTo(Due.Nothing));
        Assert.That(Check(stage, 120, waitingSince: 100, closeSentAt: 1), Is.EqualTo(Due.UnreadOutput));
    }

    [Test]
    public void A_peer_that_takes_a_byte_now_and_then_is_not_cut_off()
    {
        for (int second = 100; second < 300; second += 19)
        {
            Assert.That(Check(ConnectionStage.Open, second, waitingSince: 90, bytesAcked: (ulong)second), Is.EqualTo(Due.Nothing), $"{second}");
        }

        Assert.That(Check(ConnectionStage.Open, 309.999, waitingSince: 90, bytesAcked: 290), Is.EqualTo(Due.Nothing), "it took the last at 290 s");
        Assert.That(Check(ConnectionStage.Open, 310, waitingSince: 90, bytesAcked: 290), Is.EqualTo(Due.UnreadOutput));
    }

    [TestCaseSource(nameof(Closes))]
    public void A_close_must_be_answered_in_time(double at, Due expected) =>
        Assert.That(Check(ConnectionStage.Closing, at, closeSentAt: 5), Is.EqualTo(expected));

    [Test]
    public void The_time_for_an_answer_begins_when_the_close_is_with_the_socket() =>
        Assert.That(Check(ConnectionStage.Closing, 1000, closeSentAt: null), Is.EqualTo(Due.Nothing));

    [Test]
    public void While_the_server_stops_the_answer_has_the_drain_timeout() =>
        Assert.That(Check(ConnectionStage.Draining, 1000, closeSentAt: 5), Is.EqualTo(Due.Nothing));

    private static TestCaseData Case(string name, double at, Due expected) => new TestCaseData(at, expected).SetName($"{{m}}({name})");

    private static long At(double seconds) => Start + (long)(seconds * 1000);

    private void NoteMessage(bool isUnderWay, double at) => _deadlines.NoteMessage(isUnderWay, At(at));

    private Due Check(ConnectionStage stage, double at, double? waitingSince = null, ulong bytesAcked = 0, double? closeSentAt = null) =>
        _deadlines.Check(
            stage,
            new OutputProgress(waitingSince is double since ? At(since) : 0, bytesAcked, closeSentAt is double sent ? At(sent) : 0),
            Options,
            At(at));
}
