namespace EchoServer.Bench.Report;

internal static class Tables
{
    public const double KB = 1_000;
    public const double MB = 1_000_000;
    private const string Nothing = "–";

    public static Table Cpu(BenchReport report)
    {
        EchoShape[] shapes = Shapes(report);
        var table = new Table(
            "CPU microseconds of the server for each message (times the raw TCP echo)", 1, ["server", .. shapes.Select(shape => shape.Name)]);
        foreach (ServerEntry server in Echoing(report))
        {
            table.Add([server.Name, .. shapes.Select(shape => CpuCell(report, shape.Key, server.Key))]);
        }

        return table;
    }

    public static Table Besides(BenchReport report)
    {
        var table = new Table(
            "And besides; messages a second and latencies are those of 50 × 64 B × 1", 1, "server", "messages/s", "p50 µs", "p99 µs", "connects/s", "KB per idle connection", "ms to first echo", "MB then");
        foreach (ServerEntry server in report.Servers)
        {
            EchoEntry? echo = report.FindEcho(EchoShape.Small, server.Key);
            StartEntry? start = report.Start.Find(entry => entry.Server == server.Key);
            string[] cells =
            [
                Whole(echo?.MessagesPerSecond.Best), Whole(echo?.P50Microseconds), Whole(echo?.P99Microseconds),
                Whole(report.Connects.Find(entry => entry.Server == server.Key)?.ConnectsPerSecond.Best),
                Short(report.Idle.Find(entry => entry.Server == server.Key)?.BytesPerConnection / KB),
                Whole(start?.Milliseconds.Best), Short(start?.ResidentBytes / MB),
            ];
            if (cells.Any(cell => cell != Nothing))
            {
                table.Add([server.Name, .. cells]);
            }
        }

        return table;
    }

    public static Table Echoes(BenchReport report)
    {
        var table = new Table(
            "Echoes on /raw", 2, "shape", "server", "CPU µs", "median", "x raw", "messages/s", "median", "p50 µs", "p99 µs", "resident MB",
            "peak MB", "allocated B", "errors");
        foreach (EchoEntry entry in report.Echo)
        {
            table.Add(
                EchoShape.All.First(shape => shape.Key == entry.Shape).Name, Name(report, entry.Server),
                Short(entry.CpuMicroseconds.Best), Short(entry.CpuMicroseconds.Median),
                Short(report.CpuRatio(entry.Shape, entry.Server, ServerKinds.Raw)),
                Whole(entry.MessagesPerSecond.Best), Whole(entry.MessagesPerSecond.Median),
                Whole(entry.P50Microseconds), Whole(entry.P99Microseconds),
                Short(entry.ResidentBytes / MB), Short(entry.PeakBytes / MB), Short(Allocated(report, entry)), $"{entry.Errors}");
        }

        return table;
    }

    public static IEnumerable<Table> Others(BenchReport report)
    {
        var connects = new Table(
            "Connects: TCP, upgrade, greeting", 1, "server", "connects/s", "median", "CPU µs each", "median", "errors");
        report.Connects.ForEach(entry => connects.Add(
            Name(report, entry.Server), Whole(entry.ConnectsPerSecond.Best), Whole(entry.ConnectsPerSecond.Median),
            Short(entry.CpuMicroseconds.Best), Short(entry.CpuMicroseconds.Median), $"{entry.Errors}"));

        var idle = new Table(
            "Idle connections", 1, "server", "connections", "resident MB before", "and with them", "KB each", "errors");
        report.Idle.ForEach(entry => idle.Add(
            Name(report, entry.Server), Whole(entry.Connections), Short(entry.ResidentBefore / MB), Short(entry.ResidentAfter / MB),
            Short(entry.BytesPerConnection / KB), $"{entry.Errors}"));

        var start = new Table(
            "Start to first echo", 1, "server", "ms", "median", "resident MB listening", "after the echo");
        report.Start.ForEach(entry => start.Add(
            Name(report, entry.Server), Short(entry.Milliseconds.Best), Short(entry.Milliseconds.Median),
            Short(entry.ResidentBytesListening / MB), Short(entry.ResidentBytes / MB)));

        var tutorial = new Table(
            "Greeting, prefix and a log line for each message", 2,
            "shape", "server", "CPU µs", "median", "x tutorial's", "messages/s", "median", "logged %", "errors");
        report.Tutorial.ForEach(entry => tutorial.Add(
            EchoShape.All.First(shape => shape.Key == entry.Shape).Name, Name(report, entry.Server),
            Short(entry.CpuMicroseconds.Best), Short(entry.CpuMicroseconds.Median),
            Short(Figures.Ratio(entry.CpuMicroseconds.Best, report.TutorialCpu(entry.Shape, ServerKinds.Tutorial))),
            Whole(entry.MessagesPerSecond.Best), Whole(entry.MessagesPerSecond.Median), Short(entry.LoggedShare * 100), $"{entry.Errors}"));

        var allocations = new Table(
            "Managed bytes that EchoServer allocates for each message", 2, "path", "kind", "size", "bytes");
        report.Allocations.ForEach(entry => allocations.Add(
            entry.Path, entry.IsText ? "text" : "binary", EchoShape.Size(entry.MessageBytes), Short(entry.BytesPerMessage)));
        return [connects, idle, start, tutorial, allocations, Deflate(report)];
    }

