using EchoServer.Diagnosis;

namespace EchoServer.Check;

/// <summary>A check's results for people: a line each, and the cause and what to do below what does not work.</summary>
/// <param name="isTerminal">Whether symbols and colours are understood, and wanted.</param>
/// <param name="columns">Where lines of causes and advice are broken.</param>
internal sealed class CheckText(bool isTerminal, int columns)
{
    private const int NameColumns = 12;
    private const int TimeColumns = 9;

    private const string Green = "\u001b[32m";
    private const string Yellow = "\u001b[33m";
    private const string Red = "\u001b[31m";
    private const string Grey = "\u001b[90m";
    private const string Plain = "\u001b[0m";

    private readonly List<(string Group, string Name)> _grouped = [];
    private readonly string _margin = new(' ', isTerminal ? 2 : 6);
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
        string finding = isTerminal && outcome == Outcome.Skip ? $"skipped: {result.Finding.Text}" : result.Finding.Text;
        Append(text, mark, $"{result.Name,-NameColumns}{time,TimeColumns}  ", finding);
        if (result.Finding.Fault is Fault fault)
        {
            bool isKnown = fault == _last;
            Append(text, _margin, "cause:  ", isKnown ? "the same as above" : fault.Cause);
            if (!isKnown)
            {
                Append(text, _margin, "advice: ", fault.Advice);
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
            Append(text, mark, $"{group.Key}: ".PadRight(NameColumns), string.Join(", ", group));
        }

        return text.ToString();
    }

    private void Append(StringBuilder text, string start, string label, string words)
    {
        text.Append(start).Append(label);
        text.AppendWrapped(words, _margin.Length + label.Length, columns);
    }
}
