using EchoServer.Text;

namespace EchoServer.Check;

/// <summary>The result of a watch.</summary>
/// <param name="Elapsed">How long it watched.</param>
/// <param name="Rounds">The rounds that were done.</param>
/// <param name="FailedRounds">Those in which something failed.</param>
/// <param name="Outages">From the beginning of a round that failed to that of the next one that did not.</param>
/// <param name="IsFailing">Whether the last of them lasted at the end.</param>
internal sealed record WatchSummary(TimeSpan Elapsed, int Rounds, int FailedRounds, IReadOnlyList<TimeSpan> Outages, bool IsFailing)
{
    /// <summary>In one line.</summary>
    internal string Line()
    {
        string rounds = $"watched for {Times.Show(Elapsed)}: {Numbers.Of(Rounds, "round")}, {FailedRounds} failed";
        if (Outages.Count == 0)
        {
            return rounds;
        }

        TimeSpan all = Outages.Aggregate((sum, one) => sum + one);
        string longest = Outages.Count == 1 ? "" : $", the longest of {Times.Show(Outages.Max())}";
        return $"{rounds}; {Numbers.Of(Outages.Count, "outage")} of {Times.Show(all)}{(Outages.Count == 1 ? "" : " in all")}{longest}{(IsFailing ? ", and it still fails" : "")}";
    }
}
