using System.Buffers;
using System.Text.Unicode;
using EchoServer.Tests.WebSockets.Conformance;
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

    // As in the conformance table: after how many bytes nothing can make it valid any more; 0 where only the end of the text
    // does it.
    private static readonly (string Name, string Hex, int BadAt)[] BrokenTexts =
    [
        .. Utf8InvalidCases.Sequences, ("2 bytes cut by ASCII", "C328", 2), ("4 bytes cut by a lead byte", "F09FE282AC", 3),
        ("behind a whole vector", "6162636465666768696A6B6C6D6E6F70FF61", 17),
        ("Autobahn 6.4.1", "CEBAE1BDB9CF83CEBCCEB5F49080806564", 13),
    ];

    [Test]
    public void Sound_text_is_taken_however_it_is_chopped()
    {
        byte[] bytes =
            [.. Utf8ValidCases.Boundaries.SelectMany(row => Convert.FromHexString(row.Hex)), .. "κόσμε a\U0001F600b€é"u8];
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            Assert.That(Take(bytes, pieces), Is.EqualTo((-1, true)), () => string.Join(' ', pieces));
        }
    }

    [Test]
    public void Broken_text_is_refused_with_the_piece_that_has_the_first_wrong_byte()
    {
        foreach ((string name, string hex, int badAt) in BrokenTexts)
        {
            byte[] bytes = Convert.FromHexString(hex);
            Assert.That(FirstWrongByte(bytes), Is.EqualTo((badAt - 1, false)), $"the runtime's decoder, of {name}");
            foreach (int[] pieces in Splits.Of(bytes.Length))
            {
                (int, bool) expected = (PieceOf(badAt - 1, pieces), false);
                Assert.That(Take(bytes, pieces), Is.EqualTo(expected), () => $"{name} in {string.Join(' ', pieces)}");
            }
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
        Assert.That((Take([]), Take([], 0)), Is.EqualTo(((-1, true), (-1, true))));
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
}
