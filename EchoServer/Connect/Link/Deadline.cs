using System.Diagnostics;

namespace EchoServer.Connect.Link;

/// <summary>Until when one waits for one thing, whatever else comes meanwhile. Safe on any thread.</summary>
internal readonly struct Deadline
{
    private readonly TimeSpan _timeout;
    private readonly long _start = Stopwatch.GetTimestamp();

    private Deadline(TimeSpan timeout) => _timeout = timeout;

    /// <summary>What is left of the time; zero or less when it is up.</summary>
    internal TimeSpan Left => _timeout - Stopwatch.GetElapsedTime(_start);

    /// <summary>Counts from now on.</summary>
    internal static Deadline In(TimeSpan timeout) => new(timeout);
}
