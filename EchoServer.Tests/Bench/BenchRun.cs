namespace EchoServer.Bench;

internal static class BenchRun
{
    public static async Task<BenchReport> RunAsync(BenchOptions options, CancellationToken stop)
    {
        BenchReport report = Begin(options);
        options = options with { Servers = [.. options.Servers.Where(kind => kind.Missing is null)] };
        if (options.Servers.Count == 0)
        {
            throw new InvalidOperationException("none of the servers is there");
        }

        var session = new Session(options, report, stop);
        foreach (EchoShape shape in EchoShape.All.Where(shape => options.Shapes.Contains(shape.Key)))
        {
            await EchoBench.RunAsync(session, shape);
        }

        (string Shape, Func<Session, Task> Measure)[] others =
        [
            (OtherShape.Connects, ConnectBench.RunAsync), (OtherShape.Idle, IdleBench.RunAsync), (OtherShape.Start, StartBench.RunAsync),
            (OtherShape.Tutorial, TutorialBench.RunAsync), (OtherShape.Allocations, AllocationBench.RunAsync),
            (OtherShape.Deflate, DeflateBench.RunAsync),
        ];
        foreach ((_, Func<Session, Task> measure) in others.Where(other => options.Shapes.Contains(other.Shape)))
        {
            await measure(session);
        }

        report.Targets.AddRange(Targets.Judge(report));
        return report;
    }

    private static BenchReport Begin(BenchOptions options)
    {
        var report = new BenchReport
        {
            Date = DateTimeOffset.UtcNow,
            Commit = Tool.Commit,
            Machine = Machine.Read(),
            Conditions = new Conditions(
                options.Rounds, options.RoundTime.TotalSeconds, options.WarmUp.TotalSeconds, options.IdleConnections, options.IsText ? "text" : "binary"),
        };
        foreach (ServerKind kind in options.Servers)
        {
            if (kind.Missing is string reason)
            {
                Session.Say($"{kind.Key} is left out: {reason}");
                report.LeftOut.Add(new LeftOutEntry(kind.Key, kind.Name, reason));
            }
            else
            {
                report.Servers.Add(new ServerEntry(kind.Key, kind.Name, kind.Version(), kind.Settings));
            }
        }

        string cf = Path.Combine(Folders.Artifacts, "cf");
        report.CfBytesOnDisk = Directory.Exists(cf) ? new DirectoryInfo(cf).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length) : null;
        return report;
    }
}
