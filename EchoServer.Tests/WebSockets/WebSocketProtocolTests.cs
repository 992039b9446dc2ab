using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

/// <summary>The closing handshake from both ends, and reading and sending after it (RFC 6455 §5.5 and §7).</summary>
[TestFixture(Role.Server)]
[TestFixture(Role.Client)]
internal sealed class WebSocketProtocolTests(Role role)
{
    private const int Limit = 1_000;

    private RecordingSink _sink;
    private WebSocketProtocol<RecordingSink> _protocol;

    private static IEnumerable<TestCaseData> Answers()
    {
        yield return Case("a code", WireFrame.Close(1001), 1001, "", 1001);
        yield return Case("a code of an application", WireFrame.Close(4999, "bye"), 4999, "bye", 4999);
        yield return Case("no code", WireFrame.CloseEmpty(), 1005, "", 1000);

        static TestCaseData Case(string name, WireFrame close, int code, string reason, int answer) =>
            new TestCaseData(close, code, reason, answer).SetName($"{{m}}({name})");
    }

    [SetUp]
    public void Open()
    {
        _sink = new RecordingSink(role);
        _protocol = new WebSocketProtocol<RecordingSink>(new MessageReader(role, Limit), _sink);
    }

    [TearDown]
    public void Release() => _protocol.Release();

    [TestCaseSource(nameof(Answers))]
    public void A_close_is_answered_with_its_code(WireFrame close, int code, string reason, int answer)
    {
        Assert.That(Receive(close), Is.EqualTo((ProtocolEvent.Closed, reason)));
        Assert.That((_protocol.PeerCode, _protocol.IsOpen), Is.EqualTo(((CloseCode)code, false)));
        AssertSent(WireFrame.Close(answer));
    }

    [Test]
    public void After_a_close_nothing_is_found_and_nothing_is_sent()
    {
        Receive(WireFrame.Close(1000));
        _protocol.Send(Opcode.Text, default, "late"u8);
        Assert.That(_protocol.Close(CloseCode.GoingAway, ""), Is.False);
        Assert.That(Receive(WireFrame.Ping([1])), Is.EqualTo((ProtocolEvent.Closed, "")));
        Assert.That(_protocol.PeerCode, Is.EqualTo(CloseCode.NormalClosure));
        AssertSent(WireFrame.Close(1000));
    }

    [Test]
    public void Only_the_first_close_counts()
    {
        Assert.That(_protocol.Close(CloseCode.GoingAway, "first"), Is.True);
        Assert.That(_protocol.Close(CloseCode.NormalClosure, "second"), Is.False);
        _protocol.Fail(new ProtocolViolation(CloseCode.TryAgainLater, "third"));
        AssertSent(WireFrame.Close(1001, "first"));
    }

