using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

/// <summary>After our own Close: everything is stepped over, the peer's Close is still seen (RFC 6455 §7.1.1, §7.1.7).</summary>
internal sealed class DiscardUntilCloseTests
{
    private const int Limit = 100;

    // Two bytes and the masking key: with it, a short Close is known.
    private const int MaskedHeader = 6;

    // Sent unmasked, or masked with nothing, it would be seen as a Close by a reader that loses its place.
    private static readonly byte[] LooksLikeClose = [.. Enumerable.Repeat((byte)0x88, 40)];

    // What the peer sends between our Close and its own.
    private static IEnumerable<TestCaseData> Traffic()
    {
        yield return Frames("nothing");
        yield return Frames("messages", WireFrame.Text("a"), Plain(LooksLikeClose), WireFrame.Binary([]));
        yield return Frames("fragments", WireFrame.Text("a", fin: false), WireFrame.More(LooksLikeClose), WireFrame.More([], fin: true));
        yield return Frames("ping and pong", WireFrame.Ping(LooksLikeClose), WireFrame.Pong([]));
        yield return Frames("unmasked frames", WireFrame.Text("a") with { Masked = false }, Plain(LooksLikeClose) with { Masked = false });
        yield return Frames("16-bit length over the limit", Plain([.. LooksLikeClose, .. LooksLikeClose, .. new byte[100]]));
        yield return Frames("64-bit length over the limit", Plain(new byte[70_000]));
        yield return Frames("lengths that are not minimal", Plain(LooksLikeClose) with { LengthForm = LengthForm.Bits64 });
        yield return Frames("text that is not UTF-8", WireFrame.Text([0xFF]));
        yield return Frames("reserved bits", Plain(LooksLikeClose) with { Rsv = 7 });
        yield return Frames("reserved opcodes", new WireFrame(3, LooksLikeClose), new WireFrame(15, []));
        yield return Frames("a ping of 126 bytes, fragmented", new WireFrame(WireFrame.PingOpcode, new byte[126], Fin: false));
        yield return Frames("continuations of nothing", WireFrame.More([1]), WireFrame.More([2], fin: true));
    }

    private static IEnumerable<TestCaseData> Closes()
    {
        yield return Frames("empty", WireFrame.CloseEmpty());
        yield return Frames("code and reason", WireFrame.Close(1000, "bye"));
        yield return Frames("a code that may not be sent", WireFrame.Close(1005));
        yield return Frames("one byte", new WireFrame(WireFrame.CloseOpcode, [3]));
        yield return Frames("unmasked", WireFrame.CloseEmpty() with { Masked = false });
        yield return Frames("fragmented", WireFrame.CloseEmpty() with { Fin = false });
        yield return Frames("reserved bit", WireFrame.CloseEmpty() with { Rsv = 4 });
        yield return Frames("over 125 bytes", WireFrame.Close(1000, new string('a', 200)));
    }

    // Each breaks a rule and is followed by bytes of its own payload that look like a Close.
    private static IEnumerable<TestCaseData> Violations()
    {
        yield return Frames("§5.2 reserved bit", Plain(LooksLikeClose) with { Rsv = 1 });
        yield return Frames("§5.2 reserved opcode", Plain(LooksLikeClose) with { Opcode = 3 });
        yield return Frames("§5.2 length that is not minimal", Plain(LooksLikeClose) with { LengthForm = LengthForm.Bits64 });
        yield return Frames("§5.1 unmasked", Plain(LooksLikeClose) with { Masked = false });
        yield return Frames("§5.5 fragmented ping", Plain(LooksLikeClose) with { Opcode = WireFrame.PingOpcode, Fin = false });
        yield return Frames("§5.4 continuation of nothing", Plain(LooksLikeClose) with { Opcode = WireFrame.Continuation });
        yield return Frames("§5.4 message in a message", WireFrame.Text("a", fin: false), Plain(LooksLikeClose));
        yield return Frames("§8.1 not UTF-8", Plain(LooksLikeClose) with { Opcode = WireFrame.TextOpcode });
        yield return Frames("§10.4 too large", Plain([.. LooksLikeClose, .. LooksLikeClose, .. LooksLikeClose]));
    }

