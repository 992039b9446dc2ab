using EchoServer.Buffers;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Tests.WebSockets;

/// <summary>Compressed messages through the reader (RFC 7692 §6, §7.2), however they are cut.</summary>
internal sealed class CompressedMessageTests
{
    private const int Compressed = 4;
    private const int Mebibyte = 1024 * 1024;

    private static readonly byte[] Hello = "Hello"u8.ToArray();

    private static IEnumerable<TestCaseData> Conversations()
    {
        byte[] hello = Deflated.Message("Hello");
        byte[] json = Deflated.Json(3_000);
        byte[] packed = Deflated.Message(json);
        yield return Case("one frame", [First(hello)], Text(Hello));
        yield return Case("fragments", [First(packed[..10], fin: false), WireFrame.More(packed[10..50]), WireFrame.More(packed[50..], fin: true)], Text(json));
        yield return Case("a fragment of each byte", [First([], fin: false), .. packed.Select(b => WireFrame.More([b])), WireFrame.More([], fin: true)], Text(json));
        yield return Case(
            "control frames between fragments", [First(packed[..10], fin: false), WireFrame.Ping([1, 2]), WireFrame.More(packed[10..], fin: true), WireFrame.Close(1000)],
            new("Ping", [1, 2]), Text(json), new("Close", [0x03, 0xE8]));
        yield return Case("plain and compressed ones", [WireFrame.Text("a"), First(hello), WireFrame.Text("b"), First(hello)], Text("a"u8), Text(Hello), Text("b"u8), Text(Hello));
        yield return Case("the second refers to the first", [First([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]), First([0xF2, 0x00, 0x11, 0x00, 0x00])], Text(Hello), Text(Hello));
        yield return Case("an empty message", [First([0x00])], Text([]));
        yield return Case("an empty message of no bytes", [First([]), First(hello)], Text([]), Text(Hello));
        yield return Case(
            "the last fragment empty, the one before with its tail", [First(Deflated.Flushed(json), fin: false), WireFrame.More([], fin: true), First(hello)], Text(json), Text(Hello));
        yield return Case("a block with BFINAL", [First([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]), First(hello)], Text(Hello), Text(Hello));
        yield return Case("binary", [new WireFrame(WireFrame.BinaryOpcode, Deflated.Message([0xFF, 0xFE]), Rsv: Compressed)], new ReadEvent("Binary", [0xFF, 0xFE]));

        yield return Case("RSV1 on a continuation", [First(packed[..10], fin: false), WireFrame.More(packed[10..], fin: true) with { Rsv = Compressed }], Violates(1002));
        yield return Case("RSV1 on a ping", [WireFrame.Ping([1]) with { Rsv = Compressed }], Violates(1002));
        yield return Case("RSV1 on a Close", [WireFrame.Close(1000) with { Rsv = Compressed }], Violates(1002), new("Close", []));
        yield return Case("RSV2 beside RSV1", [First(hello) with { Rsv = Compressed | 2 }], Violates(1002));
        yield return Case("RSV3", [First(hello) with { Rsv = 1 }], Violates(1002));
        yield return Case("a new message inside one", [First(packed[..10], fin: false), First(hello)], Violates(1002));

        yield return Case("a block that there is none of", [First([0x06, 0xFF, 0xFF])], Violates(1007));
        yield return Case("a length whose complement is wrong", [First([0x00, 0x05, 0x00, 0x00, 0x00, 0x41])], Violates(1007));
        yield return Case("a reference before the first byte", [First([0xF2, 0x00, 0x11, 0x00, 0x00])], Violates(1007));
        yield return Case("cut off", [First(packed[..(packed.Length / 2)])], Violates(1007));
        yield return Case("text that is not UTF-8", [First(Deflated.Message([0x61, 0xC0, 0x80]))], Violates(1007));
        yield return Case("text that ends inside a character", [First(Deflated.Message([0x61, 0xE2, 0x82]))], Violates(1007));
        yield return Case("a character over two fragments", [First(Deflated.Message("é"u8.ToArray())[..1], fin: false), WireFrame.More(Deflated.Message("é"u8.ToArray())[1..], fin: true)], Text("é"u8));

        static TestCaseData Case(string name, WireFrame[] frames, params ReadEvent[] expected) =>
            new TestCaseData(frames, expected).SetName($"{{m}}({name})");

        static ReadEvent Text(ReadOnlySpan<byte> bytes) => new(ReadEvent.Text, bytes.ToArray());

        static ReadEvent Violates(int code) => new($"Violation {code}", []);
    }

