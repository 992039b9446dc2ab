using System.Text.Unicode;
using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

/// <summary>Whatever arrives, the reader finds a message, a control frame or a documented violation, in bounded time and memory.</summary>
internal sealed class FuzzTests
{
    private const int Rounds = 2_000;

    // Less than one header or one control frame may be left for the next call.
    private const int MaxLeftOver = Frame.MaxHeaderSize + Frame.MaxControlPayload;

    // The smallest array that the pool has.
    private const int MinRented = 16;

    private static readonly int[] Limits = [0, 1, 15, 16, 17, 125, 126, 1_000, 65_536, 100_000];

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Arbitrary_bytes(int seed) => FuzzSeeds.Run(seed, Rounds, random =>
    {
        byte[] bytes = RandomBytes(random, random.Next(300));
        Check(RandomRole(random), bytes, random);
    });

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Arbitrary_frames(int seed) => FuzzSeeds.Run(seed, Rounds, random =>
    {
        Role role = RandomRole(random);
        var frames = Enumerable.Range(0, random.Next(1, 12)).Select(_ => RandomFrame(random, role)).ToList();
        Check(role, WireFrame.Join(frames), random);
    });

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Mutated_traffic(int seed) => FuzzSeeds.Run(seed, Rounds, random =>
    {
        Role role = RandomRole(random);
        Check(role, Mutations.Apply(new RandomTraffic(random, role).ToBytes(), random), random);
    });

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Spliced_traffic(int seed) => FuzzSeeds.Run(seed, Rounds, random =>
    {
        byte[] first = new RandomTraffic(random, RandomRole(random)).ToBytes();
        byte[] second = new RandomTraffic(random, RandomRole(random)).ToBytes();
        byte[] bytes = [.. first[..random.Next(first.Length)], .. second[random.Next(second.Length)..]];
        Check(RandomRole(random), bytes, random);
    });

    private static void Check(Role role, byte[] bytes, Random random)
    {
        int limit = Limits[random.Next(Limits.Length)];
        int[] pieces = Splits.Random(bytes.Length, random);
        var feed = new ReaderFeed(role, limit);
        int done = 0;
        foreach (int piece in pieces)
        {
            feed.Receive(bytes.AsSpan(done, piece));
            done += piece;
            Assert.That(feed.LeftOverBytes, Is.LessThan(MaxLeftOver));
        }

        Assert.That(feed.MaxHeldBytes, Is.AtMost(Math.Max(MinRented, 2 * limit)));
        feed.Events.ForEach(found => AssertDocumented(found, limit));
        Assert.That(
            feed.Events.SequenceEqual(ReaderFeed.EventsOf(role, limit, bytes, bytes.Length)),
            Is.True,
            () => $"chunking matters: {role}, {limit}, {Convert.ToHexString(bytes)} in {string.Join(' ', pieces)}");
    }

    private static void AssertDocumented(ReadEvent found, int limit)
    {
        switch (found.Kind)
        {
            case ReadEvent.Text:
                Assert.That(Utf8.IsValid(found.Payload), Is.True, () => $"{found}");
                Assert.That(found.Payload, Has.Length.AtMost(limit));
                break;
            case ReadEvent.Binary:
                Assert.That(found.Payload, Has.Length.AtMost(limit));
                break;
            case nameof(ReadResult.Ping):
            case nameof(ReadResult.Pong):
            case nameof(ReadResult.Close):
                Assert.That(found.Payload, Has.Length.AtMost(Frame.MaxControlPayload));
                break;
            default:
                Assert.That(found.Kind, Does.Match("^Violation 100[279]: ."));
                string reason = found.Kind[found.Kind.IndexOf(": ", StringComparison.Ordinal)..][2..];
                Assert.That(Ascii.IsValid(reason), Is.True, () => found.Kind);
                Assert.That(reason, Has.Length.AtMost(ClosePayload.MaxBytes - 2));
                break;
        }
    }

    /// <summary>Makes a frame that is usually valid by itself, so that several pass in a row, but in random order.</summary>
    private static WireFrame RandomFrame(Random random, Role role)
    {
        int opcode = OneIn(random, 20) ? random.Next(16) : (int)random.GetItems(Enum.GetValues<Opcode>(), 1)[0];
        int length = random.Next(4) == 0 ? random.Next(400) : random.Next(20);
        byte[] payload = random.Next(3) == 0 ? RandomBytes(random, length) : RandomTraffic.RandomText(random, length);
        return new WireFrame(opcode, payload, Fin: !OneIn(random, 3), Rsv: OneIn(random, 30) ? random.Next(8) : 0)
        {
            Masked = role == Role.Server ^ OneIn(random, 30),
            Key = RandomBytes(random, 4),
            LengthForm = OneIn(random, 30) ? LengthForm.Bits64 : LengthForm.Minimal,
            DeclaredLength = OneIn(random, 30) ? (ulong)random.NextInt64(long.MinValue, long.MaxValue) : null,
        };
    }

    private static bool OneIn(Random random, int count) => random.Next(count) == 0;

    private static Role RandomRole(Random random) => OneIn(random, 2) ? Role.Client : Role.Server;

    private static byte[] RandomBytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
