using System.Diagnostics;
using EchoServer.Connect;
using EchoServer.Load.Report;
using EchoServer.Metrics;
using EchoServer.Text;

namespace EchoServer.Load.Opening;

/// <summary>Opens connections again that the server has ended, and counts how long each was without service.</summary>
/// <remarks>
/// An end that the server announces (1001, 1012) is no error, and neither are the echoes that it leaves unanswered; any other end is
/// one. An attempt that fails is no error: it is repeated until the load is over. Safe on any thread.
/// </remarks>
/// <param name="client">Whose connections they are.</param>
/// <param name="closeTimeout">How long after its Close the server may take to end the TCP connection.</param>
internal sealed class Reconnector(LoadClient client, TimeSpan closeTimeout) : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(1);

    private readonly LatencyHistogram _times = new();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _opening = new(LoadClient.MaxOpening);
    private long _lost;
    private long _drained;
    private long _unanswered;

    /// <summary>Attempts to open a connection again that failed.</summary>
    internal LoadErrors FailedAttempts { get; } = new();

    /// <summary>What it came to so far.</summary>
    internal ReconnectResult Result
    {
        get
        {
            lock (_lock)
            {
                var times = new LatencyHistogram();
                times.Add(_times);
                return new ReconnectResult(_lost, _drained, _unanswered, times, FailedAttempts.Counts);
            }
        }
    }

    /// <summary>Opens a connection again whenever it ends.</summary>
    /// <param name="connection">A connection that is open, or was a moment ago.</param>
    internal void Follow(LoadConnection connection) => _ = FollowAsync(connection);

    /// <summary>Leaves off: from here on connections end for good.</summary>
    internal void Stop() => _stop.Cancel();

    /// <summary>For <see cref="Outage"/>: a connection is served again.</summary>
    /// <param name="ticks">How long it was not, in ticks of <see cref="Stopwatch"/>.</param>
    internal void AddServedAgain(long ticks)
    {
        lock (_lock)
        {
            _times.Record(ticks);
        }
    }

    /// <inheritdoc/>
    /// <remarks>What it works with is left to the garbage collector: somebody may still be on the way to it.</remarks>
    public void Dispose() => Stop();

    private async Task FollowAsync(LoadConnection connection)
    {
        try
        {
            LoadConnection? followed = connection;
            while (followed is not null)
            {
                await followed.Lost.WaitAsync(_stop.Token).ConfigureAwait(false);
                followed = followed.IsAborted ? null : await ReplaceAsync(followed).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The load is over.
        }
        catch (Exception exception)
        {
            client.Errors.Add(LoadError.InternalError, EscapedText.From(exception.ToString().AsSpan()));
        }
    }

    /// <returns>The connection in its place; null when none is wanted.</returns>
    private async Task<LoadConnection?> ReplaceAsync(LoadConnection ended)
    {
        await WaitUntilLeftAsync(ended).ConfigureAwait(false);
        Outage outage = ended.TakeOutage() is Outage unserved ? GoOn(unserved, ended) : Begin(ended);
        ended.Leave(outage);
        while (!ended.IsAborted)
        {
            await Task.Delay(Backoff.Delay(outage.Failures, Random.Shared.NextDouble()), _stop.Token).ConfigureAwait(false);
            await _opening.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                LoadConnection next = await client.ReopenAsync(ended, FailedAttempts, _stop.Token).ConfigureAwait(false);
                if (client.Replace(ended, next, outage))
                {
                    next.Resume();
                    return next;
                }

                next.Abort();
                Fail(outage, next);
            }
            catch (OpeningException exception)
            {
                FailedAttempts.Add(exception.Kind, exception.Message, exception.Status);
                outage.Failures++;
                outage.LastFailure = exception.Message;
            }
            finally
            {
                _opening.Release();
            }
        }

        return null;
    }

    private Outage Begin(LoadConnection ended)
    {
        lock (_lock)
        {
            _lost++;
            _drained += ended.IsDrained ? 1 : 0;
            _unanswered += ended.CountUnanswered();
        }

        return new Outage(this, ended.LostAt);
    }

    /// <summary>A connection that ends before it is served was an attempt in vain, and no more.</summary>
    private Outage GoOn(Outage outage, LoadConnection ended)
    {
        lock (_lock)
        {
            _unanswered += ended.CountUnanswered();
        }

        Fail(outage, ended);
        return outage;
    }

    private void Fail(Outage outage, LoadConnection ended)
    {
        outage.Failures++;
        outage.LastFailure = "the server ended it before it was served";
        if (ended.IsDrained)
        {
            // Any other end is counted by the connection itself.
            FailedAttempts.Add(LoadError.ClosedByServer, outage.LastFailure);
        }
    }

    /// <summary>Waits until a connection is gone, cut off if the server does not end it.</summary>
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

/// <summary>What became of the connections that the server ended.</summary>
/// <param name="Lost">How many it ended; one that was opened again and ended again counts twice.</param>
/// <param name="Drained">How many of them it told so: 1001, 1012.</param>
/// <param name="Unanswered">Echoes that were under way then.</param>
/// <param name="Times">How long each took until it was served again, from the server's Close, or the end without one, to the first echo.</param>
/// <param name="FailedAttempts">Attempts that had to be repeated.</param>
internal sealed record ReconnectResult(
    long Lost, long Drained, long Unanswered, LatencyHistogram Times, IReadOnlyList<LoadErrorCount> FailedAttempts);
