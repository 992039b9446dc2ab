namespace EchoServer.Check;

/// <summary>The result of a whole check.</summary>
/// <remarks>Outage is how long it had failed before, of a round of a watch in which it works again; null for any other.</remarks>
internal sealed record CheckSummary(CheckOptions Options, IReadOnlyList<ProbeResult> Results, TimeSpan Elapsed, TimeSpan? Outage = null)
{
    /// <summary>Whether all is well: nothing failed and, where that counts, nothing is odd.</summary>
    internal bool IsFine => Count(Outcome.Fail) == 0 && !(Options.IsStrict && Count(Outcome.Warn) > 0);

    internal int Count(Outcome outcome) => Results.Count(result => result.Finding.Outcome == outcome);

    internal string Line()
    {
        string counts =
            $"{Count(Outcome.Pass)} passed, {Numbers.Of(Count(Outcome.Warn), "warning")}, {Count(Outcome.Skip)} skipped, {Count(Outcome.Fail)} failed in {Times.Show(Elapsed)}";
        string verdict = Count(Outcome.Fail) == 0
            ? "WebSockets work here"
            : Results.Any(result => result.Name == "upgrade" && result.Finding.Outcome == Outcome.Pass)
                ? "WebSockets open here, but not all of it works"
                : "WebSockets do not work here";
        return $"{counts}: {verdict}{(Options.IsStrict && Count(Outcome.Fail) == 0 && !IsFine ? ", but --strict takes warnings for failures" : "")}{(Outage is TimeSpan outage ? $" again, after {Times.Show(outage)}" : "")}";
    }
}
