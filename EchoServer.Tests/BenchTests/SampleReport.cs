using EchoServer.Bench.Measurements;
using EchoServer.Bench.Report;
using EchoServer.Bench.Servers;

namespace EchoServer.Tests.BenchTests;

/// <summary>An invented report: the raw echo costs 2 µs, ours 3, in one shape.</summary>
internal static class SampleReport
{
    public static BenchReport Create() => new()
    {
        Date = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero),
        Commit = "0123456",
        Machine = new Machine("A processor | with a bar", 2, 1 << 30, "6.1", "Debian"),
        Conditions = new Conditions(10, 0.5, 3, 10_000, "binary"),
        Servers =
        {
            new ServerEntry(ServerKinds.Raw, "raw", "cc", "epoll"),
            new ServerEntry(ServerKinds.Cf, "ours <&>", "0123456", "--log-messages false"),
        },
        LeftOut = { new LeftOutEntry(ServerKinds.Bun, "Bun", "it is not installed") },
        Echo = { Echo(ServerKinds.Raw, 2), Echo(ServerKinds.Cf, 3) },
    };

    private static EchoEntry Echo(string server, double cpu) => new(
        EchoShape.Small, server, 1_000, 0, new Figures(cpu, cpu * 2), new Figures(1_234_567, 1_000_000))
    {
        P50Microseconds = 100,
        P99Microseconds = 200,
        ResidentBytes = 1_000_000,
        PeakBytes = 2_000_000,
    };
}
