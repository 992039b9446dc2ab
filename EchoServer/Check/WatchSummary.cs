using EchoServer.Text;

namespace EchoServer.Check;

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
        string longest = Outages.Count == 1 ? "" : $", the longest of {Times.Show(Outages.Max())}";
        return $"{rounds}; {Numbers.Of(Outages.Count, "outage")} of {Times.Show(all)}{(Outages.Count == 1 ? "" : " in all")}{longest}{(IsFailing ? ", and it still fails" : "")}";
    }
}
