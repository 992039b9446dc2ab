using System.Text;

namespace EchoServer.Bench.Report;

/// <summary>A report as a person reads it.</summary>
internal static class ReportText
{
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

    public static string ForMarkdown(BenchReport report)
    {
        var text = new StringBuilder(ForReadme(report)).AppendLine();
        AppendMarkdown(text, [Tables.Targets(report), Tables.Echoes(report), .. Tables.Others(report), Tables.Servers(report)]);
        return text.ToString();
    }

    public static string ForReadme(BenchReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(ReadmeSection.Begin);
        text.AppendLine($"{Subject(report)}.").AppendLine(How(report)).AppendLine();
        AppendMarkdown(text, [Tables.Cpu(report), Tables.Besides(report)]);
        return text.AppendLine(ReadmeSection.End).ToString();
    }

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
            $"""
            Client and servers share that machine and talk over loopback. A shape is connections × size of a {how.Payload} message ×
            messages in flight. {how.Rounds} rounds of {how.RoundSeconds} s for each server in turn, after {how.WarmUpSeconds} s of warm-up: costs are the least of
            the rounds, rates the best, latencies are over all rounds.
            """);
    }

    private static void AppendMarkdown(StringBuilder text, Table[] tables)
    {
        foreach (Table table in tables.Where(table => !table.IsEmpty))
        {
            text.AppendLine(table.ToMarkdown());
        }
    }
}
