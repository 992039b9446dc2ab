using EchoServer.Load.Opening;

namespace EchoServer.Load.Report;

/// <summary>From the end of a connection until the one that takes its place is served. Passed on from one to the next.</summary>
/// <param name="owner">Where it is counted.</param>
/// <param name="since">When the server's Close came, or the end without one, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
internal sealed class Outage(Reconnector owner, long since)
{
    /// <summary>How many attempts to open it again were in vain, or not served before they ended. Belongs to the reconnector.</summary>
    internal int Failures { get; set; }

    /// <summary>Why the last one was; escaped.</summary>
    internal string LastFailure { get; set; } = "no attempt yet";

    /// <summary>It is over: an echo came, or there is none to wait for. Once.</summary>
    /// <param name="now">When, in the same ticks.</param>
    internal void End(long now) => owner.AddServedAgain(now - since);
}
