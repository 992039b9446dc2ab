namespace EchoServer.Transport;

/// <summary>The clock of all deadlines, which no change of the wall clock moves.</summary>
internal static class MonotonicClock
{
    /// <summary>Milliseconds since the machine started.</summary>
    internal static long Now => Environment.TickCount64;
}
