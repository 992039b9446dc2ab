using System.Buffers;
using System.Text;
using System.Text.Unicode;
using EchoServer.Tests.Support.Wire;
using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

internal sealed class Utf8StreamTests
{
    // The edges of every range in the Unicode standard's table 3-7, from both sides.
    private static readonly byte[] Edges =
    [
        0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3,
        0xF4, 0xF5, 0xF7, 0xF8, 0xFE, 0xFF,
    ];

    private static IEnumerable<TestCaseData> Sound()
    {
        yield return Hex("", "empty");
        yield return Hex("00 7F", "one byte each");
        yield return Hex("C2 80 DF BF", "two bytes each, least and greatest");
        yield return Hex("E0 A0 80 EC BF BF", "three bytes each up to U+CFFF");
        yield return Hex("ED 80 80 ED 9F BF", "three bytes each below the surrogates");
        yield return Hex("EE 80 80 EF BF BF", "three bytes each above the surrogates");
        yield return Hex("F0 90 80 80 F3 BF BF BF", "four bytes each up to U+FFFFF");
        yield return Hex("F4 80 80 80 F4 8F BF BF", "four bytes each up to U+10FFFF");
        yield return Hex("EF BB BF 61", "byte order mark");
        yield return Hex("CE BA E1 BD B9 CF 83 CE BC CE B5", "Greek");
        yield return Hex("61 F0 9F 98 80 62 E2 82 AC C3 A9", "mixed lengths");
    }

    // With the byte, counted from 0, at which nothing can make it valid any more.
    private static IEnumerable<TestCaseData> Broken()
    {
        yield return Hex("80", 0, "continuation byte alone");
        yield return Hex("61 BF", 1, "continuation byte behind ASCII");
        yield return Hex("C3 A9 80", 2, "one continuation byte too many");
        yield return Hex("C0 80", 0, "overlong NUL");
        yield return Hex("C1 BF", 0, "overlong in two bytes");
        yield return Hex("E0 80 80", 1, "overlong in three bytes");
        yield return Hex("E0 9F BF", 1, "greatest overlong in three bytes");
        yield return Hex("F0 80 80 80", 1, "overlong in four bytes");
        yield return Hex("F0 8F BF BF", 1, "greatest overlong in four bytes");
        yield return Hex("ED A0 80", 1, "least surrogate");
        yield return Hex("ED BF BF", 1, "greatest surrogate");
        yield return Hex("F4 90 80 80", 1, "U+110000");
        yield return Hex("F5 80 80 80", 0, "F5");
        yield return Hex("F8 88 80 80 80", 0, "five bytes");
        yield return Hex("FC 84 80 80 80 80", 0, "six bytes");
        yield return Hex("FE", 0, "FE");
        yield return Hex("FF", 0, "FF");
        yield return Hex("C3 28", 1, "two bytes cut by ASCII");
        yield return Hex("E2 82 28", 2, "three bytes cut by ASCII");
        yield return Hex("F0 9F 98 28", 3, "four bytes cut by ASCII");
        yield return Hex("F0 9F E2 82 AC", 2, "four bytes cut by a lead byte");
        yield return Hex("61 62 63 64 65 66 67 68 69 6A 6B 6C 6D 6E 6F 70 FF 61", 16, "behind a whole vector");
        yield return Hex("CE BA E1 BD B9 CF 83 CE BC CE B5 F4 90 80 80 65 64", 12, "Autobahn 6.4.1");
    }

