namespace EchoServer.Connect;

/// <summary>Computes the pause before a connection is opened again: a random time up to a bound that doubles with each failure.</summary>
/// <remarks>
/// RFC 6455 §7.2.3 asks for a random delay, or all clients of an instance that ends come back at the same moment. The first bound is
/// short, because behind a router there are other instances to go to. No clock, no random source.
/// </remarks>
internal static class Backoff
{
    /// <summary>The bound of the first wait.</summary>
    internal static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);

    /// <summary>The largest bound, and how long a connection has to last to count as none that failed.</summary>
    internal static readonly TimeSpan Most = TimeSpan.FromSeconds(5);

    // 100 ms doubled that often is over the most already.
    private const int MaxDoublings = 6;

    /// <summary>The wait after so many failures, with a random number from 0 to below 1.</summary>
    /// <returns>Whole milliseconds.</returns>
    internal static TimeSpan Delay(int failures, double random)
    {
        TimeSpan bound = First * (1 << Math.Min(failures, MaxDoublings));
        return TimeSpan.FromMilliseconds(Math.Floor((bound < Most ? bound : Most).TotalMilliseconds * random));
    }

    /// <summary>The failures after a connection: a server that ends each one at once is not to be asked again and again.</summary>
    internal static int AfterConnection(int failures, TimeSpan lasted) => lasted < Most ? failures : 0;
}
