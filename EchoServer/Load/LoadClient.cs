using System.Diagnostics;
using System.Net.Sockets;
using EchoServer.Hosting;

namespace EchoServer.Load;

/// <summary>The load: opens connections to an echo server, keeps messages in flight on them, checks every echo.</summary>
/// <remarks>
/// One after the other: <see cref="ConnectAsync"/>, then <see cref="RunAsync"/> or <see cref="HoldAsync"/> as often as wanted,
/// then <see cref="CloseAsync"/>. The properties may be read from any thread at any time.
/// </remarks>
internal sealed class LoadClient : IAsyncDisposable
{
    // How many connections are being opened at a time: enough to keep a distant server busy, few enough not to be taken for an attack.
    internal const int MaxOpening = 128;

    // Files beside the connections: the runtime's own, the resolver's.
    private const int ReservedFiles = 32;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan QuietInterval = TimeSpan.FromMilliseconds(1);

    private readonly LoadOptions _options;
    private readonly IoThreads _ioThreads = new(Capacity.DefaultIoThreads);
    private readonly ConnectionOpener _opener;
    private readonly LoadConnection?[] _connections;
    private PeerHabits? _peer;
    private LoadRun? _run;
    private int _next;
    private int _opened;

    /// <param name="options">The load.</param>
    /// <exception cref="SocketException">No more files may be open.</exception>
    internal LoadClient(LoadOptions options)
    {
        _options = options;
        _opener = new ConnectionOpener(options, _ioThreads);
        _connections = new LoadConnection?[options.Connections];
    }

    /// <summary>How many connections are open now.</summary>
    internal int Open => _connections.Count(connection => connection?.IsOpen == true);

    /// <summary>How many connections were opened, their greeting included.</summary>
    internal int Opened => Volatile.Read(ref _opened);

    /// <summary>How long opening all of them took, from the first attempt to the last connection.</summary>
    internal TimeSpan ConnectElapsed { get; private set; }

    /// <summary>Right echoes of the run at hand, so far.</summary>
    internal long Messages => _run?.Messages ?? 0;

    /// <summary>What the server was seen to do beside echoing; null before <see cref="ConnectAsync"/>.</summary>
    internal PeerHabits? Peer => _peer;

    /// <summary>All that went wrong so far, and the close codes that came.</summary>
    internal LoadErrors Errors { get; } = new();

