using EchoServer.Buffers;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Tests.WebSockets.Compression;

/// <summary>The sending direction: which messages go out compressed, the counts of them, and the memory that is given back.</summary>
internal sealed class PerMessageDeflateTests
{
    private static readonly byte[] Text = Enumerable.Repeat("the same words "u8.ToArray(), 20).SelectMany(word => word).ToArray();

    [Test]
    public void A_message_that_gets_smaller_goes_out_compressed_and_is_counted([Values] bool forgets)
    {
        (byte[] frame, CompressedCounts sent) = Send(Opcode.Text, "Echo: ", Text, new DeflateParameters(forgets, false, null));

        // RFC 7692 §6: RSV1 is set on the frame.
        Assert.That(frame[0], Is.EqualTo(0b1100_0001));
        Assert.That(frame, Has.Length.LessThan(Text.Length / 2));
        Assert.That(
            (sent.Messages, sent.CompressedBytes, sent.PlainBytes), Is.EqualTo((1L, frame.Length - 2L, "Echo: ".Length + (long)Text.Length)));
    }

    [Test]
    public void A_short_message_and_one_that_gets_no_smaller_go_out_plain()
    {
        byte[] noise = new byte[1_000];
        new Random(1).NextBytes(noise);
        foreach (byte[] message in (byte[][])["short"u8.ToArray(), noise])
        {
            (byte[] frame, CompressedCounts sent) = Send(Opcode.Binary, "", message);
            Assert.That(frame, Is.EqualTo(RecordingSink.Expect(Role.Server, WireFrame.Binary(message))));
            Assert.That(sent.Messages, Is.Zero);
        }
    }

    /// <summary>The copy of a large message is counted in the budget, while it is compressed.</summary>
    [TestCase(128 * 1024, false)]
    [TestCase(1024 * 1024, true)]
    public void A_large_message_goes_out_plain_where_the_budget_has_no_room_for_its_copy(int spare, bool isCompressed)
    {
        byte[] large = new byte[256 * 1024];
        Assert.That(Send(Opcode.Binary, "", large, spare: spare).Frame.Length < large.Length, Is.EqualTo(isCompressed));
    }

    [Test]
    public void A_message_that_the_sink_drops_is_not_counted()
    {
        (byte[] frame, CompressedCounts sent) = Send(Opcode.Text, "", Text, isClosed: true);
        Assert.That((frame.Length, sent.Messages), Is.EqualTo((0, 0L)));
    }

    /// <summary>Sends a message on a connection, whose memory is taken at the handshake; all of it must be given back at the end.</summary>
    private static (byte[] Frame, CompressedCounts Sent) Send(
        Opcode opcode, string prefix, byte[] message, DeflateParameters parameters = default, int spare = int.MaxValue, bool isClosed = false)
    {
        using var pool = new ZlibPool(level: 1, keptOfEachKind: 1);
        int own = PerMessageDeflate.DeflaterBytes(parameters) + PerMessageDeflate.InflaterBytes(parameters);
        var budget = new MemoryBudget((long)own + spare);
        Assert.That(budget.TryTake(own), Is.True);
        var deflate = new PerMessageDeflate(parameters, pool, budget);
        var sink = new RecordingSink(Role.Server);
        if (isClosed)
        {
            sink.CloseElsewhere();
        }

        deflate.Send(sink, opcode, Encoding.UTF8.GetBytes(prefix), message);
        CompressedCounts received = default;
        CompressedCounts sent = default;
        deflate.AddCountsTo(ref received, ref sent);
        Assert.That(received.Messages, Is.Zero);
        deflate.Release();
        Assert.That((pool.Rented, budget.Used), Is.EqualTo((0, 0L)));
        return (sink.Sent, sent);
    }
}
