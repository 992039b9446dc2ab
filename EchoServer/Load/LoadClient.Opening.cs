using EchoServer.Load.Opening;
using EchoServer.Load.Report;
using EchoServer.Transport;

namespace EchoServer.Load;

/// <content>Opening connections, and opening them again.</content>
internal sealed partial class LoadClient
{
    // How many connections are being opened at a time: enough to keep a distant server busy, few enough not to be taken for an attack.
    internal const int MaxOpening = 128;

    // Files beside the connections: the runtime's own, the resolver's.
    private const int ReservedFiles = 32;

    /// <summary>For <see cref="Reconnector"/>: opens a connection for the place of one that has ended.</summary>
    /// <param name="ended">The one that has ended.</param>
    /// <param name="errors">Where errors are counted until it is put there.</param>
    /// <param name="stop">Ends the attempt.</param>
    /// <exception cref="OpeningException">It could not be opened, or not in time.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal Task<LoadConnection> ReopenAsync(LoadConnection ended, LoadErrors errors, CancellationToken stop)
    {
        _opener.ForgetChoice();
        return OpenAsync(ended.Number, errors, ended.Sent, stop);
    }

    /// <summary>For <see cref="Reconnector"/>: puts a connection into the place of one that has ended.</summary>
    /// <returns>False when it has ended itself, or the place is given up.</returns>
    internal bool Replace(LoadConnection ended, LoadConnection next, Outage outage)
    {
        lock (_places)
        {
            if (_isClosing || ended.IsAborted || !next.IsOpen)
            {
                return false;
            }

            if (!ended.IsCounted)
            {
                // It ended before its place was ever open.
                Count(next);
            }

            next.TakeOver(ended, outage, Errors);
            _connections[next.Number] = next;
            int rank = Array.IndexOf(_inRun, ended);
            if (rank >= 0)
            {
                _inRun[rank] = next;
            }

            return true;
        }
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
                LoadConnection connection = await OpenAsync(number, Errors, 0, stop).ConfigureAwait(false);
                Add(connection);
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

    private void Add(LoadConnection connection)
    {
        _connections[connection.Number] = connection;
        if (connection.IsOpen)
        {
            Count(connection);
        }

        _reconnector?.Follow(connection);
    }

    private void Count(LoadConnection connection)
    {
        connection.IsCounted = true;
        Interlocked.Increment(ref _opened);
    }

    /// <summary>Opens a connection and waits for its greeting, or its end.</summary>
    private async Task<LoadConnection> OpenAsync(int number, LoadErrors errors, long firstMessage, CancellationToken stop)
    {
        OpenedTransport opened = await _opener.OpenAsync(stop).ConfigureAwait(false);
        var connection = new LoadConnection(_options, number, opened.Transport, _peer!, errors, firstMessage);
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

        return connection;
    }

    private void CheckOpenFiles()
    {
        long needed = OpenFiles.Count() + _options.Connections + ReservedFiles;
        if (OpenFiles.ReadLimit() is long limit && limit < needed)
        {
            throw new LoadException(
                $"{_options.Connections} connections need {needed} open files, and the limit is {limit}: raise it with 'ulimit -n {needed}', or take fewer");
        }
    }
}
