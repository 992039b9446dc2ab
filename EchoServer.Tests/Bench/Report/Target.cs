namespace EchoServer.Bench.Report;

/// <summary>A figure that must be reached, and one that would be better still.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Must">The bound.</param>
/// <param name="Stretch">The better bound, where there is one.</param>
/// <param name="Format">How a value is said.</param>
internal sealed record Target(string Name, double Must, double? Stretch, Func<double, string> Format)
{
    /// <summary>It was not measured.</summary>
    public const string NotMeasured = "not measured";

    /// <summary>It does not reach the bound.</summary>
    public const string Missed = "missed";

    /// <summary>It reaches the bound.</summary>
    public const string MustIsMet = "must";

    /// <summary>It reaches the better bound.</summary>
    public const string StretchIsMet = "stretch";

    /// <summary>Whether more is better; otherwise the bound is the most that it may be.</summary>
    public bool IsAtLeast { get; init; }

    /// <summary>Judges what was measured.</summary>
    /// <param name="servers">The servers that it was measured for.</param>
    /// <param name="measure">Finds the figure; null when there is none.</param>
    public TargetEntry Judge(IEnumerable<string> servers, Func<string, double?> measure) => new(
        Name,
        Bound(Must),
        Stretch is double stretch ? Bound(stretch) : "",
        [.. servers.Select(server => (Server: server, Value: measure(server))).Select(measured => new TargetMeasurement(
            measured.Server, measured.Value, measured.Value is double value ? Format(value) : "–", Verdict(measured.Value)))]);

    private string Bound(double value) => $"{(IsAtLeast ? "at least" : "at most")} {Format(value)}";

    private string Verdict(double? value) => value switch
    {
        null => NotMeasured,
        double reached when Stretch is double stretch && Reaches(reached, stretch) => StretchIsMet,
        double reached when Reaches(reached, Must) => MustIsMet,
        _ => Missed,
    };

    private bool Reaches(double value, double bound) => IsAtLeast ? value >= bound : value <= bound;
}
