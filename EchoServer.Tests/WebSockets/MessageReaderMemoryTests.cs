using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

/// <summary>What the reader holds, and when it gives it back.</summary>
internal sealed class MessageReaderMemoryTests
{
    private const int Mebibyte = 1 << 20;

    private static IEnumerable<TestCaseData> WholeFrames()
    {
        yield return new TestCaseData(WireFrame.Text("")).SetName("{m}(empty text)");
        yield return new TestCaseData(WireFrame.Text("Größe 日本 \U0001F600")).SetName("{m}(text)");
        yield return new TestCaseData(WireFrame.Text(new string('a', 60_000))).SetName("{m}(long text)");
        yield return new TestCaseData(WireFrame.Binary([1, 2, 3])).SetName("{m}(binary)");
        yield return new TestCaseData(WireFrame.Binary(new byte[100_000])).SetName("{m}(long binary)");
        yield return new TestCaseData(WireFrame.Ping(new byte[125])).SetName("{m}(ping)");
    }

    [TestCaseSource(nameof(WholeFrames))]
    public void Whole_frames_allocate_and_hold_nothing(WireFrame frame)
    {
        const int messages = 1_000;
        byte[] wire = frame.ToBytes();
        byte[] input = new byte[wire.Length];
        var reader = new MessageReader(Role.Server, Mebibyte);
        ReadMany(reader, wire, input, messages);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int most = ReadMany(reader, wire, input, messages);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That((allocated, most), Is.EqualTo((0L, 0)));
    }

    [Test]
    public void An_idle_reader_holds_nothing()
    {
        var reader = new MessageReader(Role.Server, Mebibyte);
        Assert.That(reader.HeldBytes, Is.Zero);
        Read(reader, WireFrame.Ping(new byte[100]).ToBytes().AsSpan(0, 50));
        Assert.That(reader.HeldBytes, Is.Zero, "a control frame is left with the caller");
        Read(reader, WireFrame.Binary(new byte[1_000]).ToBytes().AsSpan(0, 8));
        Assert.That(reader.HeldBytes, Is.Zero, "a header without payload");
    }

    [Test]
    public void What_is_held_is_bounded_by_what_arrived_and_not_by_what_was_declared([Values(1, 16, 17, 1_000, 65_537)] int size)
    {
        byte[] wire = WireFrame.Binary(new byte[Mebibyte]).ToBytes();
        foreach (int[] pieces in (int[][])[[14 + size], [14, size], [14, .. Enumerable.Repeat(1, size)]])
        {
            var reader = new MessageReader(Role.Server, Mebibyte);
            int arrived = 0;
            foreach (int piece in pieces)
            {
                Read(reader, wire.AsSpan(arrived, piece));
                arrived += piece;
                Assert.That(reader.HeldBytes, Is.InRange(arrived - 14, (2 * (arrived - 14)) + 16));
            }

            reader.Abandon();
        }
    }

    [Test]
    public void Fragments_are_bounded_by_what_arrived_too()
    {
        var reader = new MessageReader(Role.Server, Mebibyte);
        Read(reader, WireFrame.Binary([], fin: false).ToBytes());
        for (int arrived = 0; arrived < 5_000; arrived += 7)
        {
            Assert.That(reader.HeldBytes, Is.InRange(arrived, (2 * arrived) + 16));
            Read(reader, WireFrame.More(new byte[7]).ToBytes());
        }
    }

    [Test]
    public void A_message_is_held_until_it_is_released()
    {
        MessageReader reader = WithMessageHandedOut();
        reader.ReleaseMessage();
        Assert.That(reader.HeldBytes, Is.Zero);
        reader.ReleaseMessage();
        Assert.That(reader.HeldBytes, Is.Zero);
    }

    [Test]
    public void A_message_is_released_by_the_next_call_at_the_latest()
    {
        MessageReader reader = WithMessageHandedOut();
        Assert.That(Read(reader, []), Is.EqualTo(ReadResult.NeedMore));
        Assert.That(reader.HeldBytes, Is.Zero);
    }

    [Test]
    public void A_message_that_is_arriving_is_not_released()
    {
        MessageReader reader = WithMessageArriving();
        reader.ReleaseMessage();
        Assert.That(reader.HeldBytes, Is.AtLeast(10));
        ReadResult result = reader.Read(WireFrame.More("b"u8.ToArray(), fin: true).ToBytes(), out _, out ReadOnlySpan<byte> payload);
        Assert.That(result, Is.EqualTo(ReadResult.Message));
        Assert.That(payload.SequenceEqual("aaaaaaaaaab"u8), Is.True);
    }