    /// <summary>Learns the server's greeting and prefix on a connection of its own, then opens all connections.</summary>
    /// <param name="stop">Leaves off opening more.</param>
    /// <returns>Complete when each connection is open or has failed; failures are in <see cref="Errors"/>.</returns>
    /// <exception cref="LoadException">The first connection cannot be opened, the server does not echo, or too few files may be open.</exception>
    internal async Task ConnectAsync(CancellationToken stop = default)
    {
        CheckOpenFiles();
        try
        {
            await _opener.ResolveAsync(stop).ConfigureAwait(false);
            _peer = _options.IsWebSocket && !_options.IsHeldOnly
                ? await Calibration.LearnAsync(_options, _opener, stop).ConfigureAwait(false)
                : new PeerHabits(0, [], new LoadPayload(_options.MessageBytes, _options.IsText));
        }
        catch (OpeningException exception)
        {
            throw new LoadException(exception.Message);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        long start = Stopwatch.GetTimestamp();
        Task[] openers = [.. Enumerable.Range(0, Math.Min(MaxOpening, _options.Connections)).Select(_ => OpenSomeAsync(start, stop))];
        await Task.WhenAll(openers).ConfigureAwait(false);
        ConnectElapsed = Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Sends messages and checks their echoes, on all open connections. May be called again and again.</summary>
    /// <param name="duration">For how long messages are sent.</param>
    /// <param name="stop">Ends sending early.</param>
    /// <returns>
    /// What came back. When it is there, the line is quiet: every echo is in, or its time is over and its connection cut off.
    /// </returns>
    internal async Task<LoadResult> RunAsync(TimeSpan duration, CancellationToken stop = default)
    {
        LoadConnection[] connections = [.. _connections.Where(connection => connection?.IsOpen == true).Select(connection => connection!)];
        Pace? pace = _options.Rate is double rate && connections.Length > 0 ? new Pace(rate, connections.Length, duration) : null;
        var run = new LoadRun(pace);
        _run = run;
        for (int rank = 0; rank < connections.Length; rank++)
        {
            connections[rank].Begin(run, rank);
        }

        using (Pacer? pacer = pace is null ? null : new Pacer(run, connections))
        {
            Array.ForEach(connections, connection => connection.Pump());
            await SleepAsync(run.StartedAt, duration, stop).ConfigureAwait(false);
        }

        run.IsEnding = true;
        long end = Stopwatch.GetTimestamp();
        Interlocked.MemoryBarrier();
        await UntilAsync(() => Array.TrueForAll(connections, connection => connection.IsQuiet), _options.EchoTimeout).ConfigureAwait(false);
        await CutOffAsync([.. connections.Where(connection => connection.IsOpen && !connection.IsQuiet)]).ConfigureAwait(false);
        (LatencyHistogram latency, long lastEchoAt) = run.AddUp();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(run.StartedAt, Math.Max(end, lastEchoAt));
        return new LoadResult(run.Messages, run.Messages * _options.MessageBytes, elapsed, latency, connections.Sum(connection => connection.Unsent));
    }

    /// <summary>Ends connections that still owe echoes, and when nothing comes any more, counts what is missing.</summary>
    private async Task CutOffAsync(LoadConnection[] owing)
    {
        Array.ForEach(owing, connection => connection.Abort());
        await UntilAsync(() => Array.TrueForAll(owing, connection => connection.IsCleanedUp), _options.CloseTimeout).ConfigureAwait(false);
        Array.ForEach(owing, connection => connection.CountMissing());
    }

    /// <summary>Keeps the connections open and idle; pings are answered.</summary>
    /// <param name="duration">For how long.</param>
    /// <param name="stop">Ends it early.</param>
    /// <returns>A result without messages: <see cref="Open"/> says how many connections are left, <see cref="Errors"/> how the others ended.</returns>
    internal async Task<LoadResult> HoldAsync(TimeSpan duration, CancellationToken stop = default)
    {
        long start = Stopwatch.GetTimestamp();
        await SleepAsync(start, duration, stop).ConfigureAwait(false);
        return new LoadResult(0, 0, Stopwatch.GetElapsedTime(start), new LatencyHistogram(), 0);
    }

    /// <summary>Ends all connections with the closing handshake (1000); who does not answer in time is cut off.</summary>
    internal async Task CloseAsync()
    {
        LoadConnection[] open = [.. _connections.Where(connection => connection?.IsOpen == true).Select(connection => connection!)];
        Array.ForEach(open, connection => connection.Close());
        await UntilAsync(() => Array.TrueForAll(open, connection => connection.HasEnded), _options.CloseTimeout).ConfigureAwait(false);
        foreach (LoadConnection connection in open)
        {
            if (!connection.HasEnded && !connection.IsCloseReceived)
            {
                Errors.Add(LoadError.CloseTimedOut, $"connection {connection.Number}");
            }
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Cuts off what is left.</summary>
    public ValueTask DisposeAsync()
    {
        Array.ForEach(_connections, connection => connection?.Abort());
        _ioThreads.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>One of those who open connections side by side: takes the next one as long as there is one.</summary>
    private async Task OpenSomeAsync(long start, CancellationToken stop)
    {
        for (int number = TakeNext(); number < _connections.Length && !stop.IsCancellationRequested; number = TakeNext())
        {
            if (_options.ConnectionsPerSecond is double perSecond)
            {
                await SleepAsync(start, TimeSpan.FromSeconds(number / perSecond), stop).ConfigureAwait(false);
            }

            try
            {
                await OpenAsync(number, stop).ConfigureAwait(false);
            }
            catch (OpeningException exception)
            {
                Errors.Add(exception.Kind, exception.Message, exception.Status);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private int TakeNext() => Interlocked.Increment(ref _next) - 1;

    private async Task OpenAsync(int number, CancellationToken stop)
    {
        OpenedTransport opened = await _opener.OpenAsync(stop).ConfigureAwait(false);
        var connection = new LoadConnection(_options, number, opened.Transport, _peer!, Errors);
        _connections[number] = connection;
        _ = connection.RunAsync(opened.Received);
        if (!connection.Ready.IsCompleted)
        {
            await connection.Ready.WaitAsync(_options.ConnectTimeout, stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!connection.Ready.IsCompleted)
            {
                connection.Abort();
                stop.ThrowIfCancellationRequested();
                throw new OpeningException(LoadError.ConnectTimedOut, 0, $"no greeting within {_options.ConnectTimeout.TotalSeconds} s");
            }
        }

        if (connection.IsOpen)
        {
            Interlocked.Increment(ref _opened);
        }
    }

    /// <summary>Sleeps until so long after the start; less when it is stopped, or no connection is left to wait for.</summary>
    private async Task SleepAsync(long start, TimeSpan duration, CancellationToken stop)
    {
        while (duration - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } left && !stop.IsCancellationRequested)
        {
            TimeSpan nap = left < LookInterval ? left : LookInterval;
            await Task.Delay(nap, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_run is LoadRun && Open == 0)
            {
                return;
            }
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
        long needed = Capacity.OpenFiles() + _options.Connections + ReservedFiles;
        if (Capacity.OpenFileLimit() is long limit && limit < needed)
        {
            throw new LoadException(
                $"{_options.Connections} connections need {needed} open files, and the limit is {limit}: raise it with 'ulimit -n {needed}', or take fewer");
        }
    }
}