    public static Table Deflate(BenchReport report)
    {
        var table = new Table(
            "Echoes of JSON text on /raw with permessage-deflate", 3,
            "shape", "context", "server", "CPU µs", "median", "messages/s", "bytes of an echo", "resident MB", "KB per connection", "errors");
        report.Deflate.ForEach(entry => table.Add(
            DeflateBench.All.First(shape => shape.Key == entry.Shape).Name, DeflateBench.Words(entry.KeepsContext),
            ServerKinds.Deflating.First(kind => kind.Key == entry.Server).Name,
            Short(entry.CpuMicroseconds.Best), Short(entry.CpuMicroseconds.Median), Whole(entry.MessagesPerSecond.Best),
            Whole(entry.EchoBytes), Short(entry.ResidentBytes / MB), Short(entry.BytesPerConnection / KB), $"{entry.Errors}"));
        return table;
    }

    public static Table Targets(BenchReport report)
    {
        var table = new Table("Targets", 3, "figure", "must", "stretch", "cf build", "dotnet", "met");
        foreach (TargetEntry target in report.Targets)
        {
            TargetMeasurement first = target.Measured[0];
            string second = target.Measured.Count > 1 ? target.Measured[1].Text : "";
            table.Add(target.Figure, target.Must, target.Stretch, first.Text, second, Verdict(target.Measured));
        }

        return table;
    }

    public static Table Servers(BenchReport report)
    {
        var table = new Table("Servers", 3, "server", "version", "settings");
        report.Servers.ForEach(server => table.Add(server.Name, server.Version, server.Settings));
        report.LeftOut.ForEach(server => table.Add(server.Name, "left out", server.Reason));
        return table;
    }

    public static EchoShape[] Shapes(BenchReport report) =>
        [.. EchoShape.All.Where(shape => report.Echo.Exists(entry => entry.Shape == shape.Key))];

    public static ServerEntry[] Echoing(BenchReport report) =>
        [.. report.Servers.Where(server => report.Echo.Exists(entry => entry.Server == server.Key))];

    // Both builds have to meet a target: the worse verdict is the target's.
    private static string Verdict(IEnumerable<TargetMeasurement> measured)
    {
        string[] worstFirst = [Target.Missed, Target.NotMeasured, Target.MustIsMet, Target.StretchIsMet];
        return worstFirst.First(verdict => measured.Any(one => one.Verdict == verdict));
    }

    private static double? Allocated(BenchReport report, EchoEntry entry) =>
        entry.AllocatedBytes ?? (entry.Server is ServerKinds.Cf or ServerKinds.Dotnet
            ? report.Allocations.Find(one => one is { Path: "/raw", IsText: false }
                && one.MessageBytes == EchoShape.All.First(shape => shape.Key == entry.Shape).MessageBytes)?.BytesPerMessage
            : null);

    private static string CpuCell(BenchReport report, string shape, string server)
    {
        double? cpu = report.FindEcho(shape, server)?.CpuMicroseconds.Best;
        double? ratio = report.CpuRatio(shape, server, ServerKinds.Raw);
        return ratio is null ? Short(cpu) : $"{Short(cpu)} ({Short(ratio)})";
    }

    private static string Name(BenchReport report, string server) => report.Servers.Find(entry => entry.Key == server)?.Name ?? server;

    public static string Whole(double? value) => value?.ToString("N0", CultureInfo.InvariantCulture) ?? Nothing;

    /// <summary>Three digits, as far as they mean anything.</summary>
    public static string Short(double? value) => value switch
    {
        null => Nothing,
        >= 100 => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
