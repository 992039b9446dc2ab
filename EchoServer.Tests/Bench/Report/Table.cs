using System.Text;

namespace EchoServer.Bench.Report;

/// <summary>A table, for a terminal or as Markdown. The first columns are words, the others are figures.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Words">How many columns are words.</param>
/// <param name="Headers">The columns' names.</param>
internal sealed record Table(string Title, int Words, params string[] Headers)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Whether there is anything in it.</summary>
    public bool IsEmpty => _rows.Count == 0;

    /// <summary>Adds a row with a cell for each column.</summary>
    public void Add(params string[] cells) => _rows.Add(
        cells.Length == Headers.Length ? cells : throw new ArgumentException($"{cells.Length} cells for {Headers.Length} columns", nameof(cells)));

    /// <summary>As text with aligned columns.</summary>
    public string ToText()
    {
        int[] widths = [.. Headers.Select((header, column) => _rows.Select(row => row[column].Length).Append(header.Length).Max())];
        var text = new StringBuilder();
        text.AppendLine(Title).AppendLine(Line(Headers, widths)).AppendLine(Line([.. widths.Select(width => new string('-', width))], widths));
        _rows.ForEach(row => text.AppendLine(Line(row, widths)));
        return text.ToString();
    }

    /// <summary>As Markdown.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine($"{Title}:").AppendLine();
        text.AppendLine($"| {string.Join(" | ", Headers)} |");
        text.AppendLine($"|{string.Concat(Headers.Select((_, column) => column < Words ? "---|" : "--:|"))}");
        _rows.ForEach(row => text.AppendLine($"| {string.Join(" | ", row.Select(EscapeCell))} |"));
        return text.ToString();
    }

    private static string EscapeCell(string cell) => cell.Replace("|", "\\|", StringComparison.Ordinal);

    private string Line(string[] cells, int[] widths) => string.Join("  ", cells.Select((cell, column) =>
        column < Words ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd();
}
