using EchoServer.WebSockets.Compression;

namespace EchoServer.Tests.WebSockets.Compression;

/// <summary>
/// The runtime's zlib behind functions that are not its public surface. These tests fail where a framework comes whose functions
/// are other ones.
/// </summary>
[NonParallelizable]
internal sealed class ZlibTests
{
    private const int Level = 2;
    private const int Kept = 4;

    [TestCase("f248cdc9c90700", TestName = "{m}(§7.2.3.1 one block)")]
    [TestCase("000500faff48656c6c6f00", TestName = "{m}(§7.2.3.3 a block without compression)")]
    [TestCase("f348cdc9c9070000", TestName = "{m}(§7.2.3.4 a block with BFINAL)")]
    [TestCase("f24805000000ffffcac9c90700", TestName = "{m}(§7.2.3.5 two blocks)")]
    public void The_examples_of_RFC_7692_are_read(string hex)
    {
        using Inflater inflater = Inflater.Create()!;
        Assert.That(Inflate(inflater, Convert.FromHexString(hex)), Is.EqualTo("Hello"u8.ToArray()));

        // Whatever the blocks were, the next message is read as well.
        Assert.That(Inflate(inflater, Deflated.Message("Hello")), Is.EqualTo("Hello"u8.ToArray()));
    }

    [Test]
    public void A_message_may_refer_back_to_the_one_before()
    {
        // RFC 7692 §7.2.3.2.
        using Inflater inflater = Inflater.Create()!;
        Assert.That(Inflate(inflater, [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]), Is.EqualTo("Hello"u8.ToArray()));
        Assert.That(Inflate(inflater, [0xF2, 0x00, 0x11, 0x00, 0x00]), Is.EqualTo("Hello"u8.ToArray()));
        inflater.Forget();
        Assert.That(inflater.Inflate([0xF2, 0x00, 0x11, 0x00, 0x00], new byte[10], out _, out _), Is.False);
    }

    private static IEnumerable<TestCaseData> Windows() =>
        from bits in Enumerable.Range(Deflater.MinWindowBits, 15 - Deflater.MinWindowBits + 1)
        from keeps in (bool[])[true, false]
        from level in (int[])[1, 2, 6, 9]
        select new TestCaseData(level, bits, keeps).SetName($"{{m}}(level {level}, {bits} bits, {(keeps ? "with" : "without")} context)");

    [TestCaseSource(nameof(Windows))]
    public void Nothing_refers_back_further_than_was_agreed(int level, int bits, bool keeps)
    {
        using Deflater deflater = Deflater.Create(level, bits)!;
        var decoder = new DeflateDecoder();
        for (int i = 0; i < 6; i++)
        {
            // The same bytes twice: without a window the second half would refer to the first.
            byte[] message = Deflated.Json(i < 4 ? 3_000 : 40_000, seed: 1);
            byte[] compressed = Compress(deflater, message, keeps);
            Assert.That(decoder.Read(compressed), Is.EqualTo(message));
            Assert.That(compressed, Has.Length.LessThan(message.Length));
        }

        // zlib uses 9 window bits when 8 are requested: its output must fit the smaller window as well.
        Assert.That(decoder.FarthestDistance, Is.InRange(1, bits == Deflater.MinWindowBits ? 256 : 1 << bits));
        Assert.That(decoder.FarthestBeforeMessage, keeps ? Is.Positive : Is.Not.Positive);
    }

    [Test]
    public void What_did_not_fit_is_never_referred_back_to()
    {
        using Deflater deflater = Deflater.Create(Level, 15)!;
        var decoder = new DeflateDecoder();
        byte[] noise = new byte[20_000];
        new Random(1).NextBytes(noise);
        byte[] json = Deflated.Json(20_000);
        decoder.Read(Compress(deflater, json, keeps: true));
        Assert.That(deflater.Compress(json.AsSpan(0, 100), noise, new byte[noise.Length], keepsContext: true), Is.Zero);
        Assert.That(decoder.Read(Compress(deflater, noise[..2_000].Concat(json).ToArray(), keeps: true)), Is.EqualTo(noise[..2_000].Concat(json)));
        Assert.That(decoder.FarthestBeforeMessage, Is.Not.Positive);
    }

    [Test]
    public void A_message_that_is_cut_off_is_told_from_a_whole_one()
    {
        byte[] whole = Deflated.Message(Deflated.Json(2_000));
        byte[] room = new byte[4_096];
        for (int length = 1; length < whole.Length; length++)
        {
            using Inflater inflater = Inflater.Create()!;
            bool isSound = inflater.Inflate(whole.AsSpan(0, length), room, out int consumed, out _);
            Assert.That(isSound, Is.True);
            Assert.That(consumed, Is.EqualTo(length));
            Assert.That(inflater.EndMessage(hasTail: false), Is.False, $"cut after {length} of {whole.Length} bytes");
        }
    }

