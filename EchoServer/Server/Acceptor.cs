using System.Net.Sockets;
using EchoServer.Transport;

namespace EchoServer.Server;

/// <summary>Accepts connections until the server stops, and starts their loops.</summary>
/// <remarks>All but the constructor runs on its own loop.</remarks>
internal sealed class Acceptor(ServerContext server, IListener listener)
{
    // After accepting failed, usually for want of file descriptors: long enough not to spin.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Connection?[] _surplus = new Connection?[ServerLimits.SurplusConnections];
    private uint _nextSurplus;
    private long _lastId;

    /// <summary>The loop. Never throws; complete once the listener is closed, and each connection that it had is served.</summary>
    internal async Task RunAsync()
    {
        int failures = 0;
        while (true)
        {
            try
            {
                NonBlockingSocket socket = await listener.AcceptAsync().ConfigureAwait(false);
                if (failures > 0)
                {
                    server.Log.AcceptRecovered(failures);
                    failures = 0;
                }

                Serve(socket);
            }
            catch (Exception exception) when (server.IsStopping && exception is SocketException or ObjectDisposedException)
            {
                listener.Dispose();
                return;
            }
            catch (Exception exception)
            {
                // Usually a SocketException. Nothing else would begin again after any other.
                if (failures++ == 0)
                {
                    server.Log.AcceptFailed(exception.Message);
                }

                await Task.Delay(RetryDelay).ConfigureAwait(false);
            }
        }
    }

    private void Serve(NonBlockingSocket socket)
    {
        int surplus = server.Connections.Count - server.Limits.MaxConnections;
        if (surplus >= ServerLimits.SurplusConnections + ServerLimits.EndingConnections)
        {
            server.Counters.SocketRefused();
            socket.Close(dropsOutput: true);
            return;
        }

        var connection = new Connection(server, socket, ++_lastId, isSurplus: surplus >= 0);
        if (surplus >= 0)
        {
            TakePlaceOfOldestSurplus(connection);
        }

        _ = connection.RunAsync();
    }

    /// <summary>One above the limit may ask for a page, and how the server is, but does not become a WebSocket. The oldest of them ends.</summary>
    /// <remarks>
    /// Otherwise some that say nothing, or never collect their refusal, would keep out the question whether the server is healthy,
    /// and a healthy one would be ended for it.
    /// </remarks>
    private void TakePlaceOfOldestSurplus(Connection connection)
    {
        ref Connection? place = ref _surplus[_nextSurplus++ % _surplus.Length];
        if (place is { HasEnded: false } oldest)
        {
            server.Counters.SocketRefused();
            oldest.Abort();
        }

        place = connection;
    }
}
