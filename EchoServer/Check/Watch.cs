namespace EchoServer.Check;

/// <summary>Repeats a check until it is stopped, and reports what changes from one round to the next.</summary>
/// <param name="options">The check.</param>
/// <param name="interval">The time from the beginning of a round to that of the next; at least as long as the round takes.</param>
/// <param name="round">Runs the check once.</param>
/// <param name="report">Gets a round in which something has changed, and those of its results that have.</param>
internal sealed class Watch(
    CheckOptions options, TimeSpan interval, Func<CancellationToken, Task<IReadOnlyList<ProbeResult>>> round,
    Action<CheckSummary, IReadOnlyList<ProbeResult>> report)
{
    private readonly List<TimeSpan> _outages = [];
    private Dictionary<string, ProbeResult> _last = [];
    private long? _failingSince;
    private int _rounds;
    private int _failedRounds;

    /// <summary>Runs rounds until it is stopped. A round under way is given up, and not counted.</summary>
    /// <returns>The summary; null where not even the first round was done.</returns>
    internal async Task<WatchSummary?> RunAsync(CancellationToken stop)
    {
        long begin = Stopwatch.GetTimestamp();
        try
        {
            while (true)
            {
                long start = Stopwatch.GetTimestamp();
                IReadOnlyList<ProbeResult> results = await round(stop).ConfigureAwait(false);
                Note(new(options, results, Stopwatch.GetElapsedTime(start)), start);
                TimeSpan left = interval - Stopwatch.GetElapsedTime(start);
                await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            TimeSpan? failing = _failingSince is long since ? Stopwatch.GetElapsedTime(since) : null;
            return _rounds == 0 ? null : new(
                Stopwatch.GetElapsedTime(begin), _rounds, _failedRounds, [.. _outages, .. failing is TimeSpan last ? [last] : (TimeSpan[])[]], failing is not null);
        }
    }

    private void Note(CheckSummary summary, long start)
    {
        _rounds++;
        _failedRounds += summary.IsFine ? 0 : 1;
        TimeSpan? outage = null;
        if (summary.IsFine && _failingSince is long since)
        {
            outage = Stopwatch.GetElapsedTime(since, start);
            _outages.Add(outage.Value);
            _failingSince = null;
        }
        else if (!summary.IsFine)
        {
            _failingSince ??= start;
        }

        ProbeResult[] changed =
            [.. summary.Results.Where(result => _rounds == 1 || Flaw(_last[result.Name].Finding) != Flaw(result.Finding))];
        if (changed.Length > 0)
        {
            report(summary with { Outage = outage }, changed);
        }

        _last = summary.Results.ToDictionary(result => result.Name);
    }

    /// <summary>Why a probe fails or warns. Numbers such as times do not count.</summary>
    private static (Outcome?, string) Flaw(Finding finding) => finding.Outcome is Outcome.Warn or Outcome.Fail
        ? (finding.Outcome, string.Concat((finding.Fault?.Cause ?? "").Where(character => !char.IsAsciiDigit(character))))
        : (null, "");
}

/// <summary>The result of a watch.</summary>
/// <remarks>An outage lasts from the beginning of a round that failed to that of the next one that did not, or to the end of the watch.</remarks>
internal sealed record WatchSummary(TimeSpan Elapsed, int Rounds, int FailedRounds, IReadOnlyList<TimeSpan> Outages, bool IsFailing)
{
    internal string Line()
    {
        string rounds = $"watched for {Times.Show(Elapsed)}: {Numbers.Of(Rounds, "round")}, {FailedRounds} failed";
        if (Outages.Count == 0)
        {
            return rounds;
        }

        TimeSpan all = Outages.Aggregate((sum, one) => sum + one);
        string longest = Outages.Count == 1 ? "" : $" in all, the longest of {Times.Show(Outages.Max())}";
        return $"{rounds}; {Numbers.Of(Outages.Count, "outage")} of {Times.Show(all)}{longest}{(IsFailing ? ", and it still fails" : "")}";
    }
}
