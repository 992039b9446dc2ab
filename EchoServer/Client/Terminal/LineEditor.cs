namespace EchoServer.Client.Terminal;

/// <summary>What a key did.</summary>
internal enum EditResult
{
    /// <summary>Nothing that is to be seen.</summary>
    Nothing,

    /// <summary>The line looks different, or the cursor is somewhere else.</summary>
    Changed,

    /// <summary>The line is finished: <see cref="LineEditor.TakeLine"/>.</summary>
    Finished,

    /// <summary>Ctrl-D on an empty line: there will be no more.</summary>
    EndOfInput,

    /// <summary>Ctrl-L: the screen is to be cleared.</summary>
    ClearScreen,
}

/// <summary>A line that is being typed, and those before it. The keys are those of readline and of every shell.</summary>
/// <remarks>
/// Its own, because the line editors that NuGet has own the screen while they wait for a key: none lets a message be printed above
/// the line meanwhile. No I/O; not safe for use by two threads at a time.
/// </remarks>
internal sealed class LineEditor
{
    internal const int MaxCharacters = 64 * 1024;

    private const int MaxHistory = 500;

    private readonly List<string> _history = [];
    private readonly List<Rune> _line = [];
    private List<Rune> _draft = [];
    private int _recalled;
    private char _highSurrogate;

    internal IReadOnlyList<Rune> Line => _line;

    /// <summary>How many characters are before the cursor.</summary>
    internal int Cursor { get; private set; }

    internal string Text => string.Concat(_line);

    internal EditResult Apply(ConsoleKeyInfo key)
    {
        bool isAlt = (key.Modifiers & ConsoleModifiers.Alt) != 0;
        bool isWord = isAlt || (key.Modifiers & ConsoleModifiers.Control) != 0;
        return key.Key switch
        {
            ConsoleKey.Enter => EditResult.Finished,
            ConsoleKey.Backspace => isWord ? DeleteTo(WordStart()) : DeleteTo(Math.Max(Cursor - 1, 0)),
            ConsoleKey.Delete => DeleteTo(Math.Min(Cursor + 1, _line.Count)),
            ConsoleKey.LeftArrow => MoveTo(isWord ? WordStart() : Cursor - 1),
            ConsoleKey.RightArrow => MoveTo(isWord ? WordEnd() : Cursor + 1),
            ConsoleKey.Home => MoveTo(0),
            ConsoleKey.End => MoveTo(_line.Count),
            ConsoleKey.UpArrow => Recall(_recalled - 1),
            ConsoleKey.DownArrow => Recall(_recalled + 1),
            ConsoleKey.B when isAlt => MoveTo(WordStart()),
            ConsoleKey.F when isAlt => MoveTo(WordEnd()),
            ConsoleKey.D when isAlt => DeleteTo(WordEnd()),
            _ when char.IsControl(key.KeyChar) => ApplyControl(key.KeyChar),
            _ when isAlt => EditResult.Nothing,
            _ => Insert(key.KeyChar),
        };
    }

    /// <summary>Puts a text before the cursor, as far as there is room.</summary>
    /// <returns>Whether there was room for all of it.</returns>
    internal bool Insert(string text)
    {
        Rune[] all = [.. text.EnumerateRunes()];
        Rune[] fitting = all[..Math.Min(all.Length, MaxCharacters - _line.Count)];
        _line.InsertRange(Cursor, fitting);
        Cursor += fitting.Length;
        return fitting.Length == all.Length;
    }

    /// <summary>The finished line; the next one is empty.</summary>
    /// <param name="isRemembered">Whether to put it into the history.</param>
    internal string TakeLine(bool isRemembered = true)
    {
        string line = Text;
        if (isRemembered && line.Length > 0 && (_history.Count == 0 || _history[^1] != line))
        {
            _history.Add(line);
            if (_history.Count > MaxHistory)
            {
                _history.RemoveAt(0);
            }
        }

        _line.Clear();
        _draft = [];
        _recalled = _history.Count;
        Cursor = 0;
        return line;
    }

    private EditResult ApplyControl(char key) => key switch
    {
        '\r' or '\n' => EditResult.Finished,
        (char)('A' & 31) => MoveTo(0),
        (char)('B' & 31) => MoveTo(Cursor - 1),
        (char)('D' & 31) => _line.Count == 0 ? EditResult.EndOfInput : DeleteTo(Math.Min(Cursor + 1, _line.Count)),
        (char)('E' & 31) => MoveTo(_line.Count),
        (char)('F' & 31) => MoveTo(Cursor + 1),
        '\b' => DeleteTo(Math.Max(Cursor - 1, 0)),
        '\t' => Insert(key),
        (char)('K' & 31) => DeleteTo(_line.Count),
        (char)('L' & 31) => EditResult.ClearScreen,
        (char)('N' & 31) => Recall(_recalled + 1),
        (char)('P' & 31) => Recall(_recalled - 1),
        (char)('U' & 31) => DeleteTo(0),
        (char)('W' & 31) => DeleteTo(WordStart()),
        _ => EditResult.Nothing,
    };

    private EditResult Insert(char character)
    {
        // Characters above U+FFFF come in two halves.
        if (char.IsHighSurrogate(character))
        {
            _highSurrogate = character;
            return EditResult.Nothing;
        }

        Rune rune = char.IsLowSurrogate(character) && Rune.TryCreate(_highSurrogate, character, out Rune pair) ? pair
            : Rune.TryCreate(character, out Rune single) ? single
            : Rune.ReplacementChar;
        if (character == '\0' || _line.Count == MaxCharacters)
        {
            return EditResult.Nothing;
        }

        _line.Insert(Cursor++, rune);
        return EditResult.Changed;
    }

    private EditResult DeleteTo(int position)
    {
        int start = Math.Min(position, Cursor);
        int count = Math.Abs(position - Cursor);
        _line.RemoveRange(start, count);
        Cursor = start;
        return count > 0 ? EditResult.Changed : EditResult.Nothing;
    }

    private EditResult MoveTo(int position)
    {
        Cursor = Math.Clamp(position, 0, _line.Count);
        return EditResult.Changed;
    }

    private int WordStart() => Skip(Skip(Cursor, -1, isSpace: true), -1, isSpace: false);

    private int WordEnd() => Skip(Skip(Cursor, 1, isSpace: true), 1, isSpace: false);

    /// <summary>Steps from a position over all characters that are white space, or are not.</summary>
    private int Skip(int position, int step, bool isSpace)
    {
        // The character before the position when stepping backwards, otherwise the one behind it.
        int next = step < 0 ? position - 1 : position;
        for (; next >= 0 && next < _line.Count && Rune.IsWhiteSpace(_line[next]) == isSpace; next += step)
        {
            position += step;
        }

        return position;
    }

    private EditResult Recall(int index)
    {
        if (index < 0 || index > _history.Count)
        {
            return EditResult.Nothing;
        }

        // The unfinished line is below the newest of the history.
        if (_recalled == _history.Count)
        {
            _draft = [.. _line];
        }

        _recalled = index;
        List<Rune> line = index == _history.Count ? _draft : [.. _history[index].EnumerateRunes()];
        _line.Clear();
        _line.AddRange(line);
        Cursor = _line.Count;
        return EditResult.Changed;
    }
}
