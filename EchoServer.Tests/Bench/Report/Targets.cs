namespace EchoServer.Bench.Report;

/// <summary>What the server must reach, and what of it a run reached.</summary>
internal static class Targets
{
    private const double KB = 1_000;
    private const double MB = 1_000_000;
    private const int LargestWithoutAllocation = 64 * 1024;
    private const int Megabyte = 1024 * 1024;

    // Our two builds; a figure that only one of them has is measured once.
    private static readonly string[] Builds = [ServerKinds.Cf, ServerKinds.Dotnet];
    private static readonly string[] CfOnly = [ServerKinds.Cf];
    private static readonly string[] InProcess = ["in process"];

    // CPU for each message as a multiple of another server's: shape, must, stretch.
    private static readonly (string Shape, double Must, double? Stretch)[] AgainstRaw =
    [
        (EchoShape.Small, 1.6, 1.05), (EchoShape.Pipelined, 1.5, 1.42), (EchoShape.Medium, 1.6, 1.05), (EchoShape.Large, 2, 1.84),
        (EchoShape.Many, 1.6, 1.05),
    ];

    private static readonly (string Shape, double Must, double? Stretch)[] AgainstNode =
    [
        (EchoShape.Small, 0.5, 0.33), (EchoShape.Pipelined, 0.1, 0.05), (EchoShape.Medium, 0.5, 0.33), (EchoShape.Large, 0.2, 0.12),
        (EchoShape.Many, 0.5, 0.33),
    ];

    private static readonly (string Shape, double Must, double? Stretch)[] AgainstBun =
    [
        (EchoShape.Small, 1.5, 1.1), (EchoShape.Pipelined, 1, null), (EchoShape.Medium, 1, null), (EchoShape.Large, 1, null),
        (EchoShape.Many, 1.5, 1.1),
    ];

    private static readonly (string Shape, double Must, double? Stretch)[] AgainstKestrel =
        [.. EchoShape.All.Select(shape => (shape.Key, 0.6, (double?)null))];

    private static readonly (string Name, string Level, string Ours, string Theirs)[] DeflatePairs =
    [
        ("Kestrel", "as each comes", ServerKinds.CfDeflate, ServerKinds.KestrelDeflate),
        ("Node ws", "as each comes", ServerKinds.CfDeflate, ServerKinds.NodeDeflate6),
        ("Kestrel", "level 6", ServerKinds.CfDeflate6, ServerKinds.KestrelDeflate),
        ("Node ws", "level 6", ServerKinds.CfDeflate6, ServerKinds.NodeDeflate6),
        ("Node ws", "level 2", ServerKinds.CfDeflate, ServerKinds.NodeDeflate2),
    ];

    public static IEnumerable<TargetEntry> Judge(BenchReport report) =>
    [
        .. Cpu(report, ServerKinds.Raw, "the raw TCP echo", AgainstRaw),
        .. Cpu(report, ServerKinds.Node, "Node ws", AgainstNode),
        .. Cpu(report, ServerKinds.Bun, "Bun", AgainstBun),
        .. Cpu(report, ServerKinds.Kestrel, "Kestrel", AgainstKestrel),
        new Target("allocated bytes per message up to 64 KiB", 0, null, Bytes).Judge(
            InProcess, _ => Allocated(report, entry => entry.MessageBytes <= LargestWithoutAllocation)),
        new Target("allocated bytes per 1 MiB message", 1024, null, Bytes).Judge(
            InProcess, _ => Allocated(report, entry => entry.MessageBytes == Megabyte)),
        new Target("resident memory per idle connection", 2.5 * KB, 1.5 * KB, value => $"{N(value / KB)} KB").Judge(
            Builds, server => report.Idle.Find(entry => entry.Server == server)?.BytesPerConnection),
        new Target("resident memory at start", 32 * MB, 24 * MB, Megabytes).Judge(
            CfOnly, server => report.Start.Find(entry => entry.Server == server)?.ResidentBytes),
        new Target("start to first echo, against the tutorial's server", 1, 0.5, Times).Judge(
            CfOnly, server => Figures.Ratio(StartTime(report, server), StartTime(report, ServerKinds.Tutorial))),
        new Target("connects a second, against Node ws", 2, null, Times) { IsAtLeast = true }.Judge(
            Builds, server => Figures.Ratio(ConnectRate(report, server), ConnectRate(report, ServerKinds.Node))),
        .. Logged(report, EchoShape.Small, EchoShape.Pipelined),
        .. Deflate(report),
        new Target("cf build, size on disk", 30 * MB, 20 * MB, Megabytes).Judge(CfOnly, _ => report.CfBytesOnDisk),
    ];

    private static IEnumerable<TargetEntry> Cpu(
        BenchReport report, string to, string name, (string Shape, double Must, double? Stretch)[] targets) => targets.Select(target =>
            new Target($"CPU per message against {name}, {EchoShape.All.First(shape => shape.Key == target.Shape).Name}", target.Must, target.Stretch, Times)
                .Judge(Builds, server => report.CpuRatio(target.Shape, server, to)));

    private static double? Allocated(BenchReport report, Func<AllocationEntry, bool> which) =>
        report.Allocations.Where(which).Select(entry => (double?)entry.BytesPerMessage).Max();

    private static double? StartTime(BenchReport report, string server) =>
        report.Start.Find(entry => entry.Server == server)?.Milliseconds.Best;

    private static double? ConnectRate(BenchReport report, string server) =>
        report.Connects.Find(entry => entry.Server == server)?.ConnectsPerSecond.Best;

    private static IEnumerable<TargetEntry> Logged(BenchReport report, params string[] shapes) => shapes.Select(key => new Target(
        $"CPU with greeting, prefix and log line, against the tutorial's server, {EchoShape.All.First(shape => shape.Key == key).Name}",
        0.33, null, Times).Judge(
            Builds, server => Figures.Ratio(report.TutorialCpu(key, server), report.TutorialCpu(key, ServerKinds.Tutorial))));

    /// <summary>With the same context and window; at the same level, and as each server comes.</summary>
    private static IEnumerable<TargetEntry> Deflate(BenchReport report) =>
        from shape in DeflateBench.All
        from keepsContext in (bool[])[true, false]
        from pair in DeflatePairs
        select new Target(
            $"CPU with compression, {pair.Level}, against {pair.Name}, {shape.Name}, {DeflateBench.Words(keepsContext)}", 0.8, null, Times).Judge(
                [pair.Ours], server => report.DeflateRatio(shape.Key, keepsContext, server, pair.Theirs));

    private static string Times(double value) => $"{N(value)}x";

    private static string Bytes(double value) => $"{value.ToString("0.#", CultureInfo.InvariantCulture)} B";

    private static string Megabytes(double value) => $"{(value / MB).ToString("0.#", CultureInfo.InvariantCulture)} MB";

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
