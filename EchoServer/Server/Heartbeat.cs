using EchoServer.Metrics;
using EchoServer.Transport;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <summary>The one timer of a server: looks at every connection's deadline a few times a second.</summary>
/// <remarks>
/// Deadlines are times kept on the connections, of <see cref="MonotonicClock"/>. A timer or a CancellationTokenSource for each connection would cost memory and locks; a look costs a compare.
/// </remarks>
internal sealed class Heartbeat : IDisposable
{
    /// <summary>How often deadlines are looked at, and so how much later than asked they can fall.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Timer _timer;
    private readonly ServerContext _server;
    private int _isBeating;

    /// <summary>Begins to beat.</summary>
    internal Heartbeat(ServerContext server)
    {
        _server = server;
        _server.Now = MonotonicClock.Now;
        _timer = new Timer(static self => ((Heartbeat)self!).Beat(), this, Interval, Interval);
    }

    /// <summary>Stops; a beat that is under way ends by itself.</summary>
    public void Dispose() => _timer.Dispose();

    /// <summary>Takes the actions that are due for a connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="now">The time, of <see cref="MonotonicClock"/>.</param>
    internal static void Check(Connection connection, long now)
    {
        try
        {
            DoWhatIsDue(connection, now);
        }
        catch (ObjectDisposedException)
        {
            // The connection's loop ended it meanwhile.
        }
        catch (Exception exception)
        {
            // On the heartbeat's thread it would end the process, and with it every other connection.
            connection.Server.Log.ConnectionFailed(exception, connection.Id);
        }
    }

    private void Beat()
    {
        // A beat that takes longer than the interval is not joined by a second one.
        if (Interlocked.Exchange(ref _isBeating, 1) == 0)
        {
            long now = MonotonicClock.Now;
            _server.Now = now;
            _server.Connections.ForEach(Check, now);
            _server.Log.RefusalsOmitted(_server.Counters.LoggedRefusals);
            Volatile.Write(ref _isBeating, 0);
        }
    }

    private static void DoWhatIsDue(Connection connection, long now)
    {
        Due due = connection.CheckDeadlines(now, out WebSocketSession? session);
        switch (due)
        {
            case Due.RequestTimeout:
                connection.RefuseLateRequest();
                break;
            case Due.MessageTimeout:
                string limit = $"a message was not complete within {connection.Server.Options.MessageTimeout!.Value.TotalSeconds} s";
                session!.Close(CloseCode.PolicyViolation, limit, EndCause.Deadline);
                break;
            case Due.Ping when session!.IsPinged:
                session.Ping();
                break;
            case Due.UnansweredPing when session!.IsPinged:
                connection.Abort(EndCause.KeepAlive, "no answer to a ping");
                break;
            case Due.UnreadOutput:
                connection.Abort(EndCause.Deadline, "the client does not read");
                break;
            case Due.UnansweredClose:
                connection.Abort();
                break;
        }
    }
}
