namespace EchoServer.Tests.Attacks;

/// <summary>Bytes that mean nothing, from a seed that is printed.</summary>
[WholeMachine]
[NonParallelizable]
internal sealed class GarbageAttackTests
{
    private const int Clients = 300;

    [Test]
    public async Task Garbage_in_place_of_a_request_is_answered_with_an_error_or_times_out()
    {
        Random random = NewRandom();
        byte[][] garbage = [.. Enumerable.Range(0, Clients).Select(_ => NewGarbage(random))];
        Answer[] answers = await Siege.AttackAsync(upgrade: null, Clients, (attacker, i) => attacker.SendAndReadToEndAsync(garbage[i]));
        Assert.That(answers.Select(answer => answer.Status), Has.All.AnyOf(400, 405, 408, 431, 505));
    }

    [Test]
    public async Task Garbage_in_place_of_frames_is_closed_with_a_reason()
    {
        Random random = NewRandom();
        byte[][] garbage = [.. Enumerable.Range(0, Clients).Select(_ => NewGarbage(random))];

        // The beginning of a longer message, as a few in a thousand are by chance. Such a client answers no ping either, and is not to be cut
        // off for that.
        garbage[0] = [0x82, 0xFE, 0x5E, 0xBC, .. garbage[0]];
        Answer[] answers = await Siege.AttackAsync(
            upgrade: [], Clients, (attacker, i) => attacker.SendAndReadToEndAsync(garbage[i]), "--keep-alive-interval", "off");

        // Every garbled stream ends: as a violation, or because the message that it happens to look like never does.
        Assert.That(answers.Select(answer => answer.CloseCode), Has.All.AnyOf(1002, 1007, 1008, 1009));
    }

    [Test]
    public async Task Garbage_behind_good_messages_does_not_cost_their_echoes()
    {
        Random random = NewRandom();
        byte[] good = WireFrame.Join(WireFrame.Text("one"), WireFrame.Text("two"));

        // A reserved bit, so that it is a violation whatever comes behind it (RFC 6455 §5.2).
        byte[][] streams = [.. Enumerable.Range(0, Clients).Select(_ => (byte[])[.. good, 0xF1, .. NewGarbage(random)])];
        Answer[] answers = await Siege.AttackAsync(upgrade: [], Clients, (attacker, i) => attacker.SendAndReadToEndAsync(streams[i]));
        Assert.That(answers.Select(answer => answer.CloseCode), Has.All.EqualTo(1002));
        Assert.That(answers.Select(answer => answer.Echoes), Has.All.EqualTo((string[])["one", "two"]));
    }

    private static Random NewRandom()
    {
        int seed = FuzzSeeds.GivenOrFresh;
        TestContext.Out.WriteLine($"to see this again: {FuzzSeeds.Variable}={seed}");
        return new Random(seed);
    }

    private static byte[] NewGarbage(Random random)
    {
        byte[] garbage = new byte[random.Next(100, 20_000)];
        random.NextBytes(garbage);
        return garbage;
    }
}
