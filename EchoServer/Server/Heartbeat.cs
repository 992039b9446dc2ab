namespace EchoServer.Server;

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
    private readonly ConnectionTable _connections;
    private long _lastBeat = Now;
    private int _isBeating;

    /// <summary>Begins to beat.</summary>
    internal Heartbeat(ConnectionTable connections)
    {
        _connections = connections;
        _timer = new Timer(static self => ((Heartbeat)self!).Beat(), this, Interval, Interval);
    }

    /// <summary>The time that deadlines are given in: milliseconds since the machine started.</summary>
    internal static long Now => Environment.TickCount64;

    /// <summary>The time of the last beat: good enough where an error of one interval does not matter, and costs no clock. Any thread.</summary>
    internal long LastBeat => Volatile.Read(ref _lastBeat);

    /// <summary>Stops; a beat that is under way ends by itself.</summary>
    public void Dispose() => _timer.Dispose();

    private void Beat()
    {
        // A beat that takes longer than the interval is not joined by a second one.
        if (Interlocked.Exchange(ref _isBeating, 1) == 0)
        {
            long now = Now;
            Volatile.Write(ref _lastBeat, now);
            _connections.ForEach(static (connection, time) => connection.CheckDeadlines(time), now);
            Volatile.Write(ref _isBeating, 0);
        }
    }
}
