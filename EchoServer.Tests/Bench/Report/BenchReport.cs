namespace EchoServer.Bench.Report;

/// <summary>All that a run measured. Its names are those of <c>bench.json</c>, and stay.</summary>
internal sealed record BenchReport
{
    public required DateTimeOffset Date { get; init; }
    public required string Commit { get; init; }
    public required Machine Machine { get; init; }
    public required Conditions Conditions { get; init; }
    public List<ServerEntry> Servers { get; init; } = [];
    public List<LeftOutEntry> LeftOut { get; init; } = [];
    public List<EchoEntry> Echo { get; init; } = [];
    public List<ConnectEntry> Connects { get; init; } = [];
    public List<IdleEntry> Idle { get; init; } = [];
    public List<StartEntry> Start { get; init; } = [];
    public List<TutorialEntry> Tutorial { get; init; } = [];
    public List<AllocationEntry> Allocations { get; init; } = [];
    public List<DeflateEntry> Deflate { get; init; } = [];

    /// <summary>Bytes of <c>artifacts/cf</c> on disk; null when it is not there.</summary>
    public long? CfBytesOnDisk { get; set; }

    public List<TargetEntry> Targets { get; init; } = [];

    public long Errors => Echo.Sum(entry => entry.Errors) + Connects.Sum(entry => entry.Errors) + Idle.Sum(entry => entry.Errors)
        + Tutorial.Sum(entry => entry.Errors) + Deflate.Sum(entry => entry.Errors);

    /// <summary>CPU of a server for each message of a shape, as a multiple of another's; null when either was not measured.</summary>
    public double? CpuRatio(string shape, string server, string to) =>
        Figures.Ratio(FindEcho(shape, server)?.CpuMicroseconds.Best, FindEcho(shape, to)?.CpuMicroseconds.Best);

    public double? TutorialCpu(string shape, string server) =>
        Tutorial.Find(entry => entry.Shape == shape && entry.Server == server)?.CpuMicroseconds.Best;

    public double? DeflateRatio(string shape, bool keepsContext, string server, string to)
    {
        return Figures.Ratio(Cpu(server), Cpu(to));

        double? Cpu(string key) =>
            Deflate.Find(entry => entry.Shape == shape && entry.KeepsContext == keepsContext && entry.Server == key)?.CpuMicroseconds.Best;
    }

    public EchoEntry? FindEcho(string shape, string server) =>
        Echo.Find(entry => entry.Shape == shape && entry.Server == server);
}

internal sealed record Conditions(
    int Rounds, double RoundSeconds, double WarmUpSeconds, int IdleConnections, string Payload);

internal sealed record ServerEntry(string Key, string Name, string Version, string Settings);

internal sealed record LeftOutEntry(string Key, string Name, string Reason);

/// <summary>Echoes of one server in one shape. Bytes of memory and latencies in microseconds are after and over all rounds.</summary>
internal sealed record EchoEntry(string Shape, string Server, long Messages, long Errors, Figures CpuMicroseconds, Figures MessagesPerSecond)
{
    public required double P50Microseconds { get; init; }
    public required double P99Microseconds { get; init; }
    public required long ResidentBytes { get; init; }
    public required long PeakBytes { get; init; }

    /// <summary>Managed bytes allocated for each message; null where the server does not tell.</summary>
    public double? AllocatedBytes { get; init; }
}

/// <summary>Connections made to one server: TCP, upgrade, greeting; then ended with a reset.</summary>
internal sealed record ConnectEntry(string Server, long Connections, long Errors, Figures CpuMicroseconds, Figures ConnectsPerSecond);

internal sealed record IdleEntry(string Server, int Connections, long Errors, long ResidentBefore, long ResidentAfter)
{
    public double BytesPerConnection => (double)(ResidentAfter - ResidentBefore) / Connections;
}

/// <summary>Starts of one server: until its first echo, and its resident memory then and just before.</summary>
internal sealed record StartEntry(string Server, Figures Milliseconds, long ResidentBytesListening, long ResidentBytes);

/// <summary>Echoes with greeting, prefix and a log line for each, into a file.</summary>
internal sealed record TutorialEntry(
    string Shape, string Server, long Messages, long Errors, Figures CpuMicroseconds, Figures MessagesPerSecond, double LoggedShare);

internal sealed record AllocationEntry(string Path, bool IsText, int MessageBytes, double BytesPerMessage);

/// <summary>Echoes of JSON text of one server in one shape, compressed both ways.</summary>
internal sealed record DeflateEntry(
    string Shape, bool KeepsContext, string Server, long Messages, long Errors, Figures CpuMicroseconds, Figures MessagesPerSecond)
{
    public required double EchoBytes { get; init; }
    public required long ResidentBytes { get; init; }
    public required double BytesPerConnection { get; init; }
}

internal sealed record TargetEntry(string Figure, string Must, string Stretch, IReadOnlyList<TargetMeasurement> Measured);

/// <summary>A server's value for a target; <c>verdict</c> is <c>stretch</c>, <c>must</c>, <c>missed</c> or <c>not measured</c>.</summary>
internal sealed record TargetMeasurement(string Server, double? Value, string Text, string Verdict);