    [Test]
    public void Abandon_gives_back_a_message_that_is_arriving()
    {
        MessageReader reader = WithMessageArriving();
        reader.Abandon();
        Assert.That(reader.HeldBytes, Is.Zero);
        Assert.That(Read(reader, WireFrame.Text("a").ToBytes()), Is.EqualTo(ReadResult.Violation), "nothing can be read after it");
    }

    [Test]
    public void DiscardUntilClose_gives_back_a_message_that_is_arriving()
    {
        MessageReader reader = WithMessageArriving();
        reader.DiscardUntilClose();
        Assert.That(reader.HeldBytes, Is.Zero);
        Read(reader, WireFrame.More(new byte[1_000], fin: true).ToBytes());
        Assert.That(reader.HeldBytes, Is.Zero);
    }

    [Test]
    public void A_violation_gives_back_a_message_that_is_arriving()
    {
        MessageReader reader = WithMessageArriving();
        Assert.That(Read(reader, WireFrame.Text("a new one").ToBytes()), Is.EqualTo(ReadResult.Violation));
        Assert.That(reader.HeldBytes, Is.Zero);
    }

    // With a limit of 1 MiB, of which 10 bytes may already be there.
    [TestCase(0, Mebibyte + 1, TestName = "{m}(one byte over)")]
    [TestCase(0, (long)uint.MaxValue, TestName = "{m}(4 GiB)")]
    [TestCase(0, long.MaxValue, TestName = "{m}(the longest that there is)")]
    [TestCase(10, Mebibyte - 9, TestName = "{m}(one byte over with the last fragment)")]
    [TestCase(10, long.MaxValue, TestName = "{m}(the longest that there is as a fragment)")]
    public void A_length_over_the_limit_is_refused_before_any_of_it_is_held(int already, long length)
    {
        int opcode = already == 0 ? WireFrame.BinaryOpcode : WireFrame.Continuation;
        byte[] header = new WireFrame(opcode, []) { DeclaredLength = (ulong)length }.ToBytes();
        var reader = new MessageReader(Role.Server, Mebibyte);
        if (already > 0)
        {
            Read(reader, WireFrame.Binary(new byte[already], fin: false).ToBytes());
        }

        int held = reader.HeldBytes;
        Assert.That(Read(reader, header.AsSpan(0, header.Length - 1)), Is.EqualTo(ReadResult.NeedMore));
        Assert.That(reader.HeldBytes, Is.EqualTo(held));
        Assert.That(Read(reader, header), Is.EqualTo(ReadResult.Violation));
        Assert.That(reader.Violation?.Code, Is.EqualTo(CloseCode.MessageTooBig));
        Assert.That(reader.HeldBytes, Is.Zero);
    }

    private static MessageReader WithMessageArriving()
    {
        var reader = new MessageReader(Role.Server, Mebibyte);
        Read(reader, WireFrame.Text("aaaaaaaaaa", fin: false).ToBytes());
        Assert.That(reader.HeldBytes, Is.InRange(10, 36));
        return reader;
    }

    private static MessageReader WithMessageHandedOut()
    {
        MessageReader reader = WithMessageArriving();
        Assert.That(Read(reader, WireFrame.More([], fin: true).ToBytes()), Is.EqualTo(ReadResult.Message));
        Assert.That(reader.HeldBytes, Is.AtLeast(10));
        return reader;
    }

    /// <summary>One call with a copy of the bytes, which are unmasked in place.</summary>
    private static ReadResult Read(MessageReader reader, ReadOnlySpan<byte> bytes) => reader.Read(bytes.ToArray(), out _, out _);

    /// <summary>Allocates nothing itself. Returns the most that was held.</summary>
    private static int ReadMany(MessageReader reader, byte[] wire, byte[] input, int times)
    {
        int most = 0;
        for (; times > 0; times--)
        {
            wire.CopyTo(input, 0);
            ReadResult result = reader.Read(input, out int consumed, out _);
            most = Math.Max(most, reader.HeldBytes);
            if (result is not (ReadResult.Message or ReadResult.Ping) || consumed != wire.Length)
            {
                return -1;
            }
        }

        return most;
    }
}
