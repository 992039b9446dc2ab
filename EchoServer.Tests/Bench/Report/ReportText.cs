using System.Globalization;
using System.Text;

namespace EchoServer.Bench.Report;

/// <summary>A report as a person reads it.</summary>
internal static class ReportText
{
    /// <summary>For a terminal.</summary>
    public static string ForTerminal(BenchReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(Subject(report)).AppendLine();
        Table[] tables = [Tables.Echoes(report), .. Tables.Others(report), Tables.Targets(report)];
        foreach (Table table in tables.Where(table => !table.IsEmpty))
        {
            text.AppendLine(table.ToText());
        }

        return text.ToString();
    }

    /// <summary>As Markdown: first what README's section "Speed" shows, then everything.</summary>
    public static string ForMarkdown(BenchReport report)
    {
        var text = new StringBuilder();
        text.AppendLine("<!-- From here to the next such line: paste it into README's section \"Speed\", and copy bench.svg beside the bench. -->");
        text.AppendLine(Subject(report)).AppendLine();
        text.AppendLine(How(report)).AppendLine();
        AppendMarkdown(text, [Tables.Cpu(report), Tables.Besides(report)]);
        text.AppendLine("<!-- The end of what README shows. -->").AppendLine();
        AppendMarkdown(text, [Tables.Targets(report), Tables.Echoes(report), .. Tables.Others(report), Tables.Servers(report)]);
        return text.ToString();
    }

    /// <summary>When, where and what, in one line.</summary>
    public static string Subject(BenchReport report)
    {
        Machine machine = report.Machine;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Date:yyyy-MM-dd}, commit {report.Commit}, {machine.Cpu}, {machine.Cores} cores, {machine.System}, Linux {machine.Kernel}");
    }

    private static string How(BenchReport report)
    {
        Conditions how = report.Conditions;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Client and servers on that one machine over loopback; connections × {how.Payload} message size × messages in flight; ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{how.Rounds} rounds of {how.RoundSeconds} s for each server in turn, after {how.WarmUpSeconds} s of warm-up. ")
            + "CPU is the least of a server's rounds, messages and connects a second the best, latencies are over all rounds (50 × 64 B × 1).";
    }

    private static void AppendMarkdown(StringBuilder text, Table[] tables)
    {
        foreach (Table table in tables.Where(table => !table.IsEmpty))
        {
            text.AppendLine(table.ToMarkdown());
        }
    }
}
