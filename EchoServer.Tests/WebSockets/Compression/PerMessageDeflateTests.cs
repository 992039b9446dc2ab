using EchoServer.Buffers;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Tests.WebSockets.Compression;

/// <summary>The sending direction: which messages go out compressed, the counts of them, and the memory that is given back.</summary>
internal sealed class PerMessageDeflateTests
{
    private static readonly byte[] Text = Enumerable.Repeat("the same words "u8.ToArray(), 20).SelectMany(word => word).ToArray();

    private ZlibPool _pool = null!;

    [SetUp]
    public void MakePool() => _pool = new ZlibPool(level: 1, keptOfEachKind: 1);

    [TearDown]
    public void DisposePool() => _pool.Dispose();

    [TestCase(false)]
    [TestCase(true)]
    public void A_message_that_gets_smaller_goes_out_compressed_and_is_counted(bool forgets)
    {
        var parameters = new DeflateParameters(forgets, false, null);
        var budget = new MemoryBudget(int.MaxValue);
        PerMessageDeflate deflate = Take(parameters, budget);
        var sink = new RecordingSink(Role.Server);
        deflate.Send(sink, Opcode.Text, "Echo: "u8, Text);

        // RFC 7692 §6: RSV1 is set on the frame.
        Assert.That(sink.Sent[0], Is.EqualTo(0b1100_0001));
        Assert.That(sink.Sent, Has.Length.LessThan(Text.Length / 2));
        CompressedCounts sent = Sent(deflate);
        Assert.That((sent.Messages, sent.CompressedBytes, sent.PlainBytes), Is.EqualTo((1L, (long)sink.Sent.Length - 2, "Echo: ".Length + (long)Text.Length)));
        Release(deflate, budget);
    }

    [Test]
    public void A_short_message_and_one_that_gets_no_smaller_go_out_plain()
    {
        byte[] noise = new byte[1_000];
        new Random(1).NextBytes(noise);
        foreach (byte[] message in (byte[][])["short"u8.ToArray(), noise])
        {
            var budget = new MemoryBudget(int.MaxValue);
            PerMessageDeflate deflate = Take(default, budget);
            var sink = new RecordingSink(Role.Server);
            deflate.Send(sink, Opcode.Binary, default, message);
            Assert.That(sink.Sent, Is.EqualTo(RecordingSink.Expect(Role.Server, WireFrame.Binary(message))));
            Assert.That(Sent(deflate).Messages, Is.Zero);
            Release(deflate, budget);
        }
    }

    /// <summary>The copy of a large message is counted in the budget, while it is compressed.</summary>
    [Test]
    public void A_large_message_goes_out_plain_where_the_budget_has_no_room_for_its_copy()
    {
        byte[] large = new byte[256 * 1024];
        foreach ((int spare, bool isCompressed) in ((int, bool)[])[(large.Length / 2, false), (4 * large.Length, true)])
        {
            int own = PerMessageDeflate.DeflaterBytes(default) + PerMessageDeflate.InflaterBytes(default);
            var budget = new MemoryBudget(own + spare);
            PerMessageDeflate deflate = Take(default, budget);
            var sink = new RecordingSink(Role.Server);
            deflate.Send(sink, Opcode.Binary, default, large);
            Assert.That(sink.Sent.Length < large.Length, Is.EqualTo(isCompressed));
            Release(deflate, budget);
        }
    }

    [Test]
    public void A_message_that_the_sink_drops_is_not_counted()
    {
        var budget = new MemoryBudget(int.MaxValue);
        PerMessageDeflate deflate = Take(default, budget);
        var sink = new RecordingSink(Role.Server);
        sink.CloseElsewhere();
        deflate.Send(sink, Opcode.Text, default, Text);
        Assert.That((sink.Sent.Length, Sent(deflate).Messages), Is.EqualTo((0, 0L)));
        Release(deflate, budget);
    }

    /// <summary>Makes the compression of a connection, whose memory is taken at the handshake.</summary>
    private PerMessageDeflate Take(DeflateParameters parameters, MemoryBudget budget)
    {
        Assert.That(budget.TryTake(PerMessageDeflate.DeflaterBytes(parameters) + PerMessageDeflate.InflaterBytes(parameters)), Is.True);
        return new PerMessageDeflate(parameters, _pool, budget);
    }

    private void Release(PerMessageDeflate deflate, MemoryBudget budget)
    {
        deflate.Release();
        Assert.That((_pool.Rented, budget.Used), Is.EqualTo((0, 0L)));
    }

    private static CompressedCounts Sent(PerMessageDeflate deflate)
    {
        CompressedCounts received = default;
        CompressedCounts sent = default;
        deflate.AddCountsTo(ref received, ref sent);
        Assert.That(received.Messages, Is.Zero);
        return sent;
    }
}
