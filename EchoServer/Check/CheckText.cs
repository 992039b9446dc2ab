using System.Text;
using EchoServer.Diagnosis;
using EchoServer.Text;

namespace EchoServer.Check;

/// <summary>A check's results for people: a line each, and the cause and what to do below what does not work.</summary>
/// <param name="isTerminal">Whether symbols and colours are understood, and wanted.</param>
/// <param name="columns">Where lines of causes and advice are broken; null for nowhere.</param>
internal sealed class CheckText(bool isTerminal, int? columns)
{
    private const int NameColumns = 12;
    private const int TimeColumns = 9;

    private const string Green = "\u001b[32m";
    private const string Yellow = "\u001b[33m";
    private const string Red = "\u001b[31m";
    private const string Grey = "\u001b[90m";
    private const string Plain = "\u001b[0m";

    private readonly List<(string Group, string Name)> _grouped = [];
    private Fault? _last;

    /// <summary>One result; nothing for one that shares a line, which <see cref="End"/> writes.</summary>
    internal string Write(ProbeResult result)
    {
        if (result.Finding.Group is string shared)
        {
            _grouped.Add((shared, result.Name));
            return "";
        }

        var text = new StringBuilder();
        Outcome outcome = result.Finding.Outcome;
        (string symbol, string colour) = outcome switch
        {
            Outcome.Pass => ("✓", Green),
            Outcome.Warn => ("!", Yellow),
            Outcome.Fail => ("✗", Red),
            _ => ("-", Grey),
        };
        string mark = isTerminal ? $"{colour}{symbol}{Plain} " : outcome.ToString().ToLowerInvariant() + "  ";
        string time = outcome == Outcome.Skip ? "" : Times.Show(result.Elapsed);
        text.Append(mark).Append(result.Name.PadRight(NameColumns)).Append(time.PadLeft(TimeColumns)).Append("  ");
        int indent = (isTerminal ? 2 : 6) + NameColumns + TimeColumns + 2;
        Wrap(text, isTerminal && outcome == Outcome.Skip ? $"skipped: {result.Finding.Text}" : result.Finding.Text, indent);
        if (result.Finding.Fault is Fault fault)
        {
            bool isKnown = fault == _last;
            Labelled(text, isTerminal ? 2 : 6, "cause:  ", isKnown ? "the same as above" : fault.Cause);
            if (!isKnown)
            {
                Labelled(text, isTerminal ? 2 : 6, "advice: ", fault.Advice);
            }

            _last = fault;
        }

        return text.ToString();
    }

    /// <summary>Writes the lines behind the last result.</summary>
    internal string End(CheckSummary summary) => $"{EndOfResults()}\n{summary.Line()}\n";

    /// <summary>Writes the lines of the results that share one.</summary>
    internal string EndOfResults()
    {
        var text = new StringBuilder();
        foreach (IGrouping<string, string> group in _grouped.GroupBy(it => it.Group, it => it.Name))
        {
            string mark = isTerminal ? $"{Grey}-{Plain} " : "skip  ";
            string label = $"{group.Key}: ".PadRight(NameColumns);
            text.Append(mark).Append(label);
            int indent = (isTerminal ? 2 : 6) + label.Length;
            Wrap(text, string.Join(", ", group), indent);
        }

        return text.ToString();
    }

    private void Labelled(StringBuilder text, int indent, string label, string words)
    {
        text.Append(' ', indent).Append(label);
        Wrap(text, words, indent + label.Length);
    }

    /// <summary>Appends words at a column, broken into lines that begin there.</summary>
    private void Wrap(StringBuilder text, string words, int indent)
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
