namespace EchoServer.Load.Opening;

/// <summary>The time from the end of a connection until a replacement is served. Passed on from one replacement to the next.</summary>
/// <param name="owner">Counts it.</param>
/// <param name="since">Its start in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
internal sealed class Outage(Reconnector owner, long since)
{
    /// <summary>Attempts that failed, or ended before they were served. Belongs to the reconnector.</summary>
    internal int Failures { get; set; }

    /// <summary>Why the last attempt failed; escaped.</summary>
    internal string LastFailure { get; set; } = "no attempt yet";

    /// <summary>Ends it: an echo came, or none is awaited. Once.</summary>
    internal void End(long now) => owner.AddServedAgain(now - since);
}
