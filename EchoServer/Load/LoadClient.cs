using System.Net.Sockets;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Load.Chart;
using EchoServer.Load.Opening;
using EchoServer.Load.Report;
using EchoServer.Metrics;
using EchoServer.Transport;

namespace EchoServer.Load;

/// <summary>The load: opens connections to an echo server, keeps messages in flight on them, checks every echo.</summary>
/// <remarks>
/// One after the other: <see cref="ConnectAsync"/>, then <see cref="RunAsync"/> any number of times, then
/// <see cref="CloseAsync"/>. The properties may be read from any thread at any time.
/// </remarks>
internal sealed class LoadClient : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan QuietInterval = TimeSpan.FromMilliseconds(1);

    private readonly LoadOptions _options;
    private readonly IoThreads _ioThreads = new(IoThreads.DefaultCount);
    private readonly LoadConnector _connector;
    private readonly LoadPlaces _places;
    private readonly Reconnector? _reconnector;
    private LoadRun? _run;

    /// <exception cref="SocketException">No descriptors are left.</exception>
    internal LoadClient(LoadOptions options)
    {
        _options = options;
        _connector = new LoadConnector(options, _ioThreads);
        _places = new LoadPlaces(options.Connections);
        _reconnector = options.Reconnects ? new Reconnector(_connector, _places, Errors, options.CloseTimeout) : null;
    }

    internal int Open => _places.Open;

    /// <summary>How many connections were opened, their greeting included.</summary>
    internal int Opened => _places.Opened;

    /// <summary>On how many connections compression was agreed on.</summary>
    internal int Compressed => _places.All.Count(connection => connection.IsCompressed);

    /// <summary>How long opening all of them took, from the first attempt to the last connection.</summary>
    internal TimeSpan ConnectElapsed { get; private set; }

    /// <summary>Right echoes of the current run, or answers where they need not be echoes.</summary>
    internal long Messages => _run?.Messages ?? 0;

    /// <summary>Answers of the current run that came while no message was without one, or of a message whose time was lost.</summary>
    internal long Untimed => _run?.Untimed ?? 0;

    /// <summary>The dialect of the server, and the messages for it; null before <see cref="ConnectAsync"/>.</summary>
    internal LoadContext? Context => _connector.Context;

    /// <summary>The connections that the server ended, and their replacements; null when they are not opened again.</summary>
    internal ReconnectResult? Reconnects => _reconnector?.Result;

    /// <summary>All errors so far, and the close codes that were received.</summary>
    internal LoadErrors Errors { get; } = new();

    /// <summary>Learns the dialect of the server on a connection of its own, then opens all connections.</summary>
    /// <returns>Complete when each connection is open or has failed; failures are in <see cref="Errors"/>.</returns>
    /// <exception cref="ConnectionFailedException">The first connection cannot be opened, the server does not echo, or too few files may be open.</exception>
    internal async Task ConnectAsync(CancellationToken stop = default)
    {
        CheckOpenFiles();
        try
        {
            await _connector.LearnAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        long start = Stopwatch.GetTimestamp();
        await _connector.OpenAllAsync(
            Errors,
            connection =>
            {
                _places.Add(connection);
                _reconnector?.Follow(connection);
            },
            stop).ConfigureAwait(false);
        ConnectElapsed = Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Sends messages and checks their echoes, on all open connections; where they are only held, keeps them open and idle.</summary>
    /// <returns>When it is there, nothing is in flight: every echo was received, or its time is over and its connection cut off.</returns>
    internal async Task<LoadResult> RunAsync(TimeSpan duration, CancellationToken stop = default)
    {
        LoadConnection[] connections = _places.BeginRun(
            count => _run = new LoadRun(_options.Rate is double rate && count > 0 ? new Pace(rate, count, duration) : null));
        LoadRun run = _run!;
        using (Pacer? pacer = run.Pace is null ? null : new Pacer(run, connections))
        {
            Array.ForEach(connections, connection => connection.Sender.Pump());
            await SleepAsync(run.StartedAt, duration, stop).ConfigureAwait(false);
        }

        run.IsEnding = true;
        long end = Stopwatch.GetTimestamp();
        Interlocked.MemoryBarrier();
        await UntilAsync(() => Array.TrueForAll(connections, connection => connection.IsSettled), _options.EchoTimeout).ConfigureAwait(false);
        _places.GiveUp(connections, Errors);
        long unanswered = connections.Where(connection => connection.IsOpen).Sum(connection => connection.Outstanding);
        if (_options.ExpectsEcho)
        {
            // Pending echoes are missing, and their connections of no more use.
            LoadConnection[] owing = [.. connections.Where(connection => connection.IsOpen && !connection.IsQuiet)];
            Array.ForEach(owing, connection => connection.Abort());
            await UntilAsync(() => Array.TrueForAll(owing, connection => connection.IsCleanedUp), _options.CloseTimeout).ConfigureAwait(false);
            Array.ForEach(owing, connection => connection.CountMissing());
        }

        (LatencyHistogram latency, long bytes, long lastEchoAt) = run.AddUp();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(run.StartedAt, Math.Max(end, lastEchoAt));
        long unsent = connections.Sum(connection => connection.Sender.Unsent);
        long sent = connections.Sum(connection => connection.Sender.SentInRun);
        return new LoadResult(run.Messages, bytes, elapsed, latency, unsent, sent, unanswered);
    }

    internal LoadSample Sample() => _run is LoadRun run
        ? new LoadSample(Stopwatch.GetElapsedTime(run.StartedAt), run.Messages, run.AddUp().Latency)
        : LoadSample.Start;

    /// <summary>Ends all connections with the closing handshake (1000). A connection whose Close is not answered in time is cut off.</summary>
    internal async Task CloseAsync()
    {
        LoadConnection[] open = _places.BeginClosing();
        _reconnector?.Dispose();
        Array.ForEach(open, connection => connection.Close());
        await UntilEndedAsync(open, _options.CloseTimeout).ConfigureAwait(false);
        foreach (LoadConnection connection in open.Where(connection => !connection.HasEnded && !connection.IsCloseReceived))
        {
            Errors.Add(LoadError.CloseTimedOut, $"connection {connection.Number}");
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Cuts off all connections that are left.</summary>
    public ValueTask DisposeAsync()
    {
        _places.BeginClosing();
        _reconnector?.Dispose();
        foreach (LoadConnection connection in _places.All)
        {
            connection.Abort();
        }

        _ioThreads.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Sleeps until so long after the start; less when it is stopped, or no connection is left to wait for.</summary>
    private async Task SleepAsync(long start, TimeSpan duration, CancellationToken stop)
    {
        while (duration - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } left && !stop.IsCancellationRequested)
        {
            TimeSpan nap = left < LookInterval ? left : LookInterval;
            await Task.Delay(nap, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_options.IsHeldOnly && _reconnector is null && Open == 0)
            {
                return;
            }
        }
    }

    /// <summary>Waits until all connections have ended, or none does for so long: many take longer than one.</summary>
    private static async Task UntilEndedAsync(LoadConnection[] connections, TimeSpan timeout)
    {
        for (int left = connections.Length, before = left + 1; left > 0 && left < before;)
        {
            before = left;
            await UntilAsync(() => (left = connections.Count(connection => !connection.HasEnded)) < before, timeout).ConfigureAwait(false);
        }
    }

    private static async Task UntilAsync(Func<bool> condition, TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition() && Stopwatch.GetElapsedTime(start) < timeout)
        {
            await Task.Delay(QuietInterval).ConfigureAwait(false);
        }
    }

    private void CheckOpenFiles()
    {
        long needed = OpenFiles.Count() + _options.Connections + OpenFiles.Reserved;
        long limit = OpenFiles.ReadLimit();
        if (limit < needed)
        {
            throw new ConnectionFailedException(Stage.Connect, "too few open files", new(
                $"{_options.Connections} connections need {needed} open files, and the limit is {limit}", $"raise it with 'ulimit -n {needed}', or take fewer"));
        }
    }
}
