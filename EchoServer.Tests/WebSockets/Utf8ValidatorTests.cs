using System.Text.Unicode;
using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

/// <summary>The vectorised check against the runtime's.</summary>
[TestFixture]
internal sealed class Utf8ValidatorTests
{
    // Below that the runtime's check is used.
    private const int ShortestVectorised = 19;

    private const int LongestTail = 36;

    // The bytes at which something changes in the table of RFC 3629 §4.
    private static readonly byte[] Borders =
    [
        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xC3, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1,
        0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF,
    ];

    private static readonly string[] Fillings = ["a", "é", "€", "😀", "aé€😀"];

    [Test]
    public void Every_pair_of_bytes_is_judged_as_by_the_runtime_at_every_place([ValueSource(nameof(Fillings))] string filling)
    {
        byte[] text = Fill(filling, ShortestVectorised + LongestTail);
        int wrong = 0;
        for (int place = 0; place <= text.Length - 2; place++)
        {
            byte[] changed = [.. text];
            for (int pair = 0; pair <= ushort.MaxValue; pair++)
            {
                (changed[place], changed[place + 1]) = ((byte)(pair >> 8), (byte)pair);
                wrong += Utf8Validator.IsValid(changed) == Utf8.IsValid(changed) ? 0 : 1;
            }
        }

        Assert.That(wrong, Is.Zero);
    }

    [Test]
    public void Every_four_bytes_at_the_borders_of_the_table_are_judged_as_by_the_runtime([Values(0, 1, 2, 3, 14, 15, 16, 17, 18, 31, 32)] int place)
    {
        byte[] text = Fill("a", 36);
        int wrong = 0;
        int valid = 0;
        foreach (byte first in Borders)
        {
            foreach (byte second in Borders)
            {
                foreach (byte third in Borders)
                {
                    foreach (byte fourth in Borders)
                    {
                        (text[place], text[place + 1], text[place + 2], text[place + 3]) = (first, second, third, fourth);
                        bool expected = Utf8.IsValid(text);
                        wrong += Utf8Validator.IsValid(text) == expected ? 0 : 1;
                        valid += expected ? 1 : 0;
                    }
                }
            }
        }

        Assert.That((wrong, valid > 0), Is.EqualTo((0, true)));
    }

    [Test]
    public void A_text_is_valid_exactly_where_it_is_cut_between_code_points([ValueSource(nameof(Fillings))] string filling)
    {
        byte[] text = Fill(filling, 200);
        for (int length = 0; length <= text.Length; length++)
        {
            byte[] cut = text[..length];
            Assert.That(Utf8Validator.IsValid(cut), Is.EqualTo(Utf8.IsValid(cut)), $"{length}");
        }
    }

    private static byte[] Fill(string filling, int bytes)
    {
        string text = "";
        while (Encoding.UTF8.GetByteCount(text) < bytes)
        {
            text += filling;
        }

        return Encoding.UTF8.GetBytes(text);
    }
}
