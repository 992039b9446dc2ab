using System.Buffers;

namespace EchoServer.Tests.Text;

internal sealed class EscapedTextTests
{
    private static IEnumerable<TestCaseData> InvalidBytes()
    {
        yield return Bytes([0x61, 0xFF, 0x62], "a\ufffdb", "a byte that is never UTF-8");
        yield return Bytes([0x80], "\ufffd", "a continuation byte alone");
        yield return Bytes([0xE2, 0x82], "\ufffd", "a character cut short");
        yield return Bytes([0xED, 0xA0, 0x80], "\ufffd\ufffd\ufffd", "a surrogate");
        yield return Bytes([0xC0, 0x8A], "\ufffd\ufffd", "an overlong line feed");
        yield return Bytes([0xE2, 0x82, 0x0A], @"�\n", "a line feed behind a character cut short");
    }

    [TestCase("", "", TestName = "{m}(empty)")]
    [TestCase("plain text", "plain text", TestName = "{m}(ASCII)")]
    [TestCase("Größe 日本 \U0001F600", "Größe 日本 \U0001F600", TestName = "{m}(beyond ASCII)")]
    [TestCase("a\r\nb\tc", @"a\r\nb\tc", TestName = "{m}(line breaks and tab)")]
    [TestCase("\u001b[31mred\u001b[0m", @"\u{1b}[31mred\u{1b}[0m", TestName = "{m}(terminal colours)")]
    [TestCase("\u009b2J", @"\u{9b}2J", TestName = "{m}(C1 control sequence introducer)")]
    [TestCase("a\0b\u0007\u007f", @"a\u{0}b\u{7}\u{7f}", TestName = "{m}(NUL, BEL and DEL)")]
    [TestCase("a\u202Etxt.exe\u202C", @"a\u{202e}txt.exe\u{202c}", TestName = "{m}(bidirectional override)")]
    [TestCase("\u2066a\u2069\u200e\u061c", @"\u{2066}a\u{2069}\u{200e}\u{61c}", TestName = "{m}(bidirectional isolates and marks)")]
    [TestCase("a\u2028b\u2029c\u0085d", @"a\u{2028}b\u{2029}c\u{85}d", TestName = "{m}(line separators of Unicode)")]
    [TestCase("می\u200cخواهم", "می\u200cخواهم", TestName = "{m}(ZWNJ in Persian)")]
    [TestCase("क्\u200dष", "क्\u200dष", TestName = "{m}(ZWJ in Hindi)")]
    [TestCase("\U0001F468\u200d\U0001F469\u200d\U0001F467", "\U0001F468\u200d\U0001F469\u200d\U0001F467", TestName = "{m}(ZWJ in an emoji)")]
    [TestCase("\u06dd١", "\u06dd١", TestName = "{m}(a sign around Arabic digits)")]
    [TestCase("\u2067\u200dabc\u200c\u202c", @"\u{2067}" + "\u200dabc\u200c" + @"\u{202c}", TestName = "{m}(bidirectional controls beside joiners)")]
    [TestCase("\ufeffa\u200bb", @"\u{feff}a\u{200b}b", TestName = "{m}(characters without width)")]
    [TestCase("\U000E0041", @"\u{e0041}", TestName = "{m}(a format character beyond the basic plane)")]
    [TestCase("a\u00a0b", "a\u00a0b", TestName = "{m}(no-break space is left alone)")]
    public void Text_is_escaped(string text, string expected)
    {
        Assert.That(EscapedText.From(text.AsSpan()), Is.EqualTo(expected));
        Assert.That(EscapedText.From(Encoding.UTF8.GetBytes(text)), Is.EqualTo(expected));
        var output = new ArrayBufferWriter<byte>();
        EscapedText.Write(text, output);
        Assert.That(Encoding.UTF8.GetString(output.WrittenSpan), Is.EqualTo(expected));
    }

    [TestCaseSource(nameof(InvalidBytes))]
    public void What_is_not_UTF_8_is_shown_as_such(byte[] bytes, string expected) =>
        Assert.That(EscapedText.From(bytes), Is.EqualTo(expected));

