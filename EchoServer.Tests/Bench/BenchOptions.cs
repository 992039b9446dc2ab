using EchoServer.Bench.Measurements;
using EchoServer.Bench.Servers;

namespace EchoServer.Bench;

/// <summary>What is measured, and for how long.</summary>
internal sealed record BenchOptions
{
    /// <summary>Rounds for each server and shape.</summary>
    public int Rounds { get; init; } = 10;

    /// <summary>How long a round takes.</summary>
    public TimeSpan RoundTime { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>How long each server is under load before the first round: until compilers have replaced their first code.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Idle connections held.</summary>
    public int IdleConnections { get; init; } = 10_000;

    /// <summary>How long they are held before memory is read: what was busy with opening them has come to rest.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Which servers take part.</summary>
    public IReadOnlyList<ServerKind> Servers { get; init; } = ServerKinds.All;

    /// <summary>What is measured: keys of <see cref="EchoShape"/> and of <see cref="OtherShape"/>.</summary>
    public IReadOnlyList<string> Shapes { get; init; } = AllShapes;

    /// <summary>Whether the echoed messages are text; binary is what costs every server least.</summary>
    public bool IsText { get; init; }

    /// <summary>Where the results go.</summary>
    public string OutputFolder { get; init; } = Path.Combine(Folders.Artifacts, "bench");

    /// <summary>Every shape there is.</summary>
    public static IReadOnlyList<string> AllShapes { get; } =
    [
        .. EchoShape.All.Select(shape => shape.Key),
        OtherShape.Connects, OtherShape.Idle, OtherShape.Start, OtherShape.Tutorial, OtherShape.Allocations, OtherShape.Deflate,
    ];

    /// <summary>The same, in a few seconds: to see that all of it works, not what anything costs.</summary>
    public BenchOptions Quick() => this with
    {
        Rounds = 2,
        RoundTime = TimeSpan.FromSeconds(0.1),
        WarmUp = TimeSpan.FromSeconds(0.1),
        IdleConnections = 100,
        IdleTime = TimeSpan.FromSeconds(0.1),
    };
}

/// <summary>What is measured besides echoes.</summary>
internal static class OtherShape
{
    /// <summary>Connections made, one after the other.</summary>
    public const string Connects = "connects";

    /// <summary>Connections that do nothing.</summary>
    public const string Idle = "idle";

    /// <summary>From the start of the process to its first echo.</summary>
    public const string Start = "start";

    /// <summary>The tutorial's server and ours as it is in the tutorial: greeting, prefix, a log line for each message.</summary>
    public const string Tutorial = "tutorial";

    /// <summary>Managed bytes allocated for each message.</summary>
    public const string Allocations = "allocations";

    /// <summary>Echoes with permessage-deflate.</summary>
    public const string Deflate = "deflate";
}