    [TestCaseSource(nameof(Sound))]
    public void Sound_text_is_taken_however_it_is_chopped(byte[] bytes)
    {
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            Assert.That(Take(bytes, pieces), Is.EqualTo((-1, true)), () => string.Join(' ', pieces));
        }
    }

    [TestCaseSource(nameof(Broken))]
    public void Broken_text_is_refused_with_the_piece_that_has_the_first_wrong_byte(byte[] bytes, int wrong)
    {
        Assert.That(FirstWrongByte(bytes).Wrong, Is.EqualTo(wrong), "the runtime's decoder has another opinion");
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            Assert.That(Take(bytes, pieces).Wrong, Is.EqualTo(PieceOf(wrong, pieces)), () => string.Join(' ', pieces));
        }
    }

    [Test]
    public void Every_pair_of_bytes_is_judged_as_the_runtime_judges_it()
    {
        var wrong = new List<string>();
        for (int pair = 0; pair <= ushort.MaxValue; pair++)
        {
            Compare([(byte)(pair >> 8), (byte)pair], wrong);
        }

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Every_four_bytes_at_the_edges_of_ranges_are_judged_as_the_runtime_judges_them()
    {
        var wrong = new List<string>();
        for (int number = 0; number < Edges.Length * Edges.Length * Edges.Length * Edges.Length; number++)
        {
            int rest = number;
            byte[] bytes = new byte[4];
            for (int i = 0; i < bytes.Length; i++, rest /= Edges.Length)
            {
                bytes[i] = Edges[rest % Edges.Length];
            }

            Compare(bytes, wrong);
        }

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Every_code_point_is_taken_byte_by_byte()
    {
        var wrong = new List<Rune>();
        byte[] bytes = new byte[4];
        for (int value = 0; value <= 0x10FFFF; value++)
        {
            if (Rune.TryCreate(value, out Rune rune) && Take(bytes.AsSpan(0, rune.EncodeToUtf8(bytes)), 1, 1, 1, 1) != (-1, true))
            {
                wrong.Add(rune);
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    [TestCaseSource(typeof(FuzzSeeds), nameof(FuzzSeeds.Cases))]
    public void Random_text_whole_and_damaged(int seed) => FuzzSeeds.Run(seed, rounds: 5_000, random =>
    {
        byte[] bytes = RandomTraffic.RandomText(random, random.Next(200));
        Assert.That(Take(bytes, Splits.Random(bytes.Length, random)), Is.EqualTo((-1, true)));
        bytes = Mutations.Apply(bytes, random);
        int[] pieces = Splits.Random(bytes.Length, random);
        (int wrong, bool isComplete) = FirstWrongByte(bytes);
        Assert.That(
            Take(bytes, pieces),
            Is.EqualTo((PieceOf(wrong, pieces), isComplete)),
            () => $"{Convert.ToHexString(bytes)} in {string.Join(' ', pieces)}");
    });

    [Test]
    public void Empty_pieces_change_nothing()
    {
        byte[] bytes = [0xF0, 0x9F, 0x98, 0x80];
        Assert.That(Take(bytes, 0, 1, 0, 1, 0, 1, 0, 1, 0), Is.EqualTo((-1, true)));
        Assert.That(Take(bytes, 0, 1, 0), Is.EqualTo((-1, false)));
    }

    /// <summary>Byte by byte for the exact place, and in one piece for the bulk check.</summary>
    private static void Compare(byte[] bytes, List<string> wrong)
    {
        (int Wrong, bool IsComplete) expected = FirstWrongByte(bytes);
        bool isValid = Utf8.IsValid(bytes);
        (int Wrong, bool IsComplete) whole = Take(bytes, bytes.Length);
        bool agrees = Take(bytes, 1, 1, 1, 1) == expected &&
            whole == (Math.Min(expected.Wrong, 0), expected.IsComplete) &&
            isValid == (whole == (-1, true));
        if (!agrees)
        {
            wrong.Add(Convert.ToHexString(bytes));
        }
    }

    /// <summary>The number of the piece that is refused, or -1; and whether all that came ends with a whole character.</summary>
    private static (int Wrong, bool IsComplete) Take(ReadOnlySpan<byte> bytes, params ReadOnlySpan<int> pieces)
    {
        var stream = default(Utf8Stream);
        for (int number = 0; number < pieces.Length; number++)
        {
            int size = Math.Min(pieces[number], bytes.Length);
            if (!stream.Append(bytes[..size]))
            {
                return (number, false);
            }

            bytes = bytes[size..];
        }

        return (-1, stream.IsComplete);
    }

    /// <summary>The same, byte by byte, by the runtime's decoder, which also tells "wrong" from "not complete".</summary>
    private static (int Wrong, bool IsComplete) FirstWrongByte(ReadOnlySpan<byte> bytes)
    {
        int start = 0;
        for (int end = 1; end <= bytes.Length; end++)
        {
            switch (Rune.DecodeFromUtf8(bytes[start..end], out _, out _))
            {
                case OperationStatus.Done:
                    start = end;
                    break;
                case OperationStatus.NeedMoreData:
                    break;
                default:
                    return (end - 1, false);
            }
        }

        return (-1, start == bytes.Length);
    }

    private static int PieceOf(int position, int[] pieces)
    {
        for (int number = 0, end = 0; position >= 0; number++)
        {
            end += pieces[number];
            if (position < end)
            {
                return number;
            }
        }

        return -1;
    }

    private static TestCaseData Hex(string hex, string name) => new TestCaseData(FromHex(hex)).SetName($"{{m}}({name})");

    private static TestCaseData Hex(string hex, int wrong, string name) =>
        new TestCaseData(FromHex(hex), wrong).SetName($"{{m}}({name})");

    private static byte[] FromHex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