    // Three characters are shown; the number is that of all bytes. A log line is cut before it is escaped.
    [TestCase("abc", "abc", "abc", TestName = "{m}(just fits)")]
    [TestCase("abcd", "abc… (4 bytes)", "abc… (4 bytes)", TestName = "{m}(one too many)")]
    [TestCase("äöü", "äöü", "äöü", TestName = "{m}(two bytes each)")]
    [TestCase("äöüx", "äöü… (7 bytes)", "äöü… (7 bytes)", TestName = "{m}(two bytes each and one too many)")]
    [TestCase("\U0001F600\U0001F601\U0001F602", "\U0001F600\U0001F601\U0001F602", "\U0001F600\U0001F601\U0001F602", TestName = "{m}(emoji)")]
    [TestCase(
        "\U0001F600\U0001F601\U0001F602\U0001F603", "\U0001F600\U0001F601\U0001F602… (16 bytes)", "\U0001F600\U0001F601\U0001F602… (16 bytes)",
        TestName = "{m}(emoji are not split)")]
    [TestCase("a\rb", "a\rb", @"a\r… (3 bytes)", TestName = "{m}(an escape counts as the characters it is written with)")]
    [TestCase("\u001b\n\u202e", "\u001b\n\u202e", "… (5 bytes)", TestName = "{m}(an escape that does not fit)")]
    public void Long_text_is_cut_at_a_character(string text, string forLog, string shown)
    {
        Assert.That(EscapedText.Cut(Encoding.UTF8.GetBytes(text), maxCharacters: 3), Is.EqualTo(forLog));
        Assert.That(EscapedText.From(Encoding.UTF8.GetBytes(text), maxCharacters: 3), Is.EqualTo(shown));
    }

    [Test]
    public void Invalid_bytes_count_when_cutting() =>
        Assert.That(EscapedText.From([0xFF, 0xFF, 0x61], maxCharacters: 2), Is.EqualTo("\ufffd\ufffd… (3 bytes)"));

    // Not as test cases: a lone surrogate does not survive the way through a runner's report.
    [Test]
    public void Lone_surrogates_are_shown_as_such()
    {
        Assert.That(EscapedText.From("a\ud83d".AsSpan()), Is.EqualTo("a\ufffd"));
        Assert.That(EscapedText.From("\ude00b".AsSpan()), Is.EqualTo("\ufffdb"));
        Assert.That(EscapedText.From("\ude00\ud83d\n".AsSpan()), Is.EqualTo(@"��\n"));
        var output = new ArrayBufferWriter<byte>();
        EscapedText.Write("a\ud83d|\ude00\ud83d\n", output);
        Assert.That(Encoding.UTF8.GetString(output.WrittenSpan), Is.EqualTo(@"a�|��\n"));
    }

    [Test]
    public void Exactly_control_format_and_separator_characters_are_escaped_but_for_those_that_shape_text()
    {
        // Zero-width joiner and non-joiner, and what Unicode's PropList.txt calls Prepended_Concatenation_Mark.
        int[] shaping = [0x200C, 0x200D, 0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD];
        UnicodeCategory[] escaped =
            [UnicodeCategory.Control, UnicodeCategory.Format, UnicodeCategory.LineSeparator, UnicodeCategory.ParagraphSeparator];
        var wrong = new List<string>();
        for (int value = 0; value <= 0x10FFFF; value++)
        {
            if (Rune.TryCreate(value, out Rune rune))
            {
                bool changed = EscapedText.From(rune.ToString().AsSpan()) != rune.ToString();
                if (changed != (escaped.Contains(Rune.GetUnicodeCategory(rune)) && !shaping.Contains(value)))
                {
                    wrong.Add($"U+{value:X4}");
                }
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    private static TestCaseData Bytes(byte[] bytes, string expected, string name) =>
        new TestCaseData(bytes, expected).SetName($"{{m}}({name})");
}