    [Test]
    public void What_is_free_is_used_again_and_what_is_too_much_is_not_kept()
    {
        using var pool = new ZlibPool(Level, Kept);
        Deflater[] deflaters = [.. Enumerable.Range(0, Kept + 1).Select(_ => pool.RentDeflater(15)!)];
        Inflater[] inflaters = [.. Enumerable.Range(0, Kept + 1).Select(_ => pool.RentInflater()!)];
        Assert.That(pool.Rented, Is.EqualTo(2 * (Kept + 1)));
        Array.ForEach(deflaters, deflater => pool.Return(deflater, isFresh: false));
        Array.ForEach(inflaters, pool.Return);
        Assert.That(pool.Rented, Is.Zero);
        Assert.That(pool.RentDeflater(15), Is.SameAs(deflaters[0]));
        Assert.That(pool.RentInflater(), Is.SameAs(inflaters[0]));

        // Another window is another kind.
        Assert.That(pool.RentDeflater(9), Is.Not.AnyOf(deflaters));
    }

    [Test]
    public void Windows_that_nobody_wants_any_more_make_place_for_those_that_are_wanted()
    {
        using var pool = new ZlibPool(Level, Kept);
        Deflater[] unwanted = [.. Enumerable.Range(Deflater.MinWindowBits, Kept).Select(bits => pool.RentDeflater(bits)!)];
        Array.ForEach(unwanted, deflater => pool.Return(deflater, isFresh: true));
        Deflater[] wanted = [.. Enumerable.Range(0, Kept).Select(_ => pool.RentDeflater(15)!)];
        Array.ForEach(wanted, deflater => pool.Return(deflater, isFresh: true));
        Deflater[] again = [.. wanted.Select(_ => pool.RentDeflater(15)!)];
        Assert.That(again, Is.EquivalentTo(wanted));
        Array.ForEach(again, deflater => Assert.That(new DeflateDecoder().Read(Compress(deflater, Deflated.Json(1_000), keeps: false)), Is.EqualTo(Deflated.Json(1_000))));
        Array.ForEach(again, deflater => pool.Return(deflater, isFresh: true));
        Assert.That(pool.Rented, Is.Zero);
    }

    [Test]
    public void The_memory_that_is_counted_is_what_it_takes([Values(9, 12, 15)] int bits)
    {
        // Resident memory counts touched pages only: less than the requested bytes, and less still when memory is reused.
        const int Count = 200;
        byte[] json = Deflated.Json(70_000);
        byte[] room = new byte[json.Length];
        byte[] compressed = Deflated.Message(json);
        var deflaters = new List<Deflater>();
        var inflaters = new List<Inflater>();
        long before = Resident();
        for (int i = 0; i < Count; i++)
        {
            deflaters.Add(Deflater.Create(6, bits)!);
            deflaters[i].Compress(json, json, room, keepsContext: true);
        }

        long deflaterBytes = (Resident() - before) / Count;
        before = Resident();
        for (int i = 0; i < Count; i++)
        {
            inflaters.Add(Inflater.Create()!);
            inflaters[i].Inflate(compressed, room, out _, out _);
        }

        long inflaterBytes = (Resident() - before) / Count;
        deflaters.ForEach(deflater => deflater.Dispose());
        inflaters.ForEach(inflater => inflater.Dispose());
        TestContext.Out.WriteLine($"deflater {deflaterBytes} of {Deflater.BytesOf(bits)}, inflater {inflaterBytes} of {Inflater.Bytes}");
        Assert.That(deflaterBytes, Is.LessThan(Deflater.BytesOf(bits) * 1.1));
        Assert.That(inflaterBytes, Is.LessThan(Inflater.Bytes * 1.25));

        static long Resident() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;
    }

    private static byte[] Compress(Deflater deflater, byte[] message, bool keeps)
    {
        byte[] room = new byte[message.Length + 100];
        int cut = message.Length / 3;
        int length = deflater.Compress(message.AsSpan(0, cut), message.AsSpan(cut), room, keeps);
        Assert.That(length, Is.Positive);
        return room[..length];
    }

    private static byte[] Inflate(Inflater inflater, byte[] message)
    {
        byte[] room = new byte[100];
        Assert.That(inflater.Inflate(message, room, out int consumed, out int written), Is.True);
        Assert.That(consumed, Is.EqualTo(message.Length));
        Assert.That(inflater.EndMessage(hasTail: false), Is.True);
        return room[..written];
    }
}
