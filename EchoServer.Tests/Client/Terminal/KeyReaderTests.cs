using EchoServer.Client.Terminal;

namespace EchoServer.Tests.Client.Terminal;

/// <summary>What a terminal sends, as the runtime hands it out: an Escape is a key of its own or the next one's Alt. A <c>…</c> is a pause.</summary>
internal sealed class KeyReaderTests
{
    private const char Escape = '\u001b';
    private const char Pause = '…';

    private static readonly string LongPaste = new('x', 3 * LineEditor.MaxCharacters);

    private static IEnumerable<string> Answers() =>
    [
        "\u001b[?1;2c", "\u001b[24;80R", "\u001b[>41;354;0c", "\u001b[?2004;1$y", "\u001b[I", "\u001b[<0;12;3M", "\u001b[5~", "\u001b[1200~", "\u001b[201~",
        "\u001b]11;rgb:0000/0000/0000\u001b\\", "\u001b]0;a title\a", "\u001bP1$r0m\u001b\\", "\u001bP>|XTerm(367)\u001b\\", "\u001b_Gi=1;OK\u001b\\",
        "\u001b^x\u001b\\", "\u001bXx\u001b\\", "\u001bOQ", "\u001b\u001b[5~", "\u001b]52;c;x…", "\u001b[12…", "\u001bP…", "\u001b…",
    ];

    [TestCaseSource(nameof(Answers))]
    public void A_sequence_that_is_not_a_key_types_nothing(string sequence) => AssertReads($"a{sequence}b", "ab");

    [TestCase("\u001b[A", "<UpArrow>")]
    [TestCase("\u001b[1;9D", "<LeftArrow>")]
    [TestCase("\u001bOH", "<Home>")]
    [TestCase("\u001b[12\rx", "\rx")]
    [TestCase("\u001b]x\u0004", "\u0004")]
    [TestCase("\u001b]11;rgb:0/0/0\\hello\\", "hello\\")]
    [TestCase("\u001bP1$r0m\u001b\\x", "x")]
    [TestCase("\u001b[1\u001b[Ax", "<UpArrow>x")]
    [TestCase("\u001bPabc\u001b[Bx", "<DownArrow>x")]
    public void Keys_are_found_behind_and_inside_it(string typed, string expected) =>
        AssertReads(typed, expected);

    [TestCase("a\u001b[200~one\rtwo\nthree\u001b[201~\r", "a{one\ntwo\nthree}\r")]
    [TestCase("\u001b[200~one\r\u001b[201~x", "{one}x")]
    [TestCase("\u001b[200~one\r\ntwo\n\r\n\u001b[201~x", "{one\ntwo\n}x")]
    [TestCase("\u001b[200~\u001b[201~x", "{}x")]
    [TestCase("\u001b[200~\t\u0003\u007f\u001b[31mré😀\0\u001b[201~", "{\t\u0003\u007f\u001b[31mré😀\0}")]
    [TestCase("\u001b[200~a\u001b[201x\u001b\u001b[201~b", "{a\u001b[201x\u001b}b")]
    [TestCase("\u001b[200~a\u001b[20…b\r", "{a\u001b[20}b\r")]
    [TestCase("\u001b[200~a\u001b[201~b\r\u001b[201~c", "{a}b\rc")]
    public void A_paste_is_one_text(string typed, string expected) =>
        AssertReads(typed, expected);

    [Test]
    public void In_a_paste_a_key_of_the_runtime_whose_characters_are_not_known_is_a_replacement_character()
    {
        ConsoleKeyInfo?[] keys = [.. Keys("\u001b[200~a", hasAlt: false), new('\0', ConsoleKey.UpArrow, false, false, false), .. Keys("b\u001b[201~", hasAlt: false)];
        var left = new Queue<ConsoleKeyInfo?>(keys);
        new KeyReader(_ => left.Dequeue()).Read(out string? pasted);
        Assert.That(pasted, Is.EqualTo("a\uFFFDb"));
    }

    [Test]
    public void Of_a_paste_that_fits_no_line_not_all_is_kept()
    {
        string read = Read($"\u001b[200~{LongPaste}\u001b[201~y", hasAlt: false);
        Assert.That(read, Does.Match("^{x+}y$"));
        Assert.That(read, Has.Length.InRange(LineEditor.MaxCharacters + 1, (2 * LineEditor.MaxCharacters) + 10));
    }

    private static void AssertReads(string typed, string expected)
    {
        foreach (bool hasAlt in (bool[])[false, true])
        {
            Assert.That(Read(typed, hasAlt), Is.EqualTo(expected), $"Alt: {hasAlt}");
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

    private static IEnumerable<ConsoleKeyInfo?> Keys(string typed, bool hasAlt)
    {
        for (int i = 0; i < typed.Length; i++)
        {
            bool isAlt = hasAlt && typed[i] == Escape && i + 1 < typed.Length && typed[i + 1] is not (Escape or Pause);
            i += isAlt ? 1 : 0;
            ConsoleKey key = typed[i] switch { Escape => ConsoleKey.Escape, '\r' or '\n' => ConsoleKey.Enter, _ => ConsoleKey.None };
            yield return typed[i] == Pause ? null : new ConsoleKeyInfo(typed[i], key, shift: char.IsAsciiLetterUpper(typed[i]), isAlt, control: false);
        }
    }
}
