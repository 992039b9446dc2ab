using EchoServer.Buffers;
using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

internal sealed class OutputBufferTests
{
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 100_000).Select(number => (byte)number)];

    [Test]
    public void Frames_wait_in_order_and_go_as_they_are_sent()
    {
        var output = new OutputBuffer();
        output.AppendFrame(Opcode.Text, "Echo: "u8, "hi"u8);
        output.AppendFrame(Opcode.Binary, default, Payload);
        output.Append(default);
        output.Append("behind"u8);
        byte[] expected = [.. WireFrame.Join([WireFrame.Text("Echo: hi") with { Masked = false }, WireFrame.Binary(Payload) with { Masked = false }]), .. "behind"u8];
        Assert.That((output.Waiting.SequenceEqual(expected), output.Length), Is.EqualTo((true, expected.Length)));

        output.Consume(1);
        Assert.That(output.Waiting.SequenceEqual(expected.AsSpan(1)), Is.True);
        output.Append("!"u8);
        Assert.That(output.Waiting.SequenceEqual((byte[])[.. expected[1..], (byte)'!']), Is.True);
        output.Consume(output.Length);
        Assert.That(output.Length, Is.Zero);
    }

    [Test]
    public void The_start_of_a_frame_declares_the_payload_that_comes_behind_it()
    {
        var output = new OutputBuffer();
        output.AppendFrameStart(Opcode.Binary, Payload.AsSpan(0, 3), Payload.Length - 3, isCompressed: false);
        output.Append(Payload.AsSpan(3));
        Assert.That(output.Waiting.SequenceEqual(WireFrame.Join([WireFrame.Binary(Payload) with { Masked = false }])), Is.True);
        output.Clear();
        Assert.That(output.Length, Is.Zero);
    }

    [TestCase(0, "headbody")]
    [TestCase(3, "dbody")]
    [TestCase(4, "body")]
    [TestCase(6, "dy")]
    [TestCase(8, "")]
    public void Of_bytes_that_were_offered_behind_others_the_rest_waits(int sent, string rest)
    {
        var output = new OutputBuffer();
        output.Append("head"u8);
        output.Consume(sent, "body"u8);
        Assert.That(output.Waiting.ToArray(), Is.EqualTo(Encoding.UTF8.GetBytes(rest)));
    }

    [Test]
    public void Memory_that_is_held_for_longer_is_counted_until_the_bytes_are_gone([Values(10, 100_000)] int length)
    {
        var output = new OutputBuffer();
        var budget = new MemoryBudget(1_000_000);
        Assert.That((output.TryCount(budget), output.IsCounted), Is.EqualTo((true, false)), "nothing waits");
        output.Append(Payload.AsSpan(0, length));
        Assert.That((output.TryCount(new MemoryBudget(length - 1)), output.IsCounted), Is.EqualTo((false, false)), "no room");
        Assert.That((output.TryCount(budget), output.TryCount(budget), output.IsCounted), Is.EqualTo((true, true, true)));
        Assert.That(budget.Used, Is.GreaterThanOrEqualTo(length));
        Assert.That(output.Waiting.SequenceEqual(Payload.AsSpan(0, length)), Is.True);

        // More needs other memory, which is not counted yet.
        output.Append(Payload);
        Assert.That((budget.Used, output.IsCounted), Is.EqualTo((0L, false)));
        Assert.That(output.TryCount(budget), Is.True);
        output.Consume(output.Length);
        Assert.That((budget.Used, output.IsCounted), Is.EqualTo((0L, false)));
    }

    [Test]
    public void A_message_is_a_view_with_its_kind_and_its_text()
    {
        var message = new Message(isText: true, "Grüße"u8);
        Assert.That((message.IsText, message.Bytes.Length, message.ToString()), Is.EqualTo((true, 7, "Grüße")));
        Assert.That(new Message(isText: false, [0xFF]).ToString(), Is.EqualTo("\uFFFD"));
    }

    /// <summary>RFC 6455 §5.4: "a fragmented message consists of a single frame with ... an opcode other than 0, followed by ... opcode set to 0".</summary>
    [Test]
    public void Only_the_first_fragment_has_the_opcode_of_the_message()
    {
        Assert.That(new Fragment(Opcode.Text).Opcode, Is.EqualTo(Opcode.Text));
        Assert.That(new Fragment(Opcode.Text, IsFirst: true, IsLast: false).Opcode, Is.EqualTo(Opcode.Text));
        Assert.That(new Fragment(Opcode.Text, IsFirst: false).Opcode, Is.EqualTo(Opcode.Continuation));
    }
}
