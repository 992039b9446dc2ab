using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Load.Report;
using EchoServer.Transport;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Load.Opening;

/// <summary>Opens the connections of a load. Safe on any thread after <see cref="LearnAsync"/>.</summary>
internal sealed class LoadConnector(LoadOptions options, IoThreads ioThreads)
{
    /// <summary>Connections that are opened at a time: enough for a distant server, too few to look like an attack.</summary>
    internal const int MaxOpening = 128;

    private readonly Dialer _dialer = new(options.Connection, ioThreads);

    /// <summary>The dialect of the server, and the messages for it; null before <see cref="LearnAsync"/>.</summary>
    internal LoadContext? Context { get; private set; }

    /// <summary>Attempts that were repeated, where connections are opened again: their failures are not errors.</summary>
    internal LoadErrors FailedAttempts { get; } = new();

    /// <summary>Looks up the server's addresses, once for all connections, and learns its dialect where it is needed.</summary>
    /// <exception cref="ConnectionFailedException">The first connection could not be opened, or the server does not echo.</exception>
    internal async Task LearnAsync(CancellationToken stop)
    {
        await _dialer.ResolveAsync(stop).ConfigureAwait(false);
        Context = options.IsWebSocket && !options.IsHeldOnly
            ? await RetryAsync(() => Calibration.LearnAsync(options, _dialer, stop), stop).ConfigureAwait(false)
            : LoadContext.Of(options, new EchoDialect(), options.IsText);
    }

    /// <summary>Opens all connections. Several threads at a time hand over those that were opened.</summary>
    internal Task OpenAllAsync(LoadErrors errors, Action<LoadConnection> opened, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        var most = new ParallelOptions { MaxDegreeOfParallelism = MaxOpening };
        return Parallel.ForEachAsync(Enumerable.Range(0, options.Connections), most, async (number, _) =>
        {
            if (stop.IsCancellationRequested)
            {
                return;
            }

            try
            {
                // More than once, because a timer can end some milliseconds early.
                while (options.ConnectionsPerSecond is double perSecond &&
                    TimeSpan.FromSeconds(number / perSecond) - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } early)
                {
                    await Task.Delay(early, stop).ConfigureAwait(false);
                }

                opened(await RetryAsync(() => OpenAsync(number, errors, firstMessage: 0, stop), stop).ConfigureAwait(false));
            }
            catch (ConnectionFailedException exception)
            {
                errors.Add(exception);
            }
            catch (OperationCanceledException)
            {
                // No more are opened.
            }
        });
    }

    /// <summary>Opens a connection and waits for its greeting, or its end.</summary>
    /// <exception cref="ConnectionFailedException">It could not be opened, or not in time.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal async Task<LoadConnection> OpenAsync(int number, LoadErrors errors, long firstMessage, CancellationToken stop)
    {
        (TcpLink link, ReceivedHead? head) = await DialAsync(stop).ConfigureAwait(false);
        var connection = new LoadConnection(Context!, number, new LoadTransport(link), head, errors, firstMessage);
        _ = connection.RunAsync(head?.Rest ?? []);
        TimeSpan timeout = options.Connection.Timeout;
        await connection.Ready.WaitAsync(timeout, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!connection.Ready.IsCompleted)
        {
            connection.Abort();
            stop.ThrowIfCancellationRequested();
            string cause = $"no greeting within {Times.Seconds(timeout)}";
            var fault = new Fault(cause, "the server greeted the first connection: see whether it is overloaded");
            throw new ConnectionFailedException(Stage.Echo, cause, fault) { IsTimeout = true };
        }

        return connection;
    }

    private async Task<(TcpLink Link, ReceivedHead? Head)> DialAsync(CancellationToken stop) => options.IsWebSocket
        ? await _dialer.UpgradeAsync(options.Connection.Subprotocols, options.Connection.OffersCompression ? DeflateParameters.Offer : null, stop).ConfigureAwait(false)
        : (await _dialer.OpenAsync(stop).ConfigureAwait(false), null);

    /// <summary>
    /// Opens a connection; where connections are opened again, also after the server or its router has refused it, as during a restart,
    /// until the timeout is over.
    /// </summary>
    private async Task<T> RetryAsync<T>(Func<Task<T>> open, CancellationToken stop)
    {
        var deadline = Deadline.In(options.Connection.Timeout);
        for (int failures = 0; ; failures++)
        {
            TimeSpan pause = Backoff.Delay(failures, Random.Shared.NextDouble());
            try
            {
                return await open().ConfigureAwait(false);
            }
            catch (ConnectionFailedException exception) when (
                options.Reconnects && exception.Stage is (Stage.Connect or Stage.Answer) && pause < deadline.Left)
            {
                FailedAttempts.Add(exception);
            }

            await Task.Delay(pause, stop).ConfigureAwait(false);
        }
    }
}
