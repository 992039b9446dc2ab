using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

internal sealed class MessageReaderTests
{
    private const int Limit = 100;

    // The limit, and whether a message of so many bytes in such fragments is over it.
    [TestCase(0, false, 0, TestName = "{m}(nothing allowed, nothing sent)")]
    [TestCase(0, false, 0, 0, 0, TestName = "{m}(nothing allowed, empty fragments)")]
    [TestCase(0, true, 1, TestName = "{m}(nothing allowed)")]
    [TestCase(5, false, 5, TestName = "{m}(whole)")]
    [TestCase(5, true, 6, TestName = "{m}(whole and one over)")]
    [TestCase(5, false, 2, 3, TestName = "{m}(fragments)")]
    [TestCase(5, false, 5, 0, TestName = "{m}(fragments with an empty end)")]
    [TestCase(5, true, 2, 4, TestName = "{m}(fragments one over)")]
    [TestCase(5, true, 1, 1, 1, 1, 1, 1, TestName = "{m}(byte by byte and one over)")]
    [TestCase(125, false, 125, TestName = "{m}(the last short length)")]
    [TestCase(126, true, 127, TestName = "{m}(a 16-bit length one over)")]
    [TestCase(65_535, true, 65_536, TestName = "{m}(a 64-bit length one over)")]
    [TestCase(65_536, false, 65_536, TestName = "{m}(a 64-bit length)")]
    public void The_limit_is_for_the_whole_message(int limit, bool isOver, params int[] fragments)
    {
        IEnumerable<WireFrame> frames = fragments.Select((size, i) =>
            new WireFrame(i == 0 ? WireFrame.BinaryOpcode : WireFrame.Continuation, new byte[size], Fin: i == fragments.Length - 1));
        byte[] bytes = WireFrame.Join(frames);
        string expected = isOver
            ? $"Violation 1009: a message of {fragments.Sum()} bytes or more is over {limit}"
            : ReadEvent.Binary;
        foreach (int[] pieces in (int[][])[[bytes.Length], [.. Enumerable.Repeat(1, bytes.Length)]])
        {
            List<ReadEvent> events = ReaderFeed.EventsOf(Role.Server, limit, bytes, pieces);
            Assert.That(events.Select(found => found.Kind), Is.EqualTo(new[] { expected }));
            Assert.That(events[0].Payload, Has.Length.EqualTo(isOver ? 0 : fragments.Sum()));
        }
    }

    [Test]
    public void The_limit_begins_anew_with_each_message()
    {
        WireFrame[] fragments = [WireFrame.Binary(new byte[Limit / 2], fin: false), WireFrame.More(new byte[Limit / 2], fin: true)];
        byte[] bytes = WireFrame.Join([.. fragments, WireFrame.Binary(new byte[Limit]), .. fragments, .. fragments]);
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            List<ReadEvent> events = ReaderFeed.EventsOf(Role.Server, Limit, bytes, pieces);
            Assert.That(events, Is.EqualTo(Enumerable.Repeat(new ReadEvent(ReadEvent.Binary, new byte[Limit]), 4)));
        }
    }

    [Test]
    public void A_whole_frame_is_handed_out_from_where_it_lies(
        [Values(Opcode.Text, Opcode.Binary, Opcode.Ping, Opcode.Pong, Opcode.Close)] Opcode opcode)
    {
        byte[] input = [.. new WireFrame((int)opcode, "payload"u8.ToArray()).ToBytes(), 0x81, 0x80];
        var reader = new MessageReader(Role.Server, Limit);
        reader.Read(input, out int consumed, out ReadOnlySpan<byte> payload);
        Assert.That(consumed, Is.EqualTo(input.Length - 2));
        Assert.That(payload.SequenceEqual("payload"u8), Is.True);
        Assert.That(input.AsSpan().Overlaps(payload, out int offset), Is.True);
        Assert.That(offset, Is.EqualTo(6), "behind the header, where it was sent");
    }

    [Test]
    public void Bytes_behind_what_is_consumed_are_left_as_they_are()
    {
        byte[] first = WireFrame.Text("first").ToBytes();
        byte[] second = WireFrame.Text("second").ToBytes();
        byte[] input = [.. first, .. second];
        new MessageReader(Role.Server, Limit).Read(input, out int consumed, out _);
        Assert.That(consumed, Is.EqualTo(first.Length));
        Assert.That(input[consumed..], Is.EqualTo(second));
    }

    [Test]
    public void A_control_frame_that_is_not_complete_is_left_as_it_is()
    {
        byte[] ping = WireFrame.Ping("payload"u8.ToArray()).ToBytes();
        for (int size = 0; size < ping.Length; size++)
        {
            byte[] input = ping[..size];
            ReadResult result = new MessageReader(Role.Server, Limit).Read(input, out int consumed, out _);
            Assert.That((result, consumed), Is.EqualTo((ReadResult.NeedMore, 0)), () => $"{size} bytes");
            Assert.That(input, Is.EqualTo(ping[..size]));
        }
    }

    [Test]
    public void The_kind_of_a_fragmented_message_outlives_what_lies_between()
    {
        var reader = new MessageReader(Role.Server, Limit);
        Assert.That(Read(reader, WireFrame.Binary([1])), Is.EqualTo(ReadResult.Message));
        Assert.That(reader.IsText, Is.False);
        Assert.That(Read(reader, WireFrame.Text("a", fin: false)), Is.EqualTo(ReadResult.NeedMore));
        Assert.That(Read(reader, WireFrame.Ping([])), Is.EqualTo(ReadResult.Ping));
        Assert.That(reader.IsText, Is.True);
        Assert.That(Read(reader, WireFrame.More([], fin: true)), Is.EqualTo(ReadResult.Message));
        Assert.That(reader.IsText, Is.True);
        Assert.That(Read(reader, WireFrame.Binary([], fin: false)), Is.EqualTo(ReadResult.NeedMore));
        Assert.That(reader.IsText, Is.False);
    }

    [Test]
    public void After_a_violation_nothing_more_is_read()
    {
        var reader = new MessageReader(Role.Server, Limit);
        Assert.That(Read(reader, WireFrame.More([])), Is.EqualTo(ReadResult.Violation));
        ProtocolViolation? violation = reader.Violation;
        byte[] sound = WireFrame.Text("a").ToBytes();
        Assert.That(reader.Read(sound, out int consumed, out ReadOnlySpan<byte> payload), Is.EqualTo(ReadResult.Violation));
        Assert.That((consumed, payload.Length), Is.EqualTo((sound.Length, 0)));
        Assert.That(reader.Violation, Is.SameAs(violation).And.Not.Null);
    }

    private static ReadResult Read(MessageReader reader, WireFrame frame) => reader.Read(frame.ToBytes(), out _, out _);
}
