using EchoServer.Load;
using EchoServer.Load.Report;

namespace EchoServer.Tests.Load;

internal sealed class EchoWindowTests
{
    private const int Connection = 7;
    private const int InFlight = 4;

    private static readonly StampedPayload Payload = new(32, isUtf8: true);

    private static IEnumerable<int[]> Orders() => Permutations([0, 1, 2, 3]);

    [TestCaseSource(nameof(Orders))]
    public void In_any_order_each_echo_is_right_or_out_of_order(params int[] order)
    {
        // Out of order: an echo that comes after the echo of a later message, and no other.
        var window = new EchoWindow(Payload, Connection, InFlight);
        Send(window, InFlight);
        int highest = -1;
        foreach (int number in order)
        {
            LoadError? expected = number > highest ? null : LoadError.EchoOutOfOrder;
            Assert.That(Receive(window, number), Is.EqualTo(expected), $"{number}");
            highest = Math.Max(highest, number);
            Assert.That(Receive(window, number), Is.EqualTo(LoadError.EchoDuplicated), $"{number} again");
        }

        Assert.That((window.Outstanding, window.Free), Is.EqualTo((0L, (long)InFlight)));
        Assert.That(window.GiveUp(), Is.Zero);
    }

    [Test]
    public void The_time_is_that_of_the_message()
    {
        var window = new EchoWindow(Payload, Connection, InFlight);
        window.Send(100, out _);
        window.Send(200, out _);
        Assert.That(window.Receive(Bytes(1), out long second), Is.Null);
        Assert.That(second, Is.EqualTo(200));
    }

    [Test]
    public void A_message_whose_place_is_needed_is_missing_and_its_echo_is_then_one_too_many()
    {
        var window = new EchoWindow(Payload, Connection, InFlight);
        Send(window, InFlight);
        Assert.That(Receive(window, 1), Is.Null);
        Assert.That(window.Free, Is.EqualTo(2));
        Assert.That(window.Send(1, out long number), Is.False, "the place of message 0");
        Assert.That(number, Is.EqualTo(4));
        Assert.That(Receive(window, 0), Is.EqualTo(LoadError.EchoDuplicated));
    }

    [Test]
    public void What_is_out_at_the_end_is_missing_those_passed_over_included()
    {
        var window = new EchoWindow(Payload, Connection, InFlight);
        Send(window, InFlight);
        Receive(window, 2);
        Assert.That(window.GiveUp(), Is.EqualTo(3));
        Assert.That(window.Outstanding, Is.Zero);
        Send(window, 1);
        Assert.That(Receive(window, 4), Is.Null, "the numbers go on");
    }

    [Test]
    public void A_message_that_was_not_sent_is_unexpected()
    {
        var window = new EchoWindow(Payload, Connection, InFlight);
        Assert.That(Receive(window, 0), Is.EqualTo(LoadError.MessageUnexpected));
        Assert.That(window.Receive("news"u8, out _), Is.EqualTo(LoadError.MessageUnexpected));
    }

    private static void Send(EchoWindow window, int count)
    {
        for (; count > 0; count--)
        {
            Assert.That(window.Send(1, out _), Is.True);
        }
    }

    private static LoadError? Receive(EchoWindow window, int number) => window.Receive(Bytes(number), out _);

    private static byte[] Bytes(int number)
    {
        byte[] bytes = new byte[Payload.Size];
        Payload.Write(bytes, Connection, number, maskingKey: 0);
        return bytes;
    }

    private static IEnumerable<int[]> Permutations(int[] items) => items.Length == 0
        ? [[]]
        : items.SelectMany(first => Permutations([.. items.Where(item => item != first)]).Select(rest => (int[])[first, .. rest]));
}
