namespace EchoServer.Text;

/// <summary>Breaks words into lines.</summary>
internal static class WordWrap
{
    /// <summary>Appends words behind an indent that is there, in lines with the same indent, each of at most so many columns, and ends them.</summary>
    internal static void AppendWrapped(this StringBuilder text, string words, int indent, int columns)
    {
        int column = indent;
        foreach (string word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > indent && column + 1 + word.Length > columns)
            {
                text.Append('\n').Append(' ', indent);
                column = indent;
            }

            string before = column == indent ? "" : " ";
            text.Append(before).Append(word);
            column += before.Length + word.Length;
        }

        text.Append('\n');
    }
}
