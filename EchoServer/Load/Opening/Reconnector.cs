using EchoServer.Connect;
using EchoServer.Load.Report;
using EchoServer.Metrics;

namespace EchoServer.Load.Opening;

/// <summary>Opens connections again that the server has ended, and measures how long each was out of service.</summary>
/// <remarks>
/// An end that the server announces (1001, 1012) is not an error, and neither are the echoes that were pending; any other end is an
/// error. A failed attempt is not an error: it is repeated until the load is over. After its Close the server has the close timeout to end
/// the TCP connection. Safe on any thread.
/// </remarks>
internal sealed class Reconnector(LoadConnector connector, LoadPlaces places, LoadErrors errors, TimeSpan closeTimeout) : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(1);

    private readonly LatencyHistogram _times = new();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _opening = new(LoadConnector.MaxOpening);
    private long _lost;
    private long _drained;
    private long _unanswered;

    internal ReconnectResult Result
    {
        get
        {
            lock (_lock)
            {
                var times = new LatencyHistogram();
                times.Add(_times);
                return new ReconnectResult(_lost, _drained, _unanswered, times, connector.FailedAttempts.Counts);
            }
        }
    }

    internal void Follow(LoadConnection connection) => _ = FollowAsync(connection);

    /// <summary>For <see cref="Outage"/>: counts a connection that is served again.</summary>
    /// <param name="ticks">The length of the outage, in ticks of <see cref="Stopwatch"/>.</param>
    internal void AddServedAgain(long ticks)
    {
        lock (_lock)
        {
            _times.Record(ticks);
        }
    }

    /// <summary>Opens no more connections.</summary>
    /// <remarks>Its own fields are left to the garbage collector, because a task may still use them.</remarks>
    public void Dispose() => _stop.Cancel();

    private async Task FollowAsync(LoadConnection connection)
    {
        try
        {
            LoadConnection? followed = connection;
            while (followed is not null)
            {
                long lostAt = await followed.Outages!.Lost.WaitAsync(_stop.Token).ConfigureAwait(false);
                followed = followed.IsAborted ? null : await ReplaceAsync(followed, lostAt).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The load is over.
        }
        catch (Exception exception)
        {
            errors.Add(LoadError.InternalError, EscapedText.From(exception.ToString().AsSpan()));
        }
    }

    /// <returns>The replacement; null when none is wanted.</returns>
    private async Task<LoadConnection?> ReplaceAsync(LoadConnection ended, long lostAt)
    {
        await WaitUntilLeftAsync(ended).ConfigureAwait(false);
        Outage outage = Continue(ended, lostAt);
        while (!ended.IsAborted)
        {
            await Task.Delay(Backoff.Delay(outage.Failures, Random.Shared.NextDouble()), _stop.Token).ConfigureAwait(false);
            await _opening.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                LoadConnection next = await connector.OpenAsync(ended.Number, connector.FailedAttempts, ended.Sender.Sent, _stop.Token).ConfigureAwait(false);
                if (places.TryReplace(ended, next, outage, errors))
                {
                    next.Resume();
                    return next;
                }

                next.Abort();
                CountFailure(outage, next);
            }
            catch (ConnectionFailedException exception)
            {
                connector.FailedAttempts.Add(exception);
                outage.Failures++;
                outage.LastFailure = exception.Fault.Cause;
            }
            finally
            {
                _opening.Release();
            }
        }

        return null;
    }

    /// <summary>Begins an outage. A connection that ended before it was served was only a failed attempt to end the outage before it.</summary>
    private Outage Continue(LoadConnection ended, long lostAt)
    {
        OutageTracker tracker = ended.Outages!;
        Outage? unserved = tracker.Take();
        Outage outage = unserved ?? new Outage(this, lostAt);
        lock (_lock)
        {
            _unanswered += ended.CountUnanswered();
            if (unserved is null)
            {
                _lost++;
                _drained += tracker.IsDrained ? 1 : 0;
            }
        }

        if (unserved is not null)
        {
            CountFailure(outage, ended);
        }

        tracker.Begin(outage);
        return outage;
    }

    private void CountFailure(Outage outage, LoadConnection ended)
    {
        outage.Failures++;
        outage.LastFailure = "the server ended it before it was served";
        if (ended.Outages!.IsDrained)
        {
            // Any other end is counted by the connection itself.
            connector.FailedAttempts.Add(LoadError.ClosedByServer, outage.LastFailure);
        }
    }

    /// <summary>Waits until a connection is gone; cuts it off if the server does not end it.</summary>
    private async Task WaitUntilLeftAsync(LoadConnection ended)
    {
        long start = Stopwatch.GetTimestamp();
        while (!ended.IsLeft)
        {
            if (Stopwatch.GetElapsedTime(start) > closeTimeout)
            {
                ended.CutOff();
            }

            await Task.Delay(LookInterval, _stop.Token).ConfigureAwait(false);
        }
    }
}

/// <summary>The time from the end of a connection until a replacement is served. Passed on from one replacement to the next.</summary>
/// <param name="owner">Counts it.</param>
/// <param name="since">Its start in ticks of <see cref="Stopwatch"/>.</param>
internal sealed class Outage(Reconnector owner, long since)
{
    /// <summary>Attempts that failed, or ended before they were served. Belongs to the reconnector.</summary>
    internal int Failures { get; set; }

    /// <summary>Why the last attempt failed; escaped.</summary>
    internal string LastFailure { get; set; } = "no attempt yet";

    /// <summary>Ends it: an echo came, or none is awaited. Once.</summary>
    internal void End(long now) => owner.AddServedAgain(now - since);
}

/// <summary>The connections that the server ended, and their replacements.</summary>
/// <param name="Lost">How many it ended; a connection that was opened again and ended again counts twice.</param>
/// <param name="Drained">How many of these ends it announced: 1001, 1012.</param>
/// <param name="Unanswered">Echoes that were pending then.</param>
/// <param name="Times">Each outage that is over, from the server's Close, or the end without one, to the first echo.</param>
/// <param name="FailedAttempts">Attempts that had to be repeated.</param>
internal sealed record ReconnectResult(
    long Lost, long Drained, long Unanswered, LatencyHistogram Times, IReadOnlyList<LoadErrorCount> FailedAttempts);
