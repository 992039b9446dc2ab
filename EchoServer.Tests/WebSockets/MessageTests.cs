using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

internal sealed class MessageTests
{
    private const int Before = 40;

    [Test]
    public void A_frame_is_made_where_the_message_lies([Values("", "a", "Echo: ")] string prefix, [Values(0, 1, 119, 120, 125, 126, 300)] int length, [Values] bool isText)
    {
        byte[] memory = Memory(length);
        byte[] start = Encoding.UTF8.GetBytes(prefix);
        var message = new Message(isText, memory.AsSpan(Before), headroom: 10);
        Opcode opcode = isText ? Opcode.Text : Opcode.Binary;
        byte[] expected = new byte[Frame.MaxHeaderSize + start.Length + length];
        int size = Frame.Write(expected, opcode, start, memory.AsSpan(Before));
        Assert.That(message.ToFrame(opcode, start).ToArray(), Is.EqualTo(expected[..size]));
        Assert.That(memory[..(Before + length - size)], Is.EqualTo(Memory(length)[..(Before + length - size)]), "the bytes before the frame");
        Assert.That(memory[Before..], Is.EqualTo(Memory(length)[Before..]), "the message");
        Assert.That((message.IsText, message.Headroom, message.Bytes.Length), Is.EqualTo((isText, 10, length)));
    }

    [TestCase(0, "", 1)]
    [TestCase(1, "", 125)]
    [TestCase(3, "", 126)]
    [TestCase(7, "Echo: ", 1)]
    public void Without_room_for_a_header_there_is_no_frame(int headroom, string prefix, int length)
    {
        byte[] memory = Memory(length);
        var message = new Message(isText: true, memory.AsSpan(Before), headroom);
        Assert.That(message.ToFrame(Opcode.Text, Encoding.UTF8.GetBytes(prefix)).IsEmpty, Is.True);
        Assert.That(memory, Is.EqualTo(Memory(length)));
    }

    private static byte[] Memory(int length) => [.. Enumerable.Range(0, Before + length).Select(i => (byte)('A' + (i % 50)))];
}
