using System.Text.Unicode;
using EchoServer.Load;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Load;

internal sealed class StampedPayloadTests
{
    private static readonly int[] Sizes = [1, 2, 7, 8, 15, 16, 17, 18, 19, 20, 31, 64, 125, 126, 1000];

    [TestCaseSource(nameof(Sizes))]
    public void Text_is_UTF_8(int size)
    {
        var payload = new StampedPayload(size, isUtf8: true);
        for (int number = 0; number < 2000; number++)
        {
            Assert.That(Utf8.IsValid(Write(payload, number % 7, number)), Is.True, $"{number}");
        }
    }

    [TestCaseSource(nameof(Sizes))]
    public void A_change_of_any_byte_is_seen(int size)
    {
        foreach (bool isUtf8 in (bool[])[true, false])
        {
            var payload = new StampedPayload(size, isUtf8);
            byte[] bytes = Write(payload, 3, 1_000_000);
            Assert.That(payload.Is(bytes, 3, 1_000_000), Is.True);
            Assert.That(payload.Is(bytes.AsSpan(0, size - 1), 3, 1_000_000), Is.False);
            Assert.That(payload.Is([.. bytes, 0], 3, 1_000_000), Is.False);
            for (int at = 0; at < size; at++)
            {
                bytes[at] ^= 0x10;
                Assert.That(payload.Is(bytes, 3, 1_000_000), Is.False, $"byte {at}");
                bytes[at] ^= 0x10;
            }
        }
    }

    [TestCaseSource(nameof(Sizes))]
    public void Neighbouring_messages_and_connections_differ(int size)
    {
        var payload = new StampedPayload(size, isUtf8: true);
        for (int number = 0; number < 63; number++)
        {
            byte[] bytes = Write(payload, 5, number);
            Assert.That(payload.Is(bytes, 5, number + 1), Is.False);
            Assert.That(payload.Is(bytes, 6, number), Is.False);
        }
    }

    [Test]
    public void The_body_differs_for_256_messages_on_end()
    {
        // A server that mixes up the ends of two messages, or sends old bytes of a buffer, is noticed.
        var payload = new StampedPayload(64, isUtf8: false);
        var bodies = Enumerable.Range(0, 256).Select(number => Convert.ToHexString(Write(payload, 0, number)[16..])).ToHashSet();
        Assert.That(bodies, Has.Count.EqualTo(256));
    }

    [TestCase(0, 0)]
    [TestCase(1, 63)]
    [TestCase(9999, 64)]
    [TestCase(999_999, 123_456_789_012)]
    [TestCase(int.MaxValue, (1L << 48) - 1)]
    public void The_stamp_says_whose_message_it_is(int connection, long number)
    {
        var payload = new StampedPayload(16, isUtf8: true);
        byte[] bytes = Write(payload, connection, number);
        Assert.That(payload.TryReadStamp(bytes, out int readConnection, out long readNumber), Is.True);
        Assert.That((readConnection, readNumber), Is.EqualTo((connection, number)));
    }

    [Test]
    public void It_is_masked_as_it_is_written([Values(64, 19, 3)] int size)
    {
        var payload = new StampedPayload(size, isUtf8: true);
        byte[] masked = new byte[size];
        payload.Write(masked, 1, 2, 0xDEADBEEF);
        Masking.Apply(masked, 0xDEADBEEF);
        Assert.That(masked, Is.EqualTo(Write(payload, 1, 2)));
    }

    private static byte[] Write(StampedPayload payload, int connection, long number)
    {
        byte[] bytes = new byte[payload.Size];
        payload.Write(bytes, connection, number, maskingKey: 0);
        return bytes;
    }
}
