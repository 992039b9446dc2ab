namespace EchoServer.Connect;

/// <summary>How long to wait before a connection is opened again: any time up to a bound that doubles with each failure.</summary>
/// <remarks>
/// RFC 6455 §7.2.3 asks for a random delay, or all clients of an instance that ends would come back at the same moment. The first one
/// is short here: whoever is told that the server goes away has, behind a router, other instances to go to. No clock, no random source.
/// </remarks>
internal static class Backoff
{
    /// <summary>The bound of the first wait.</summary>
    internal static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);

    /// <summary>The bound that none exceeds.</summary>
    internal static readonly TimeSpan Most = TimeSpan.FromSeconds(5);

    // 100 ms doubled that often is over the most already.
    private const int MostDoublings = 6;

    /// <summary>The wait before the next attempt.</summary>
    /// <param name="failures">How many attempts have failed, 0 or more.</param>
    /// <param name="random">From 0 to below 1.</param>
    internal static TimeSpan Delay(int failures, double random)
    {
        TimeSpan bound = First * (1 << Math.Min(failures, MostDoublings));
        return (bound < Most ? bound : Most) * random;
    }
}
