using System.Diagnostics;
using EchoServer.Load.Report;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <content>What is needed to open it again when the server ends it before the load is over.</content>
internal sealed partial class LoadConnection
{
    private readonly TaskCompletionSource? _lost;
    private volatile Outage? _outage;
    private volatile bool _isAborted;
    private long _lostAt;

    /// <summary>Complete when the server's Close is in, or the connection has ended; only when connections are opened again.</summary>
    internal Task Lost => _lost?.Task ?? throw new InvalidOperationException("nobody follows this connection");

    /// <summary>When that was, in ticks of <see cref="Stopwatch"/>.</summary>
    internal long LostAt => Volatile.Read(ref _lostAt);

    /// <summary>Whether the server has said that it goes away, and that its clients may come again: 1001, 1012.</summary>
    internal bool IsDrained { get; private set; }

    /// <summary>Whether its place is counted as one that was opened. Belongs to the client.</summary>
    internal bool IsCounted { get; set; }

    /// <summary>Whether the load itself has given it up.</summary>
    internal bool IsAborted => _isAborted;

    /// <summary>Whether something is still to be made good: it is not served yet, or lost.</summary>
    internal bool IsOutage => _outage is not null;

    /// <summary>How many messages were sent, those of the connections before it included.</summary>
    internal long Sent => _window.Sent;

    /// <summary>Whether neither its loop nor whoever sends will touch it again.</summary>
    internal bool IsLeft => _isCleanedUp && (Volatile.Read(ref _pumpRequests) == 0 || _isSendingBroken);

    /// <summary>Ends it without a word, to be opened again.</summary>
    internal void CutOff() => End(null);

    /// <summary>Counts what was out: echoes that were passed over are missing. Only once <see cref="IsLeft"/>.</summary>
    /// <returns>How many echoes were still under way.</returns>
    internal int CountUnanswered()
    {
        int unanswered = (int)_window.Outstanding;
        CountMissing(_window.GiveUp() - unanswered);
        return unanswered;
    }

    /// <summary>Goes on where another connection has ended: sends for the same run, in the same place.</summary>
    /// <param name="ended">The other one.</param>
    /// <param name="outage">What there is to make good.</param>
    /// <param name="errors">Where errors are counted from here on.</param>
    internal void TakeOver(LoadConnection ended, Outage outage, LoadErrors errors)
    {
        _outage = outage;
        _errors = errors;
        IsCounted = true;
        _rank = ended._rank;
        _firstOfRun = ended._firstOfRun;
        _run = ended._run;
    }

    /// <summary>Sends what is due. When nothing is, to be connected is to be served.</summary>
    internal void Resume()
    {
        Pump();
        if (_window.Outstanding == 0)
        {
            EndOutage(Stopwatch.GetTimestamp());
        }
    }

    /// <summary>Notes what the connection that takes its place has to make good. Only once <see cref="IsLeft"/>.</summary>
    internal void Leave(Outage outage) => _outage = outage;

    /// <summary>What is still to be made good, by this connection or the one that takes its place; null when nothing is. Only once.</summary>
    internal Outage? TakeOutage() => Interlocked.Exchange(ref _outage, null);

    private void EndOutage(long now) => TakeOutage()?.End(now);

    private void NoteLost()
    {
        Interlocked.CompareExchange(ref _lostAt, Stopwatch.GetTimestamp(), 0);
        _lost?.TrySetResult();
    }

    /// <summary>A Close that nobody asked for: an error, unless it says that one may come again, and one does.</summary>
    private void JudgeClose(CloseCode code, string reason)
    {
        IsDrained = _options.Reconnects && code is CloseCode.GoingAway or CloseCode.ServiceRestart;
        if (!IsDrained)
        {
            _errors.Add(LoadError.ClosedByServer, ClosePayload.Describe(code) + reason);
        }
    }
}