    [TestCaseSource(nameof(Conversations))]
    public void It_is_read_whole_split_anywhere_and_byte_by_byte(WireFrame[] frames, ReadEvent[] expected)
    {
        byte[] wire = WireFrame.Join(frames);
        foreach (int[] pieces in Splits.Of(wire.Length))
        {
            using var setup = new Setup();
            setup.Feed(wire, pieces);
            Assert.That(setup.Events.Select(Short).Where(told => expected.Any(due => due.Kind == told.Kind) || told.Kind.StartsWith("Violation", StringComparison.Ordinal)), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Text_that_cannot_become_valid_is_refused_before_the_message_ends()
    {
        using var setup = new Setup();
        byte[] bad = Deflated.Message([.. new byte[1000], 0xFF, .. new byte[1000]]);
        setup.Feed(First(bad, fin: false).ToBytes(), null);
        Assert.That(setup.Events.Single().Kind, Does.StartWith("Violation 1007"));
    }

    [TestCase(1024, false, TestName = "{m}(a gibibyte in one frame)")]
    [TestCase(1024, true, TestName = "{m}(a gibibyte that trickles)")]
    [TestCase(2, false, TestName = "{m}(twice the limit)")]
    public void A_bomb_costs_no_more_than_the_limit(int mebibytes, bool trickles)
    {
        using var setup = new Setup(Mebibyte);
        byte[] wire = new WireFrame(WireFrame.BinaryOpcode, Deflated.Bomb(mebibytes), Rsv: Compressed).ToBytes();
        setup.Feed(wire, trickles ? Splits.Random(wire.Length, new Random(1)) : null);
        Assert.That(setup.Events.Single().Kind, Does.StartWith("Violation 1009: a compressed message decompresses to more than 1048576 bytes"));
        Assert.That(setup.MaxHeldBytes, Is.LessThanOrEqualTo(Mebibyte));
    }

    [Test]
    public void A_message_as_large_as_the_limit_is_no_bomb()
    {
        using var setup = new Setup(Mebibyte);
        setup.Feed(new WireFrame(WireFrame.BinaryOpcode, Deflated.Bomb(1), Rsv: Compressed).ToBytes(), null);
        Assert.That(setup.Events.Single(), Is.EqualTo(new ReadEvent(ReadEvent.Binary, new byte[Mebibyte])));
    }

    [Test]
    public void Deflate_data_that_becomes_nothing_comes_to_an_end()
    {
        using var setup = new Setup(1000);
        byte[] nothing = [.. Enumerable.Repeat((byte[])[0x00, 0x00, 0x00, 0xFF, 0xFF], 2_000).SelectMany(bytes => bytes)];
        setup.Feed(First(nothing, fin: false).ToBytes(), null);
        for (int i = 0; i < 10 && setup.Events.Count == 0; i++)
        {
            setup.Feed(WireFrame.More(nothing).ToBytes(), null);
        }

        Assert.That(setup.Events.Single().Kind, Does.StartWith("Violation 1009"));
    }

    [Test]
    public void A_declared_length_that_no_message_has_is_refused_at_once()
    {
        using var setup = new Setup(1000);
        setup.Feed((First([1]) with { DeclaredLength = 1UL << 40 }).ToBytes(), null);
        Assert.That(setup.Events[0].Kind, Does.StartWith("Violation 1009"));
    }

    [Test]
    public void Where_memory_is_short_the_message_is_refused([Values] bool keepsContext)
    {
        using var setup = new Setup(Mebibyte, keepsContext, budget: Inflater.Bytes + 100_000);
        byte[] large = Deflated.Message(new byte[500_000]);
        setup.Feed(new WireFrame(WireFrame.BinaryOpcode, large, Rsv: Compressed).ToBytes(), null);
        Assert.That(setup.Events.Single().Kind, Does.StartWith("Violation 1013"));
    }

    [Test]
    public void Where_memory_is_short_a_small_message_is_read_whatever_was_guessed_of_its_size()
    {
        const int Budget = 2 * Mebibyte;
        const int TakenByOthers = Budget - Inflater.Bytes - (56 * 1024);
        using var setup = new Setup(Mebibyte, keepsContext: false, Budget);
        byte[] json = Deflated.Json(3_000);
        byte[] noise = new byte[20_000];
        new Random(1).NextBytes(noise);

        // The reader guesses the size: after a large message another large one, otherwise four times the compressed size.
        setup.Feed(new WireFrame(WireFrame.BinaryOpcode, Deflated.Message(new byte[Mebibyte]), Rsv: Compressed).ToBytes(), null);
        Assert.That(setup.Budget.TryTake(TakenByOthers), Is.True);
        setup.Feed(WireFrame.Join(First(Deflated.Message("Hello")), First(Deflated.Message(json))), null);
        setup.Feed(new WireFrame(WireFrame.BinaryOpcode, Deflated.Message(noise), Rsv: Compressed).ToBytes(), null);
        setup.Budget.GiveBack(TakenByOthers);
        Assert.That(
            setup.Events.Skip(1),
            Is.EqualTo([new ReadEvent(ReadEvent.Text, Hello), new ReadEvent(ReadEvent.Text, json), new ReadEvent(ReadEvent.Binary, noise)]));
        Assert.That(setup.Budget.Used, Is.Zero);
    }

    [Test]
    public void Without_context_a_message_under_way_is_counted_and_nothing_between_messages()
    {
        using var setup = new Setup(keepsContext: false, budget: Mebibyte);
        byte[] hello = Deflated.Message("Hello");
        Assert.That(setup.Budget.Used, Is.Zero);
        setup.Feed(First(hello[..2], fin: false).ToBytes(), null);
        Assert.That(setup.Budget.Used, Is.GreaterThan(Inflater.Bytes));
        Assert.That(setup.Pool.Rented, Is.EqualTo(1));
        setup.Feed(WireFrame.More(hello[2..], fin: true).ToBytes(), null);
        Assert.That(setup.Events.Single(), Is.EqualTo(new ReadEvent(ReadEvent.Text, Hello)));
        Assert.That((setup.Budget.Used, setup.Pool.Rented), Is.EqualTo((0L, 0)));
    }

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Random_messages_come_through_compressed_and_back(int seed) => FuzzSeeds.Run(seed, 150, random =>
    {
        // What this side compresses, the same code reads as the other side: with every window, with and without context.
        bool keeps = random.Next(2) == 0;
        var parameters = new DeflateParameters(!keeps, !keeps, random.Next(8, 16));
        using var setup = new Setup(keepsContext: keeps);
        var sender = new PerMessageDeflate(parameters, setup.Pool, new NoBudget());
        var sent = new List<ReadEvent>();
        var wire = new List<byte>();
        for (int i = random.Next(1, 8); i > 0; i--)
        {
            byte[] message = RandomMessage(random);
            sent.Add(new ReadEvent(ReadEvent.Binary, message));
            wire.AddRange(Frames(sender, message, keeps, random));
        }

        sender.Release();
        setup.Feed([.. wire], Splits.Random(wire.Count, random));
        Assert.That(setup.Events, Is.EqualTo(sent));
    });

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Mutated_compressed_messages_are_messages_or_violations(int seed) => FuzzSeeds.Run(seed, 400, random =>
    {
        using var setup = new Setup(20_000, keepsContext: random.Next(2) == 0);
        byte[] packed = Deflated.Message(RandomMessage(random));
        int cut = random.Next(packed.Length + 1);
        byte[] mutated = Mutations.Apply(packed, random);
        byte[] wire = WireFrame.Join(
            First(packed[..cut], fin: false), WireFrame.More(packed[cut..], fin: true), First(mutated), First(packed));
        setup.Feed(wire, Splits.Random(wire.Length, random));
        Assert.That(setup.Events, Has.Count.InRange(1, 3));
        Assert.That(setup.Events.SkipLast(1).Select(told => told.Kind), Has.All.EqualTo(ReadEvent.Text));
        Assert.That(setup.MaxHeldBytes, Is.LessThanOrEqualTo(32 * 1024));
    });

    private static byte[] Frames(PerMessageDeflate sender, byte[] message, bool keeps, Random random)
    {
        int room = sender.RoomFor(message.Length / 2, message.Length - (message.Length / 2));
        byte[] compressed = new byte[room];
        int length = room == 0 ? 0 : sender.Compress(message.AsSpan(0, message.Length / 2), message.AsSpan(message.Length / 2), compressed);
        bool mayBeginContext = keeps && message.Length < 256;
        Assert.That(length, Is.LessThan(Math.Max(message.Length + (mayBeginContext ? 16 : 0), 1)), "a message that grew");
        byte[] payload = length > 0 ? compressed[..length] : message;
        int cut = random.Next(payload.Length + 1);
        var first = new WireFrame(WireFrame.BinaryOpcode, payload[..cut], Fin: false, Rsv: length > 0 ? Compressed : 0);
        return WireFrame.Join(first, WireFrame.More(payload[cut..], fin: true));
    }

    private static byte[] RandomMessage(Random random)
    {
        byte[] message = Deflated.Json(random.Next(3) == 0 ? random.Next(40_000) : random.Next(300), random.Next(5));
        if (random.Next(3) == 0)
        {
            random.NextBytes(message.AsSpan(0, random.Next(message.Length + 1)));
        }

        return message;
    }

    private static WireFrame First(byte[] payload, bool fin = true) => new(WireFrame.TextOpcode, payload, fin, Compressed);

    private static ReadEvent Short(ReadEvent told) =>
        told.Violation is null ? told.Kind == "Close" && told.Payload.Length == 0 ? new("Close", []) : told : new($"Violation {(int)told.Violation.Code}", []);

    private sealed class Setup : IDisposable
    {
        private readonly PerMessageDeflate _deflate;
        private readonly ReaderFeed _feed;

        public Setup(int limit = Mebibyte, bool keepsContext = true, long budget = long.MaxValue)
        {
            var parameters = new DeflateParameters(!keepsContext, !keepsContext, null);
            Budget = new(budget);
            Assert.That(Budget.TryTake(PerMessageDeflate.DeflaterBytes(parameters) + PerMessageDeflate.InflaterBytes(parameters)) || budget < Mebibyte, Is.True);
            _deflate = new PerMessageDeflate(parameters, Pool, Budget);
            _feed = new ReaderFeed(new MessageReader(Role.Server, limit, int.MaxValue, Budget, _deflate));
        }

        public ZlibPool Pool { get; } = new(2, keptOfEachKind: 4);

        public MemoryBudget Budget { get; }

        public List<ReadEvent> Events => _feed.Events;

        public int MaxHeldBytes => _feed.MaxHeldBytes;

        public void Feed(byte[] bytes, int[]? pieces)
        {
            int done = 0;
            foreach (int piece in pieces ?? [bytes.Length])
            {
                _feed.Receive(bytes.AsSpan(done, piece));
                done += piece;
            }
        }

        /// <summary>Ends the connection; every zlib stream must be back in the pool.</summary>
        public void Dispose()
        {
            _feed.Reader.Abandon();
            _deflate.Release();
            Pool.Dispose();
            Assert.That(Pool.Rented, Is.Zero);
        }
    }

    private sealed class NoBudget : IByteBudget
    {
        public bool TryTake(int bytes) => true;

        public void GiveBack(int bytes)
        {
        }
    }
}
