using EchoServer.Client.Terminal;

namespace EchoServer.Tests.Client.Terminal;

/// <summary>
/// What a terminal sends, as the runtime hands it out: an Escape is a key of its own or the next one's Alt. A <c>…</c> is a pause, and a
/// control picture (U+2400 to U+2421) the character that it shows.
/// </summary>
internal sealed class KeyReaderTests
{
    private const char Escape = '\u001b';
    private const char Pause = '…';

    private static readonly string LongPaste = new('x', 3 * LineEditor.MaxCharacters);

    private static IEnumerable<string> Answers() =>
    [
        "␛[?1;2c", "␛[24;80R", "␛[>41;354;0c", "␛[?2004;1$y", "␛[I", "␛[<0;12;3M", "␛[5~", "␛[1200~", "␛[201~",
        "␛]11;rgb:0000/0000/0000␛\\", "␛]0;a title␇", "␛P1$r0m␛\\", "␛P>|XTerm(367)␛\\", "␛_Gi=1;OK␛\\",
        "␛^x␛\\", "␛Xx␛\\", "␛OQ", "␛␛[5~", "␛]52;c;x…", "␛[12…", "␛P…", "␛…",
    ];

    [TestCaseSource(nameof(Answers))]
    public void A_sequence_that_is_not_a_key_types_nothing(string sequence) => AssertReads($"a{sequence}b", "ab");

    [TestCase("␛[A", "<UpArrow>")]
    [TestCase("␛[1;9D", "<LeftArrow>")]
    [TestCase("␛OH", "<Home>")]
    [TestCase("␛[12␍x", "␍x")]
    [TestCase("␛]x␄", "␄")]
    [TestCase("␛]11;rgb:0/0/0\\hello\\", "hello\\")]
    [TestCase("␛P1$r0m␛\\x", "x")]
    [TestCase("␛[1␛[Ax", "<UpArrow>x")]
    [TestCase("␛Pabc␛[Bx", "<DownArrow>x")]
    public void Keys_are_found_behind_and_inside_it(string typed, string expected) =>
        AssertReads(typed, expected);

    [TestCase("a␛[200~one␍two␊three␛[201~␍", "a{one␊two␊three}␍")]
    [TestCase("␛[200~one␍␛[201~x", "{one}x")]
    [TestCase("␛[200~one␍␊two␊␍␊␛[201~x", "{one␊two␊}x")]
    [TestCase("␛[200~␛[201~x", "{}x")]
    [TestCase("␛[200~␉␃␡␛[31mré😀␀␛[201~", "{␉␃␡␛[31mré😀␀}")]
    [TestCase("␛[200~a␛[201x␛␛[201~b", "{a␛[201x␛}b")]
    [TestCase("␛[200~a␛[20…b␍", "{a␛[20}b␍")]
    [TestCase("␛[200~a␛[201~b␍␛[201~c", "{a}b␍c")]
    public void A_paste_is_one_text(string typed, string expected) =>
        AssertReads(typed, expected);

    [Test]
    public void In_a_paste_a_key_of_the_runtime_whose_characters_are_not_known_is_a_replacement_character()
    {
        ConsoleKeyInfo?[] keys = [.. Keys("␛[200~a", hasAlt: false), new('\0', ConsoleKey.UpArrow, false, false, false), .. Keys("b␛[201~", hasAlt: false)];
        var left = new Queue<ConsoleKeyInfo?>(keys);
        new KeyReader(_ => left.Dequeue()).Read(out string? pasted);
        Assert.That(pasted, Is.EqualTo("a\uFFFDb"));
    }

    [Test]
    public void Of_a_paste_that_fits_no_line_not_all_is_kept()
    {
        string read = Read($"␛[200~{LongPaste}␛[201~y", hasAlt: false);
        Assert.That(read, Does.Match("^{x+}y$"));
        Assert.That(read, Has.Length.InRange(LineEditor.MaxCharacters + 1, (2 * LineEditor.MaxCharacters) + 10));
    }

    private static void AssertReads(string typed, string expected)
    {
        foreach (bool hasAlt in (bool[])[false, true])
        {
            Assert.That(Read(typed, hasAlt), Is.EqualTo(Characters(expected)), $"Alt: {hasAlt}");
        }
    }

    /// <summary>Reads all characters: keys become their names, a paste is in braces, and keys with Alt are left out.</summary>
    private static string Read(string typed, bool hasAlt)
    {
        var left = new Queue<ConsoleKeyInfo?>(Keys(typed, hasAlt));
        var read = new StringBuilder();
        var reader = new KeyReader(patience =>
        {
            while (left.TryDequeue(out ConsoleKeyInfo? key))
            {
                if (key is not null || patience != Timeout.InfiniteTimeSpan)
                {
                    return key;
                }
            }

            return patience == Timeout.InfiniteTimeSpan ? throw new EndOfStreamException() : null;
        });
        try
        {
            while (true)
            {
                ConsoleKeyInfo key = reader.Read(out string? pasted);
                bool isKey = key.KeyChar is '\0' or Escape or '\a' && key.Key is not (ConsoleKey.None or ConsoleKey.Escape);
                _ = pasted is not null ? read.Append($"{{{pasted}}}")
                    : isKey ? read.Append($"<{key.Key}>")
                    : key.KeyChar is '\0' or Escape or '\a' || key.Modifiers.HasFlag(ConsoleModifiers.Alt) ? read
                    : read.Append(key.KeyChar);
            }
        }
        catch (EndOfStreamException)
        {
            return read.ToString();
        }
    }

    private static string Characters(string shown) =>
        string.Concat(shown.Select(picture => picture switch { '␡' => '\u007f', >= '␀' and <= '␟' => (char)(picture - '␀'), _ => picture }));

    private static IEnumerable<ConsoleKeyInfo?> Keys(string shown, bool hasAlt)
    {
        string typed = Characters(shown);
        for (int i = 0; i < typed.Length; i++)
        {
            bool isAlt = hasAlt && typed[i] == Escape && i + 1 < typed.Length && typed[i + 1] is not (Escape or Pause);
            i += isAlt ? 1 : 0;
            ConsoleKey key = typed[i] switch { Escape => ConsoleKey.Escape, '\r' or '\n' => ConsoleKey.Enter, _ => ConsoleKey.None };
            yield return typed[i] == Pause ? null : new ConsoleKeyInfo(typed[i], key, shift: char.IsAsciiLetterUpper(typed[i]), isAlt, control: false);
        }
    }
}
