namespace EchoServer.Bench.Report;

/// <summary>A report as a person reads it.</summary>
internal static class ReportText
{
    public static string ForTerminal(BenchReport report) =>
        $"{Subject(report)}\n\n{Join([Tables.Echoes(report), .. Tables.Others(report), Tables.Targets(report)], table => table.ToText())}";

    public static string ForMarkdown(BenchReport report)
    {
        Table[] tables = [Tables.Targets(report), Tables.Echoes(report), .. Tables.Others(report), Tables.Servers(report)];
        return ForPerformance(report) + Join(tables, table => table.ToMarkdown());
    }

    public static string ForPerformance(BenchReport report) =>
        $"{Subject(report)}.\n{How(report)}\n\n{Join([Tables.Cpu(report), Tables.Besides(report)], table => table.ToMarkdown())}";

    /// <summary>The run in two sentences.</summary>
    public static string ForReadme(BenchReport report)
    {
        StartEntry? start = report.Start.Find(entry => entry.Server == ServerKinds.Cf);
        double? idle = report.Idle.Find(entry => entry.Server == ServerKinds.Cf)?.BytesPerConnection;
        return $"""
            With 50 connections and messages of 64 bytes an echo costs the server {Times(ServerKinds.Cf)} times the CPU time of a raw TCP echo in C;
            Kestrel {Times(ServerKinds.Kestrel)} times, and Node's `ws` {Times(ServerKinds.Node)} times. The first echo comes {Tables.Whole(start?.Milliseconds.Best)} ms after the start, the
            process has {Tables.Short(start?.ResidentBytes / Tables.MB)} MB then, and an idle connection adds {Tables.Short(idle / Tables.KB)} KB.

            """;

        string Times(string server) => Tables.Short(report.CpuRatio(EchoShape.Small, server, ServerKinds.Raw));
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

    private static string Join(Table[] tables, Func<Table, string> show) =>
        string.Concat(tables.Where(table => !table.IsEmpty).Select(table => $"{show(table)}\n"));
}
