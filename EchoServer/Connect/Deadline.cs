namespace EchoServer.Connect;

/// <summary>Until when one waits for one thing, whatever else comes meanwhile. Safe on any thread.</summary>
internal readonly struct Deadline(TimeSpan timeout)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>The rest of the time; zero when it is up.</summary>
    internal TimeSpan Left => timeout - Stopwatch.GetElapsedTime(_start) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    internal static Deadline In(TimeSpan timeout) => new(timeout);
}
