using EchoServer.Bench.Measurements;

namespace EchoServer.Bench.Report;

/// <summary>All that a run measured. Its names are those of <c>bench.json</c>, and stay.</summary>
internal sealed record BenchReport
{
    /// <summary>When it began.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>The commit of EchoServer.</summary>
    public required string Commit { get; init; }

    /// <summary>Where it ran.</summary>
    public required Machine Machine { get; init; }

    /// <summary>How it was measured.</summary>
    public required Conditions Conditions { get; init; }

    /// <summary>The servers that took part.</summary>
    public List<ServerEntry> Servers { get; init; } = [];

    /// <summary>The servers that did not, and why.</summary>
    public List<LeftOutEntry> LeftOut { get; init; } = [];

    /// <summary>Echoes on <c>/raw</c>.</summary>
    public List<EchoEntry> Echo { get; init; } = [];

    /// <summary>Connections made and ended.</summary>
    public List<ConnectEntry> Connects { get; init; } = [];

    /// <summary>Connections that do nothing.</summary>
    public List<IdleEntry> Idle { get; init; } = [];

    /// <summary>Starts.</summary>
    public List<StartEntry> Start { get; init; } = [];

    /// <summary>Greeting, prefix and a log line for each message.</summary>
    public List<TutorialEntry> Tutorial { get; init; } = [];

    /// <summary>Managed bytes allocated.</summary>
    public List<AllocationEntry> Allocations { get; init; } = [];

    /// <summary>Echoes with permessage-deflate.</summary>
    public List<DeflateEntry> Deflate { get; init; } = [];

    /// <summary>Bytes of <c>artifacts/cf</c> on disk; null when it is not there.</summary>
    public long? CfBytesOnDisk { get; set; }

    /// <summary>What had to be reached, and what was.</summary>
    public List<TargetEntry> Targets { get; init; } = [];

    /// <summary>Wrong or missing echoes and failed connections, in all.</summary>
    public long Errors => Echo.Sum(entry => entry.Errors) + Connects.Sum(entry => entry.Errors) + Idle.Sum(entry => entry.Errors)
        + Tutorial.Sum(entry => entry.Errors) + Deflate.Sum(entry => entry.Errors);

    /// <summary>CPU of a server for each message of a shape, as a multiple of another's; null when either was not measured.</summary>
    public double? CpuRatio(string shape, string server, string to) =>
        Figures.Ratio(FindEcho(shape, server)?.CpuMicroseconds.Best, FindEcho(shape, to)?.CpuMicroseconds.Best);

    /// <summary>CPU microseconds of a server for each message of a shape, greeting, prefix and log line included; null when it was not measured.</summary>
    public double? TutorialCpu(string shape, string server) =>
        Tutorial.Find(entry => entry.Shape == shape && entry.Server == server)?.CpuMicroseconds.Best;

    /// <summary>CPU of a server for each compressed message of a shape, as a multiple of another's; null when either was not measured.</summary>
    public double? DeflateRatio(string shape, bool keepsContext, string server, string to)
    {
        return Figures.Ratio(Cpu(server), Cpu(to));

        double? Cpu(string key) =>
            Deflate.Find(entry => entry.Shape == shape && entry.KeepsContext == keepsContext && entry.Server == key)?.CpuMicroseconds.Best;
    }

    /// <summary>What was measured for a server and a shape.</summary>
    public EchoEntry? FindEcho(string shape, string server) =>
        Echo.Find(entry => entry.Shape == shape && entry.Server == server);
}

/// <summary>How it was measured.</summary>
internal sealed record Conditions(
    int Rounds, double RoundSeconds, double WarmUpSeconds, int IdleConnections, string Payload);

/// <summary>A server that took part.</summary>
internal sealed record ServerEntry(string Key, string Name, string Version, string Settings);

/// <summary>A server that did not take part.</summary>
internal sealed record LeftOutEntry(string Key, string Name, string Reason);

/// <summary>Echoes of one server in one shape. Bytes of memory and latencies in microseconds are after and over all rounds.</summary>
internal sealed record EchoEntry(string Shape, string Server, long Messages, long Errors, Figures CpuMicroseconds, Figures MessagesPerSecond)
{
    /// <summary>Half of the echoes came sooner.</summary>
    public required double P50Microseconds { get; init; }

    /// <summary>All but one in a hundred came sooner.</summary>
    public required double P99Microseconds { get; init; }

    /// <summary>Resident memory after the last round.</summary>
    public required long ResidentBytes { get; init; }

    /// <summary>The most resident memory.</summary>
    public required long PeakBytes { get; init; }

    /// <summary>Managed bytes allocated for each message; null where the server does not tell.</summary>
    public double? AllocatedBytes { get; init; }
}

/// <summary>Connections made to one server: TCP, upgrade, greeting; then ended with a reset.</summary>
internal sealed record ConnectEntry(string Server, long Connections, long Errors, Figures CpuMicroseconds, Figures ConnectsPerSecond);

/// <summary>Connections that one server held.</summary>
internal sealed record IdleEntry(string Server, int Connections, long Errors, long ResidentBefore, long ResidentAfter)
{
    /// <summary>Resident memory that each of them took.</summary>
    public double BytesPerConnection => (double)(ResidentAfter - ResidentBefore) / Connections;
}

/// <summary>Starts of one server: until its first echo, and its resident memory then and just before.</summary>
internal sealed record StartEntry(string Server, Figures Milliseconds, long ResidentBytesListening, long ResidentBytes);

/// <summary>Echoes with greeting, prefix and a log line for each, into a file.</summary>
internal sealed record TutorialEntry(
    string Shape, string Server, long Messages, long Errors, Figures CpuMicroseconds, Figures MessagesPerSecond, double LoggedShare);

/// <summary>Managed bytes that our server allocates for a message.</summary>
internal sealed record AllocationEntry(string Path, bool IsText, int MessageBytes, double BytesPerMessage);

/// <summary>Echoes of JSON text of one server in one shape, compressed both ways.</summary>
internal sealed record DeflateEntry(
    string Shape, bool KeepsContext, string Server, long Messages, long Errors, Figures CpuMicroseconds, Figures MessagesPerSecond)
{
    /// <summary>Payload of each echo, as compressed.</summary>
    public required double EchoBytes { get; init; }

    /// <summary>Resident memory after the last round.</summary>
    public required long ResidentBytes { get; init; }

    /// <summary>How much of it came with each connection.</summary>
    public required double BytesPerConnection { get; init; }
}

/// <summary>A figure that had to be reached.</summary>
internal sealed record TargetEntry(string Figure, string Must, string Stretch, IReadOnlyList<TargetMeasurement> Measured);

/// <summary>What was measured for it; <c>verdict</c> is <c>stretch</c>, <c>must</c>, <c>missed</c> or <c>not measured</c>.</summary>
internal sealed record TargetMeasurement(string Server, double? Value, string Text, string Verdict);
