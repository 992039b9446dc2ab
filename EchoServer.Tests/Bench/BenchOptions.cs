namespace EchoServer.Bench;

/// <summary>Selects servers, shapes and durations of a run.</summary>
internal sealed record BenchOptions
{
    public int Rounds { get; init; } = 10;
    public TimeSpan RoundTime { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>How long each server is under load before the first round: until compilers have replaced their first code.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    public int IdleConnections { get; init; } = 10_000;

    /// <summary>Time between opening idle connections and reading the memory: the server must have come to rest.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(3);

    public IReadOnlyList<ServerKind> Servers { get; init; } = ServerKinds.All;

    /// <summary>Keys of <see cref="EchoShape"/> and of <see cref="OtherShape"/>.</summary>
    public IReadOnlyList<string> Shapes { get; init; } = AllShapes;

    /// <summary>Whether the echoed messages are text; binary is what costs every server least.</summary>
    public bool IsText { get; init; }

    public string OutputFolder { get; init; } = Path.Combine(Folders.Artifacts, "bench");

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

/// <summary>Keys of the measurements that are not plain echoes.</summary>
internal static class OtherShape
{
    public const string Connects = "connects";
    public const string Idle = "idle";
    public const string Start = "start";
    public const string Tutorial = "tutorial";
    public const string Allocations = "allocations";
    public const string Deflate = "deflate";
}
