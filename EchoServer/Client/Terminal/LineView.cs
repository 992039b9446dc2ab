namespace EchoServer.Client.Terminal;

/// <summary>The part of a line that fits beside the prompt, and where the cursor is in it.</summary>
/// <param name="Text">What to show; control characters have become visible ones of one column.</param>
/// <param name="CursorColumn">Columns from the beginning of the text to the cursor.</param>
internal readonly record struct LineView(string Text, int CursorColumn)
{
    // U+2400 and on picture the control characters.
    private const int ControlPictures = 0x2400;
    private const int PictureOfDelete = 0x2421;
    private const int Delete = 0x7F;

    /// <summary>Cuts a line to what fits, so that the cursor is in it.</summary>
    internal static LineView Of(IReadOnlyList<Rune> line, int cursor, int columns)
    {
        int room = Math.Max(columns - 1, 1);
        int start = cursor;
        int before = 0;
        while (start > 0 && before + WidthOf(line[start - 1]) <= room)
        {
            before += WidthOf(line[--start]);
        }

        var text = new StringBuilder();
        int used = 0;
        for (int i = start; i < line.Count && used + WidthOf(line[i]) <= room; i++)
        {
            used += WidthOf(line[i]);
            text.Append(Visible(line[i]));
        }

        return new LineView(text.ToString(), before);
    }

    /// <summary>A whole line, as it is shown.</summary>
    internal static string Whole(IEnumerable<Rune> line) => string.Concat(line.Select(Visible));

    private static int WidthOf(Rune rune) => CharacterWidth.Of(Visible(rune));

    /// <summary>Whether a character turns the direction of writing: the cursor would be elsewhere than it seems (Unicode UAX #9 §2).</summary>
    private static bool IsDirection(int character) => character is 0x61C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    private static Rune Visible(Rune rune) => rune.Value switch
    {
        < ' ' => new Rune(ControlPictures + rune.Value),
        Delete => new Rune(PictureOfDelete),
        _ when Rune.IsControl(rune) || IsDirection(rune.Value) => Rune.ReplacementChar,
        _ => rune,
    };
}
