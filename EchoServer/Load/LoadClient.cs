using System.Diagnostics;
using System.Net.Sockets;
using EchoServer.Load.Opening;
using EchoServer.Load.Report;
using EchoServer.Metrics;
using EchoServer.Transport;

namespace EchoServer.Load;

/// <summary>The load: opens connections to an echo server, keeps messages in flight on them, checks every echo.</summary>
/// <remarks>
/// One after the other: <see cref="ConnectAsync"/>, then <see cref="RunAsync"/> or <see cref="HoldAsync"/> as often as wanted,
/// then <see cref="CloseAsync"/>. The properties may be read from any thread at any time.
/// </remarks>
internal sealed partial class LoadClient : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan QuietInterval = TimeSpan.FromMilliseconds(1);

    private readonly LoadOptions _options;
    private readonly IoThreads _ioThreads = new(IoThreads.DefaultCount);
    private readonly ConnectionOpener _opener;
    private readonly Reconnector? _reconnector;
    private readonly Lock _places = new();
    private readonly LoadConnection?[] _connections;
    private LoadConnection[] _inRun = [];
    private bool _isClosing;
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
        _reconnector = options.Reconnects ? new Reconnector(this, options.CloseTimeout) : null;
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

    /// <summary>What became of the connections that the server ended; null when they are not opened again.</summary>
    internal ReconnectResult? Reconnects => _reconnector?.Result;

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
        LoadConnection[] connections;
        LoadRun run;
        lock (_places)
        {
            _inRun = connections = [.. _connections.OfType<LoadConnection>().Where(connection => connection.IsOpen || IsToCome(connection))];
            run = new LoadRun(_options.Rate is double rate && connections.Length > 0 ? new Pace(rate, connections.Length, duration) : null);
            _run = run;
            for (int rank = 0; rank < connections.Length; rank++)
            {
                connections[rank].Begin(run, rank);
            }
        }

        using (Pacer? pacer = run.Pace is null ? null : new Pacer(run, connections))
        {
            Array.ForEach(connections, connection => connection.Pump());
            await SleepAsync(run.StartedAt, duration, stop).ConfigureAwait(false);
        }

        run.IsEnding = true;
        long end = Stopwatch.GetTimestamp();
        Interlocked.MemoryBarrier();
        await UntilAsync(() => Array.TrueForAll(connections, IsSettled), _options.EchoTimeout).ConfigureAwait(false);
        GiveUpOutages(connections);
        await CutOffAsync([.. connections.Where(connection => connection.IsOpen && !connection.IsQuiet)]).ConfigureAwait(false);
        (LatencyHistogram latency, long lastEchoAt) = run.AddUp();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(run.StartedAt, Math.Max(end, lastEchoAt));
        return new LoadResult(run.Messages, run.Messages * _options.MessageBytes, elapsed, latency, connections.Sum(connection => connection.Unsent));
    }

    /// <summary>Whether a connection has ended, and another one is to take its place.</summary>
    private bool IsToCome(LoadConnection connection) => _reconnector is not null && !connection.IsOpen && !connection.IsAborted;

    /// <summary>Whether there is nothing to wait for: no echo, and no connection that takes its place.</summary>
    private bool IsSettled(LoadConnection connection) => connection.IsQuiet && !connection.IsOutage && !IsToCome(connection);

    /// <summary>Counts the places that are still without service. Those that owe an echo are counted for that.</summary>
    private void GiveUpOutages(IEnumerable<LoadConnection> connections)
    {
        if (_reconnector is null)
        {
            return;
        }

        lock (_places)
        {
            foreach (LoadConnection connection in connections.Where(IsToCome))
            {
                connection.Abort();
                string reason = connection.TakeOutage()?.LastFailure ?? "it has only just ended";
                Errors.Add(LoadError.NotServedAgain, $"connection {connection.Number}: {reason}");
            }
        }
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
        if (_reconnector is not null)
        {
            await UntilAsync(() => _connections.OfType<LoadConnection>().All(IsSettled), _options.EchoTimeout).ConfigureAwait(false);
            GiveUpOutages(_connections.OfType<LoadConnection>());
        }

        return new LoadResult(0, 0, Stopwatch.GetElapsedTime(start), new LatencyHistogram(), 0);
    }

    /// <summary>Ends all connections with the closing handshake (1000); who does not answer in time is cut off.</summary>
    internal async Task CloseAsync()
    {
        LoadConnection[] open;
        lock (_places)
        {
            _isClosing = true;
            _reconnector?.Stop();
            open = [.. _connections.OfType<LoadConnection>().Where(connection => connection.IsOpen)];
        }

        Array.ForEach(open, connection => connection.Close());
        await UntilEndedAsync(open, _options.CloseTimeout).ConfigureAwait(false);
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
        lock (_places)
        {
            _isClosing = true;
            Array.ForEach(_connections, connection => connection?.Abort());
        }

        _reconnector?.Dispose();
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
            if (_run is LoadRun && _reconnector is null && Open == 0)
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


}