    [Test]
    public void A_close_with_a_code_that_may_not_be_sent_is_refused()
    {
        Assert.That(() => _protocol.Close(CloseCode.AbnormalClosure, ""), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(_protocol.Close(CloseCode.NormalClosure, ""), Is.True);
    }

    [Test]
    public void After_our_close_only_the_peers_is_looked_for()
    {
        _protocol.Close(CloseCode.GoingAway, "bye");
        Assert.That(Receive(WireFrame.Ping([1])), Is.EqualTo((ProtocolEvent.None, "")));
        Assert.That(Receive(WireFrame.Text("late")), Is.EqualTo((ProtocolEvent.None, "")));
        Assert.That(Receive(WireFrame.Text([0xFF])), Is.EqualTo((ProtocolEvent.None, "")), "and not judged");
        Assert.That(Receive(WireFrame.Close(1005)), Is.EqualTo((ProtocolEvent.Closed, "")));
        Assert.That((_protocol.PeerCode, _protocol.Violation), Is.EqualTo(((CloseCode?)null, (ProtocolViolation?)null)));
        AssertSent(WireFrame.Close(1001, "bye"));
    }

    [Test]
    public void Where_it_reads_after_its_close_messages_come_up_to_the_peers()
    {
        _protocol = new WebSocketProtocol<RecordingSink>(new MessageReader(role, Limit), _sink) { ReadsAfterClose = true };
        _protocol.Close(CloseCode.GoingAway, "bye");
        Assert.That(Receive(WireFrame.Text("late")), Is.EqualTo((ProtocolEvent.Text, "late")));
        Assert.That(Receive(WireFrame.Ping([7])).Found, Is.EqualTo(ProtocolEvent.Ping));
        Assert.That(Receive(WireFrame.Close(4000, "done")), Is.EqualTo((ProtocolEvent.Closed, "done")));
        Assert.That((_protocol.PeerCode, _protocol.IsOpen), Is.EqualTo(((CloseCode?)4000, false)));
        AssertSent(WireFrame.Close(1001, "bye"));
    }

    [Test]
    public void Where_it_reads_after_its_close_a_violation_ends_that()
    {
        _protocol = new WebSocketProtocol<RecordingSink>(new MessageReader(role, Limit), _sink) { ReadsAfterClose = true };
        _protocol.Close(CloseCode.GoingAway, "bye");
        Assert.That(Receive(WireFrame.Text([0xFF])).Found, Is.EqualTo(ProtocolEvent.Failed));
        Assert.That(Receive(WireFrame.Text("more")).Found, Is.EqualTo(ProtocolEvent.None));
        AssertSent(WireFrame.Close(1001, "bye"));
    }

    [Test]
    public void A_sink_that_was_closed_elsewhere_ends_the_reading()
    {
        Receive(WireFrame.Text("half", fin: false));
        Assert.That(_protocol.IsInMessage, Is.True);
        _sink.CloseElsewhere();
        Assert.That(Receive(WireFrame.More("other half"u8.ToArray(), fin: true)), Is.EqualTo((ProtocolEvent.None, "")));
        Assert.That((_protocol.IsOpen, _protocol.IsInMessage), Is.EqualTo((false, false)));
        Assert.That(Receive(WireFrame.CloseEmpty()).Found, Is.EqualTo(ProtocolEvent.Closed));
        Assert.That(_sink.Sent, Is.Empty);
    }

    [Test]
    public void A_violation_is_told_in_a_close_and_the_peers_is_awaited()
    {
        Assert.That(Receive(WireFrame.Text([0xFF])).Found, Is.EqualTo(ProtocolEvent.Failed));
        Assert.That(Receive(WireFrame.Text("more")).Found, Is.EqualTo(ProtocolEvent.None));
        Assert.That(Receive(WireFrame.Close(1007)).Found, Is.EqualTo(ProtocolEvent.Closed));
        Assert.That(_protocol.PeerCode, Is.Null);
        AssertSent(WireFrame.Close(1007, "a text message is not UTF-8"));
    }

    [Test]
    public void A_close_that_breaks_a_rule_is_the_peers_last_word_all_the_same()
    {
        Assert.That(Receive(WireFrame.Close(1005)).Found, Is.EqualTo(ProtocolEvent.Failed));
        Assert.That(Receive(WireFrame.Text("more")).Found, Is.EqualTo(ProtocolEvent.Closed));
        AssertSent(WireFrame.Close(1002, "close code 1005 may not be sent"));
    }

    [Test]
    public void A_failure_of_this_end_is_told_as_a_violation_is()
    {
        _protocol.Fail(new ProtocolViolation(CloseCode.TryAgainLater, "no memory"));
        Assert.That(Receive(WireFrame.Text("more")).Found, Is.EqualTo(ProtocolEvent.None));
        AssertSent(WireFrame.Close(1013, "no memory"));
    }

    [Test]
    public void Messages_and_answers_go_out_in_order()
    {
        _protocol.Send(Opcode.Text, "Echo: "u8, "a"u8);
        Assert.That(Receive(WireFrame.Ping([7])).Found, Is.EqualTo(ProtocolEvent.Ping));
        _protocol.Send(Opcode.Binary, default, default);
        AssertSent(WireFrame.Text("Echo: a"), WireFrame.Pong([7]), WireFrame.Binary([]));
    }

    private (ProtocolEvent Found, string Payload) Receive(WireFrame frame)
    {
        byte[] input = (frame with { Masked = role == Role.Server }).ToBytes();
        ProtocolEvent found = _protocol.Receive(input, out int consumed, out ReadOnlySpan<byte> payload);
        Assert.That(consumed, Is.EqualTo(input.Length));
        return (found, Encoding.UTF8.GetString(payload));
    }

    private void AssertSent(params WireFrame[] frames) => Assert.That(_sink.Sent, Is.EqualTo(RecordingSink.Expect(role, frames)));
}
