using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

/// <summary>Valid traffic comes back as what it was made from, however it is chopped.</summary>
internal sealed class ModelTests
{
    private const int Rounds = 500;

    private static IEnumerable<TestCaseData> SeedsAndRoles() =>
        from seed in FuzzSeeds.Cases()
        from role in Enum.GetValues<Role>()
        select new TestCaseData(seed.Arguments[0], role).SetName(seed.TestName!.Replace("(", $"({role} ", StringComparison.Ordinal));

    [TestCaseSource(nameof(SeedsAndRoles))]
    public void Messages_and_control_frames_come_back_in_order(int seed, Role role) => FuzzSeeds.Run(seed, Rounds, random =>
    {
        var traffic = new RandomTraffic(random, role);
        byte[] bytes = traffic.ToBytes();

        // The limit is just large enough: a reader that counts one byte too many does not get through.
        foreach (int[] pieces in (int[][])[[bytes.Length], Splits.Random(bytes.Length, random)])
        {
            AssertSame(ReaderFeed.EventsOf(role, traffic.LargestMessage, bytes, pieces), traffic.Expected);
        }
    });

    [TestCaseSource(nameof(SeedsAndRoles))]
    public void A_limit_one_byte_lower_stops_the_largest_message_and_still_finds_the_close(int seed, Role role) =>
        FuzzSeeds.Run(seed, Rounds, random =>
        {
            var traffic = new RandomTraffic(random, role);
            if (traffic.LargestMessage == 0)
            {
                return;
            }

            byte[] bytes = traffic.ToBytes();
            List<ReadEvent> events = ReaderFeed.EventsOf(role, traffic.LargestMessage - 1, bytes, Splits.Random(bytes.Length, random));
            int before = events.Count - 2;
            AssertSame(events[..before], traffic.Expected[..before]);
            Assert.That(events[before].Kind, Does.StartWith("Violation 1009: a message of "));
            Assert.That(events[^1], Is.EqualTo(new ReadEvent(nameof(ReadResult.Close), [])));
            Assert.That(traffic.Expected[..before].Select(e => e.Payload.Length), Is.All.LessThan(traffic.LargestMessage).Or.AtMost(125));
        });

    // Not a collection constraint: it would take longer than all the rest.
    private static void AssertSame(List<ReadEvent> events, List<ReadEvent> expected) => Assert.That(
        events.SequenceEqual(expected), Is.True, () => $"{string.Join('\n', events)}\nin place of\n{string.Join('\n', expected)}");
}
