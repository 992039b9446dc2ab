namespace EchoServer.Hosting;

/// <summary>The one timer of a server: looks at every connection's deadline a few times a second.</summary>
/// <remarks>
/// Deadlines are times kept on the connections, in milliseconds of <see cref="Environment.TickCount64"/>, which no change of the
/// wall clock moves. A timer or a CancellationTokenSource for each connection would cost memory and locks; a look costs a compare.
/// </remarks>
internal sealed class Heartbeat : IDisposable
{
    /// <summary>How often deadlines are looked at, and so how much later than asked they can fall.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Timer _timer;

    /// <summary>Begins to beat.</summary>
    internal Heartbeat(ConnectionTable connections) => _timer = new Timer(
        static connections => ((ConnectionTable)connections!).ForEach(static (connection, now) => connection.CheckDeadline(now), Now),
        connections,
        Interval,
        Interval);

    /// <summary>The time that deadlines are given in: milliseconds since the machine started.</summary>
    internal static long Now => Environment.TickCount64;

    /// <summary>Stops; a beat that is under way ends by itself.</summary>
    public void Dispose() => _timer.Dispose();
}
