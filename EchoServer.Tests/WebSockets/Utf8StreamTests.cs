using System.Buffers;
using System.Text;
using System.Text.Unicode;
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

    [TestCase("", TestName = "{m}(empty)")]
    [TestCase("00 7F", TestName = "{m}(one byte each)")]
    [TestCase("C2 80 DF BF", TestName = "{m}(two bytes each, least and greatest)")]
    [TestCase("E0 A0 80 EC BF BF", TestName = "{m}(three bytes each up to U+CFFF)")]
    [TestCase("ED 80 80 ED 9F BF", TestName = "{m}(three bytes each below the surrogates)")]
    [TestCase("EE 80 80 EF BF BF", TestName = "{m}(three bytes each above the surrogates)")]
    [TestCase("F0 90 80 80 F3 BF BF BF", TestName = "{m}(four bytes each up to U+FFFFF)")]
    [TestCase("F4 80 80 80 F4 8F BF BF", TestName = "{m}(four bytes each up to U+10FFFF)")]
    [TestCase("EF BB BF 61", TestName = "{m}(byte order mark)")]
    [TestCase("CE BA E1 BD B9 CF 83 CE BC CE B5", TestName = "{m}(Greek)")]
    [TestCase("61 F0 9F 98 80 62 E2 82 AC C3 A9", TestName = "{m}(mixed lengths)")]
    public void Sound_text_is_taken_however_it_is_chopped(string hex)
    {
        byte[] bytes = FromHex(hex);
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            Assert.That(Take(bytes, pieces), Is.EqualTo((-1, true)), () => string.Join(' ', pieces));
        }
    }

    // With the byte, counted from 0, at which nothing can make it valid any more.
    [TestCase("80", 0, TestName = "{m}(continuation byte alone)")]
    [TestCase("61 BF", 1, TestName = "{m}(continuation byte behind ASCII)")]
    [TestCase("C3 A9 80", 2, TestName = "{m}(one continuation byte too many)")]
    [TestCase("C0 80", 0, TestName = "{m}(overlong NUL)")]
    [TestCase("C1 BF", 0, TestName = "{m}(overlong in two bytes)")]
    [TestCase("E0 80 80", 1, TestName = "{m}(overlong in three bytes)")]
    [TestCase("E0 9F BF", 1, TestName = "{m}(greatest overlong in three bytes)")]
    [TestCase("F0 80 80 80", 1, TestName = "{m}(overlong in four bytes)")]
    [TestCase("F0 8F BF BF", 1, TestName = "{m}(greatest overlong in four bytes)")]
    [TestCase("ED A0 80", 1, TestName = "{m}(least surrogate)")]
    [TestCase("ED BF BF", 1, TestName = "{m}(greatest surrogate)")]
    [TestCase("F4 90 80 80", 1, TestName = "{m}(U+110000)")]
    [TestCase("F5 80 80 80", 0, TestName = "{m}(F5)")]
    [TestCase("F8 88 80 80 80", 0, TestName = "{m}(five bytes)")]
    [TestCase("FC 84 80 80 80 80", 0, TestName = "{m}(six bytes)")]
    [TestCase("FE", 0, TestName = "{m}(FE)")]
    [TestCase("FF", 0, TestName = "{m}(FF)")]
    [TestCase("C3 28", 1, TestName = "{m}(two bytes cut by ASCII)")]
    [TestCase("E2 82 28", 2, TestName = "{m}(three bytes cut by ASCII)")]
    [TestCase("F0 9F 98 28", 3, TestName = "{m}(four bytes cut by ASCII)")]
    [TestCase("F0 9F E2 82 AC", 2, TestName = "{m}(four bytes cut by a lead byte)")]
    [TestCase("61 62 63 64 65 66 67 68 69 6A 6B 6C 6D 6E 6F 70 FF 61", 16, TestName = "{m}(behind a whole vector)")]
    [TestCase("CE BA E1 BD B9 CF 83 CE BC CE B5 F4 90 80 80 65 64", 12, TestName = "{m}(Autobahn 6.4.1)")]
    public void Broken_text_is_refused_with_the_piece_that_has_the_first_wrong_byte(string hex, int wrong)
    {
        byte[] bytes = FromHex(hex);
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

    private static byte[] FromHex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
