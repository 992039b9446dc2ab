namespace EchoServer.Bench.Report;

/// <summary>A figure that must be reached, and one that would be better still.</summary>
internal sealed record Target(string Name, double Must, double? Stretch, Func<double, string> Format)
{
    public const string NotMeasured = "not measured";
    public const string Missed = "missed";
    public const string MustIsMet = "must";
    public const string StretchIsMet = "stretch";

    /// <summary>Whether more is better; otherwise the bound is the most that it may be.</summary>
    public bool IsAtLeast { get; init; }

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
