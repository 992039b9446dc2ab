using EchoServer.Client.Terminal;

namespace EchoServer.Tests.Client.Terminal;

/// <summary>Keys, and what becomes of the line. A <c>|</c> marks the cursor.</summary>
internal sealed class LineEditorTests
{
    private const char Ctrl = (char)31;

    [TestCase("", "abc|")]
    [TestCase("L", "ab|c")]
    [TestCase("LLLL", "|abc")]
    [TestCase("LLR", "ab|c")]
    [TestCase("RR", "abc|")]
    [TestCase("H", "|abc")]
    [TestCase("HE", "abc|")]
    [TestCase("B", "ab|")]
    [TestCase("LB", "a|c")]
    [TestCase("HB", "|abc")]
    [TestCase("HD", "|bc")]
    [TestCase("D", "abc|")]
    [TestCase("^A", "|abc")]
    [TestCase("^A^E", "abc|")]
    [TestCase("^B^B^F", "ab|c")]
    [TestCase("L^K", "ab|")]
    [TestCase("L^U", "|c")]
    [TestCase("^W", "|")]
    [TestCase("L^D", "ab|")]
    [TestCase("^H", "ab|")]
    public void Keys_edit_the_line(string keys, string expected) =>
        Assert.That(Edited("abc", keys), Is.EqualTo(expected));

    [TestCase("^W", "one two  |")]
    [TestCase("^W^W", "one |")]
    [TestCase("wX", "one two  |three")]
    [TestCase("wwX", "one |two  three")]
    [TestCase("HWX", "one| two  three")]
    [TestCase("HWWX", "one two|  three")]
    [TestCase("!B", "one two  |three")]
    [TestCase("!B!B", "one |two  three")]
    [TestCase("H!F!F", "one two|  three")]
    [TestCase("H!D!D", "|  three")]
    [TestCase("!B!H", "one |three")]
    [TestCase("!X!1", "one two  three|")]
    public void Words_are_what_is_between_spaces(string keys, string expected) =>
        Assert.That(Edited("one two  three", keys), Is.EqualTo(expected));

    [Test]
    public void A_character_above_U_FFFF_comes_in_halves_and_goes_whole()
    {
        var editor = new LineEditor();
        Type(editor, "a😀b");
        Assert.That(editor.Line, Has.Count.EqualTo(3));
        Press(editor, "LB");
        Assert.That(Show(editor), Is.EqualTo("a|b"));
    }

    [Test]
    public void Earlier_lines_come_back_and_so_does_what_was_being_typed()
    {
        var editor = new LineEditor();
        foreach (string line in (string[])["one", "two", "two", "", "three"])
        {
            Type(editor, line);
            Assert.That(editor.TakeLine(), Is.EqualTo(line));
            Assert.That(Show(editor), Is.EqualTo("|"));
        }

        // The same line twice in a row is there once, an empty one is not.
        Type(editor, "draft");
        string[] seen = [.. "UUUUNNNN".Select(key =>
        {
            Press(editor, $"{key}");
            return editor.Text;
        })];
        Assert.That(string.Join(' ', seen), Is.EqualTo("three two one one two three draft draft"));
        Press(editor, "^P^P^N");
        Assert.That(Show(editor), Is.EqualTo("three|"));
    }

    [Test]
    public void Enter_finishes_and_Ctrl_D_ends_only_an_empty_line()
    {
        var editor = new LineEditor();
        Assert.That(editor.Apply(Control('D')), Is.EqualTo(EditResult.EndOfInput));
        Type(editor, "x");
        Assert.That(editor.Apply(Control('D')), Is.EqualTo(EditResult.Nothing));
        Assert.That(editor.Apply(new ConsoleKeyInfo('\r', ConsoleKey.Enter, false, false, false)), Is.EqualTo(EditResult.Finished));
        Assert.That(editor.Apply(Control('L')), Is.EqualTo(EditResult.ClearScreen));
        Assert.That(editor.Apply(Control('Q')), Is.EqualTo(EditResult.Nothing));
    }

    [Test]
    public void A_line_has_an_end()
    {
        var editor = new LineEditor();
        Type(editor, new string('x', LineEditor.MaxCharacters + 1));
        Assert.That(editor.Line, Has.Count.EqualTo(LineEditor.MaxCharacters));
    }

    [TestCase("hello", 5, 10, "hello", 5)]
    [TestCase("hello", 0, 10, "hello", 0)]
    [TestCase("0123456789", 10, 6, "56789", 5)]
    [TestCase("0123456789", 0, 6, "01234", 0)]
    [TestCase("0123456789", 7, 6, "23456", 5)]
    [TestCase("日本語", 3, 6, "本語", 4)]
    [TestCase("日本語", 0, 6, "日本", 0)]
    [TestCase("e\u0301x", 2, 10, "e\u0301x", 1)]
    [TestCase("a\tb", 3, 10, "a\u2409b", 3)]
    public void The_part_with_the_cursor_is_in_view(string line, int cursor, int columns, string expected, int column)
    {
        Rune[] runes = [.. line.EnumerateRunes()];
        Assert.That(LineView.Of(runes, cursor, columns), Is.EqualTo(new LineView(expected, column)));
    }

    private static string Edited(string text, string keys)
    {
        var editor = new LineEditor();
        Type(editor, text);
        Press(editor, keys);
        return Show(editor);
    }

    private static void Type(LineEditor editor, string text)
    {
        foreach (char character in text)
        {
            editor.Apply(new ConsoleKeyInfo(character, 0, false, false, false));
        }
    }

    /// <summary><c>^A</c> is Ctrl-A, <c>!A</c> Alt-A (<c>!H</c> with Backspace), other letters are keys: the arrows are L, R, U and N, or w and W with Ctrl.</summary>
    private static void Press(LineEditor editor, string keys)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            editor.Apply(keys[i] switch
            {
                '^' => Control(keys[++i]),
                '!' => Alt(keys[++i]),
                'L' => Key(ConsoleKey.LeftArrow),
                'R' => Key(ConsoleKey.RightArrow),
                'w' => Key(ConsoleKey.LeftArrow, control: true),
                'W' => Key(ConsoleKey.RightArrow, control: true),
                'H' => Key(ConsoleKey.Home),
                'E' => Key(ConsoleKey.End),
                'B' => Key(ConsoleKey.Backspace),
                'U' => Key(ConsoleKey.UpArrow),
                'N' => Key(ConsoleKey.DownArrow),
                'D' => Key(ConsoleKey.Delete),
                _ => Key(ConsoleKey.F1),
            });
        }
    }

    private static ConsoleKeyInfo Key(ConsoleKey key, bool control = false) => new('\0', key, false, false, control);

    private static ConsoleKeyInfo Control(char letter) => new((char)(letter & Ctrl), (ConsoleKey)letter, false, false, true);

    private static ConsoleKeyInfo Alt(char letter) =>
        new(char.ToLowerInvariant(letter), letter == 'H' ? ConsoleKey.Backspace : (ConsoleKey)letter, false, true, false);

    private static string Show(LineEditor editor) => string.Concat(editor.Line.Take(editor.Cursor)) + "|" + string.Concat(editor.Line.Skip(editor.Cursor));
}
