namespace EchoServer.Client.Terminal;

/// <summary>Puts together keys, pastes and answers of the terminal that the runtime hands out as an Escape and other keys.</summary>
/// <param name="next">Reads the next key of the runtime; null when none comes within the time.</param>
/// <param name="pasting">Told when a paste begins and ends.</param>
/// <remarks>For one thread. No clock: a sequence whose rest does not come in time is over.</remarks>
internal sealed class KeyReader(Func<TimeSpan, ConsoleKeyInfo?> next, Action<bool>? pasting = null)
{
    /// <summary>How long the rest of a sequence may take: one that is sent in two packets.</summary>
    internal static readonly TimeSpan SequencePatience = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the rest of a paste may take; then it is over without its mark.</summary>
    internal static readonly TimeSpan PastePatience = TimeSpan.FromSeconds(2);

    // A surrogate pair each, and one more than a line may have.
    private const int MaxPastedCharacters = 2 * (LineEditor.MaxCharacters + 1);

    // xterm's bracketed paste: CSI 200 ~, the text, CSI 201 ~.
    private const string PasteBegins = "200~";
    private const string PasteEnds = "\u001b[201~";
    private const string Escape = "\u001b";

    // ECMA-48 §5.3 and §5.6: the characters behind an Escape that begin a sequence, and the one that ends a string. The runtime drops the
    // Escape before that where nothing follows. As xterm allows, BEL ends a string too: a key that does nothing.
    private const char ControlSequence = '[';
    private const char SingleShift = 'O';
    private const char StringEnd = '\\';

    /// <summary>Waits for a key, or a paste.</summary>
    /// <param name="pasted">The text of a paste, whose line breaks are LF, without one at its end; null for a key.</param>
    /// <returns>The key; <see cref="ConsoleKey.None"/> for a paste, and for a sequence that is not a key.</returns>
    internal ConsoleKeyInfo Read(out string? pasted)
    {
        pasted = null;
        ConsoleKeyInfo key = next(Timeout.InfiniteTimeSpan)!.Value;
        while (true)
        {
            if (key.Key == ConsoleKey.Escape)
            {
                if (next(SequencePatience) is not ConsoleKeyInfo second)
                {
                    return key;
                }

                // A key with Alt is an Escape and the key.
                key = second.Key == ConsoleKey.Escape ? second : WithAlt(second);
                continue;
            }

            if (!key.Modifiers.HasFlag(ConsoleModifiers.Alt) || key.KeyChar is not (ControlSequence or SingleShift or ']' or 'P' or '_' or '^' or 'X'))
            {
                return key;
            }

            string sequence = ReadTo(
                last => key.KeyChar switch { SingleShift => true, ControlSequence => last is >= '@' and <= '~', _ => last == StringEnd }, out ConsoleKeyInfo? interrupting);
            bool isPaste = key.KeyChar == ControlSequence && sequence == PasteBegins;
            pasted = isPaste ? ReadPaste() : null;
            ConsoleKey known = isPaste || key.KeyChar is not (ControlSequence or SingleShift) ? ConsoleKey.None : KeyOf(sequence);
            if (interrupting is not ConsoleKeyInfo other)
            {
                return new('\0', known, shift: false, alt: false, control: false);
            }

            key = other;
        }
    }

    /// <summary>Reads printable characters up to the last one of a sequence, or a key that is not part of it and ends it; null for none.</summary>
    private string ReadTo(Func<char, bool> isLast, out ConsoleKeyInfo? interrupting)
    {
        var sequence = new StringBuilder();
        while ((interrupting = next(SequencePatience)) is { KeyChar: >= ' ' and not '\u007f' and char character } key && !key.Modifiers.HasFlag(ConsoleModifiers.Alt))
        {
            sequence.Append(character);
            if (isLast(character))
            {
                interrupting = null;
                break;
            }

            // Only the end counts, and whether it is all that there is.
            sequence.Remove(0, sequence.Length > PasteBegins.Length ? 1 : 0);
        }

        return sequence.ToString();
    }

    private string ReadPaste()
    {
        pasting?.Invoke(true);
        var text = new StringBuilder();
        bool isOver = false;
        char before = '\0';
        while (!isOver && next(PastePatience) is ConsoleKeyInfo key)
        {
            // An Escape is a key of its own, or the next one's Alt.
            text.Append(key.Modifiers.HasFlag(ConsoleModifiers.Alt) ? Escape : "");
            if (before != '\r' || key.KeyChar != '\n')
            {
                text.Append(CharacterOf(key));
            }

            before = key.KeyChar;
            isOver = text.Length >= PasteEnds.Length && text.ToString(text.Length - PasteEnds.Length, PasteEnds.Length) == PasteEnds;
            int excess = text.Length - PasteEnds.Length - MaxPastedCharacters;
            if (excess > 0)
            {
                text.Remove(MaxPastedCharacters, excess);
            }
        }

        text.Length -= isOver ? PasteEnds.Length : 0;
        pasting?.Invoke(false);
        return text is [.., '\n'] ? text.ToString(0, text.Length - 1) : text.ToString();
    }

    /// <summary>Returns the pasted character; U+FFFD for a sequence that the runtime has made a key of, such as that of an arrow.</summary>
    private static char CharacterOf(ConsoleKeyInfo key) => key switch
    {
        { KeyChar: '\r' } => '\n',

        // The runtime's key for a NUL.
        { KeyChar: '\0', Key: not (ConsoleKey.None or ConsoleKey.D2) } => '\uFFFD',
        _ => key.KeyChar,
    };

    private static ConsoleKeyInfo WithAlt(ConsoleKeyInfo key) => new(
        key.KeyChar, key.Key, key.Modifiers.HasFlag(ConsoleModifiers.Shift), alt: true, key.Modifiers.HasFlag(ConsoleModifiers.Control));

    private static ConsoleKey KeyOf(string sequence) => sequence is [.., char last]
        ? last switch
        {
            'A' => ConsoleKey.UpArrow,
            'B' => ConsoleKey.DownArrow,
            'C' => ConsoleKey.RightArrow,
            'D' => ConsoleKey.LeftArrow,
            'F' => ConsoleKey.End,
            'H' => ConsoleKey.Home,
            _ => ConsoleKey.None,
        }
        : ConsoleKey.None;
}
