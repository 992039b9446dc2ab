using EchoServer.Load.Opening;
using EchoServer.Load.Report;

namespace EchoServer.Load;

/// <summary>The connections of a load by number, and those of the run by rank. Safe on any thread.</summary>
internal sealed class LoadPlaces(int count)
{
    private readonly Lock _lock = new();
    private readonly LoadConnection?[] _connections = new LoadConnection?[count];
    private readonly bool[] _wasOpen = new bool[count];
    private LoadConnection[] _inRun = [];
    private bool _isClosing;

    internal int Open => All.Count(connection => connection.IsOpen);

    /// <summary>How many places have had an open connection.</summary>
    internal int Opened => _wasOpen.Count(wasOpen => wasOpen);

    /// <summary>The connections that were opened, or their replacements.</summary>
    internal IEnumerable<LoadConnection> All => _connections.OfType<LoadConnection>();

    /// <summary>Puts the first connection into its place.</summary>
    internal void Add(LoadConnection connection)
    {
        _connections[connection.Number] = connection;
        _wasOpen[connection.Number] = connection.IsOpen;
    }

    /// <summary>Replaces a connection that has ended, and has the errors of the new one counted with the others.</summary>
    /// <returns>False when the new connection has ended as well, or the place is given up.</returns>
    internal bool TryReplace(LoadConnection ended, LoadConnection next, Outage outage, LoadErrors errors)
    {
        lock (_lock)
        {
            if (_isClosing || ended.IsAborted || !next.IsOpen)
            {
                return false;
            }

            _wasOpen[next.Number] = true;
            next.TakeOver(ended, outage, errors);
            _connections[next.Number] = next;
            int rank = Array.IndexOf(_inRun, ended);
            if (rank >= 0)
            {
                _inRun[rank] = next;
            }

            return true;
        }
    }

    /// <summary>Begins a run on the connections that are open, or to be replaced.</summary>
    /// <returns>The connections by rank; replacements take their places in this array.</returns>
    internal LoadConnection[] BeginRun(Func<int, LoadRun> start)
    {
        lock (_lock)
        {
            _inRun = [.. All.Where(connection => connection.IsOpen || connection.IsToBeReplaced)];
            LoadRun run = start(_inRun.Length);
            for (int rank = 0; rank < _inRun.Length; rank++)
            {
                _inRun[rank].Sender.Begin(run, rank);
            }

            return _inRun;
        }
    }

    /// <summary>Gives up the places that are still out of service, and counts them.</summary>
    internal void GiveUp(IEnumerable<LoadConnection> connections, LoadErrors errors)
    {
        lock (_lock)
        {
            foreach (LoadConnection connection in connections.Where(connection => connection.IsToBeReplaced))
            {
                connection.Abort();
                string reason = connection.Outages!.Take()?.LastFailure ?? "it has only just ended";
                errors.Add(LoadError.NotServedAgain, $"connection {connection.Number}: {reason}");
            }
        }
    }

    /// <summary>Takes no more replacements.</summary>
    /// <returns>The connections that are open.</returns>
    internal LoadConnection[] BeginClosing()
    {
        lock (_lock)
        {
            _isClosing = true;
            return [.. All.Where(connection => connection.IsOpen)];
        }
    }
}