    [TestCaseSource(nameof(Traffic))]
    public void Whatever_comes_is_stepped_over_up_to_the_close(byte[] traffic)
    {
        byte[] bytes = [.. traffic, .. WireFrame.Close(1000).ToBytes()];
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            var feed = new ReaderFeed(Role.Server, Limit);
            feed.Reader.DiscardUntilClose();
            AssertClosesAt(traffic.Length + MaskedHeader, feed, bytes, pieces);
            Assert.That((feed.Events.Count, feed.MaxHeldBytes), Is.EqualTo((1, 0)));
        }
    }

    [TestCaseSource(nameof(Closes))]
    public void A_close_is_seen_whatever_is_wrong_with_it(byte[] close)
    {
        Assert.That(Frame.TryReadLayout(close, out Frame layout), Is.True);
        foreach (int[] pieces in Splits.Of(close.Length))
        {
            var feed = new ReaderFeed(Role.Server, Limit);
            feed.Reader.DiscardUntilClose();
            feed.Receive(WireFrame.Text("a").ToBytes());
            Assert.That(feed.Events, Is.Empty);
            AssertClosesAt(layout.HeaderSize, feed, close, pieces);
        }
    }

    [Test]
    public void A_frame_that_is_under_way_is_stepped_over_from_where_it_is()
    {
        // A message in two fragments, with a ping in between; our Close may come at any byte of it.
        byte[] bytes = WireFrame.Join(
            Plain(LooksLikeClose) with { Fin = false }, WireFrame.Ping(LooksLikeClose),
            Plain(LooksLikeClose) with { Opcode = WireFrame.Continuation }, WireFrame.CloseEmpty());
        for (int before = 0; before < bytes.Length - 1; before++)
        {
            var feed = new ReaderFeed(Role.Server, Limit);
            feed.Receive(bytes.AsSpan(0, before));
            feed.Events.Clear();
            feed.Reader.DiscardUntilClose();
            int rest = bytes.Length - before;
            AssertClosesAt(rest, feed, bytes.AsSpan(before), [.. Enumerable.Repeat(1, rest)]);
        }
    }

    [TestCaseSource(nameof(Violations))]
    public void After_a_violation_the_rest_of_its_frame_is_stepped_over(byte[] violation)
    {
        byte[] bytes = [.. violation, .. WireFrame.Text("b").ToBytes(), .. WireFrame.CloseEmpty().ToBytes()];
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            var feed = new ReaderFeed(Role.Server, Limit);
            AssertClosesAt(bytes.Length, feed, bytes, pieces);
            Assert.That(feed.Events, Has.Count.EqualTo(2));
            Assert.That(feed.Events[0].Kind, Does.StartWith("Violation "));
        }
    }

    // RFC 6455 §1.4: a Close is a peer's last word; a broken one as well, or both ends would wait for the other.
    [TestCase(false, 0, true, 0)]
    [TestCase(true, 4, true, 0)]
    [TestCase(true, 0, false, 0)]
    [TestCase(true, 0, true, 126)]
    public void A_close_that_is_a_violation_itself_is_the_close(bool masked, int reserved, bool isFinal, int length)
    {
        byte[] bytes = new WireFrame(WireFrame.CloseOpcode, new byte[length], isFinal, reserved) { Masked = masked }.ToBytes();
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            IEnumerable<string> kinds = ReaderFeed.EventsOf(Role.Server, Limit, bytes, pieces).Select(found => found.Kind);
            Assert.That(kinds, Has.Exactly(2).Items, () => $"in pieces of {string.Join(' ', pieces)}");
            Assert.That(kinds.First(), Does.StartWith("Violation 1002: "));
            Assert.That(kinds.Last(), Is.EqualTo("Close"));
        }
    }

    [Test]
    public void A_frame_that_never_ends_is_consumed_and_not_held()
    {
        var feed = new ReaderFeed(Role.Server, Limit);
        feed.Reader.DiscardUntilClose();
        feed.Receive(new WireFrame(WireFrame.BinaryOpcode, []) { DeclaredLength = ulong.MaxValue }.ToBytes());
        for (int i = 0; i < 100; i++)
        {
            feed.Receive(LooksLikeClose);
            Assert.That((feed.LeftOverBytes, feed.MaxHeldBytes, feed.Events.Count), Is.EqualTo((0, 0, 0)));
        }
    }

    /// <summary>The Close is told as soon as its header is there: an earlier one is payload that was taken for a header.</summary>
    private static void AssertClosesAt(int headerEnd, ReaderFeed feed, ReadOnlySpan<byte> bytes, int[] pieces)
    {
        int done = 0;
        foreach (int piece in pieces)
        {
            feed.Receive(bytes.Slice(done, piece));
            done += piece;
            Assert.That(
                feed.Events.Count(found => found.Kind == "Close"),
                Is.EqualTo(done < headerEnd ? 0 : 1),
                () => $"after {done} bytes in pieces of {string.Join(' ', pieces)}");
        }

        Assert.That(feed.Events[^1], Is.EqualTo(new ReadEvent("Close", [])));
    }

    /// <summary>A binary frame that is masked with zeros, so that its payload lies on the wire as it is.</summary>
    private static WireFrame Plain(byte[] payload) => WireFrame.Binary(payload) with { Key = [0, 0, 0, 0] };

    private static TestCaseData Frames(string name, params WireFrame[] frames) =>
        new TestCaseData(WireFrame.Join(frames)).SetName($"{{m}}({name})");
}
