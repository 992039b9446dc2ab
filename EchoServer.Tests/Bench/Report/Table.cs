using System.Text;

namespace EchoServer.Bench.Report;

/// <summary>A table, for a terminal or as Markdown. The first columns are words, the others are figures.</summary>
internal sealed record Table(string Title, int Words, params string[] Headers)
{
    private readonly List<string[]> _rows = [];

    public bool IsEmpty => _rows.Count == 0;

    public void Add(params string[] cells) => _rows.Add(
        cells.Length == Headers.Length ? cells : throw new ArgumentException($"{cells.Length} cells for {Headers.Length} columns", nameof(cells)));

    public string ToText()
    {
        int[] widths = [.. Headers.Select((header, column) => _rows.Select(row => row[column].Length).Append(header.Length).Max())];
        var text = new StringBuilder();
        text.AppendLine(Title).AppendLine(Line(Headers, widths)).AppendLine(Line([.. widths.Select(width => new string('-', width))], widths));
        _rows.ForEach(row => text.AppendLine(Line(row, widths)));
        return text.ToString();
    }

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
