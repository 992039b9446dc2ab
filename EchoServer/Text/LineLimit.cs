namespace EchoServer.Text;

/// <summary>Chooses which lines of a flood a log shows: of each kind a few a second. The others are counted.</summary>
/// <remarks>
/// After the first second that has more, lines of that kind are only counted until a second has few of them again, or for a minute. Times are
/// milliseconds of one clock. Safe on any thread.
/// </remarks>
internal sealed class LineLimit
{
    /// <summary>The most lines of a kind that are shown within a second.</summary>
    internal const int MaxLines = 5;

    private const long Second = 1000;
    private const long MaxSilence = 60 * Second;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Kind> _kinds = [];

    /// <summary>Counts a line of a kind, of which there must be few.</summary>
    /// <returns>Whether to show it.</returns>
    internal bool TryTake(int kind, long now)
    {
        lock (_lock)
        {
            if (!_kinds.TryGetValue(kind, out Kind? seen))
            {
                _kinds.Add(kind, seen = new Kind { SecondBegan = now });
            }

            if (now - seen.SecondBegan >= Second)
            {
                (seen.SecondBegan, seen.InSecond) = (now, 0);
            }

            if (++seen.InSecond <= MaxLines && seen.Omitted == 0)
            {
                return true;
            }

            seen.OmittedSince = seen.Omitted++ == 0 ? now : seen.OmittedSince;
            return false;
        }
    }

    /// <summary>Takes the count of lines that were not shown, once it is time to tell it; at the last time in any case.</summary>
    /// <returns>The kind, how many, and in how many milliseconds; null when there is nothing to tell.</returns>
    internal (int Kind, long Count, long Milliseconds)? TakeOmitted(long now, bool isLast)
    {
        lock (_lock)
        {
            foreach ((int kind, Kind seen) in _kinds)
            {
                if (seen.Omitted > 0 && (isLast || IsToBeTold(seen, now)))
                {
                    long count = seen.Omitted;
                    (seen.Omitted, seen.InSecond, seen.SecondBegan) = (0, 0, now);
                    return (kind, count, now - seen.OmittedSince);
                }
            }

            return null;
        }
    }

    private static bool IsToBeTold(Kind seen, long now)
    {
        // A second begins with a line: when the last one had many, a whole second without any must follow.
        long needed = seen.InSecond <= MaxLines ? Second : 2 * Second;
        return now - seen.SecondBegan >= needed || now - seen.OmittedSince >= MaxSilence;
    }

    private sealed class Kind
    {
        internal long SecondBegan { get; set; }

        internal int InSecond { get; set; }

        internal long Omitted { get; set; }

        internal long OmittedSince { get; set; }
    }
}
