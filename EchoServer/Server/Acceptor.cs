using System.Net.Sockets;
using EchoServer.Transport;
using Microsoft.Extensions.Logging;

namespace EchoServer.Server;

/// <summary>Lets connections in until the server stops, and starts their loops.</summary>
/// <remarks>All but the constructor runs on one loop; the loop itself is that of every engine.</remarks>
internal sealed class Acceptor(ServerContext server)
{
    // After accepting failed, usually for want of file descriptors: long enough not to spin.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    // How long TCP handshakes that had begun when a stopping server refused new ones may take: some round trips to a router.
    private static readonly TimeSpan LastHandshakes = TimeSpan.FromMilliseconds(20);

    private readonly Connection?[] _surplus = new Connection?[ServerLimits.SurplusConnections];
    private uint _nextSurplus;
    private long _lastId;

    /// <summary>The loop. Never throws; complete once the listener is closed, and each connection that it had is served.</summary>
    /// <param name="listener">Accepts.</param>
    /// <param name="serve">Takes over an accepted socket.</param>
    /// <param name="isStopping">Whether the listener is closed on purpose.</param>
    /// <param name="log">Where the first of several failures is logged, and the end of them.</param>
    internal static async Task RunAsync(IListener listener, Action<NonBlockingSocket> serve, Func<bool> isStopping, ILogger log)
    {
        int failures = 0;
        while (true)
        {
            try
            {
                NonBlockingSocket socket = await listener.AcceptAsync().ConfigureAwait(false);
                if (failures > 0)
                {
                    log.AcceptRecovered(failures);
                    failures = 0;
                }

                serve(socket);
            }
            catch (Exception exception) when (isStopping() && exception is SocketException or ObjectDisposedException)
            {
                listener.Dispose();
                return;
            }
            catch (Exception exception)
            {
                // Usually a SocketException. Nothing else would begin again after any other.
                if (failures++ == 0)
                {
                    log.AcceptFailed(exception.Message);
                }

                await Task.Delay(RetryDelay).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Lets in the clients that the kernel has accepted, and no others: closing the listener would reset them.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="loop">Its loop.</param>
    /// <param name="timeout">How long this may take at most.</param>
    internal static async Task StopAsync(IListener listener, Task loop, TimeSpan timeout)
    {
        if (listener.TryRefuse())
        {
            await Task.Delay(timeout < LastHandshakes ? timeout : LastHandshakes).ConfigureAwait(false);
        }

        listener.Close();
        await loop.ConfigureAwait(false);
    }

    /// <summary>Makes a connection of an accepted socket, unless there are too many.</summary>
    internal void Serve(NonBlockingSocket socket)
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
