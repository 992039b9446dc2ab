namespace EchoServer.Client.Terminal;

/// <summary>Breaks lines that are longer than the terminal is wide between words; a terminal by itself breaks them anywhere.</summary>
internal static class LineBreaks
{
    private const string Indent = "  ";

    /// <summary>Breaks each line of a text, which may have colours. Lines that go on are indented.</summary>
    internal static string Insert(string text, int columns) =>
        string.Join('\n', text.Split('\n').Select(line => WidthOf(line) <= columns ? line : Break(line, columns)));

    private static string Break(string line, int columns)
    {
        var broken = new StringBuilder();
        int column = 0;
        int position = 0;
        while (position < line.Length)
        {
            int word = position;
            while (word < line.Length && line[word] == ' ')
            {
                word++;
            }

            int end = line.IndexOf(' ', word);
            end = end < 0 ? line.Length : end;
            int width = WidthOf(line.AsSpan(word, end - word));
            if (position > 0 && column + (word - position) + width > columns && Indent.Length + width <= columns)
            {
                broken.Append('\n').Append(Indent);
                column = Indent.Length;
                position = word;
            }

            // A word that is longer than a line begins where the one before it ends, and the terminal breaks it.
            column += word - position + width;
            column = column > columns ? ((column - 1) % columns) + 1 : column;
            broken.Append(line, position, end - position);
            position = end;
        }

        return broken.ToString();
    }

    private static int WidthOf(ReadOnlySpan<char> text)
    {
        int width = 0;
        while (!text.IsEmpty)
        {
            // ECMA-48 SGR: a colour.
            int colour = text.StartsWith("\u001b[") ? text.IndexOf('m') + 1 : 0;
            if (colour > 0)
            {
                text = text[colour..];
                continue;
            }

            Rune.DecodeFromUtf16(text, out Rune rune, out int used);
            width += CharacterWidth.Of(rune);
            text = text[used..];
        }

        return width;
    }
}
