using System.Net;
using System.Net.Sockets;
using EchoServer.Transport;
using Microsoft.Extensions.Logging;

namespace EchoServer.Server;

/// <summary>Listens, lets connections in until the server stops, and ends them then.</summary>
/// <remarks>Any thread may call all members. Listens once.</remarks>
/// <param name="options">Where it listens.</param>
/// <param name="log">Where the first of several failures to accept is logged, the end of them, and the stop.</param>
internal sealed class Acceptor(ServerOptions options, ILogger log) : IDisposable
{
    // After accepting failed, usually for want of file descriptors: long enough not to spin.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    // How long TCP handshakes that had begun when a stopping server refused new ones may take: some round trips to a router.
    private static readonly TimeSpan LastHandshakes = TimeSpan.FromMilliseconds(20);

    // How long a stopping server lets a client's messages that have arrived already come before its Close; some never cease.
    private static readonly TimeSpan DrainGrace = TimeSpan.FromSeconds(1);

    // How often a stopping server looks whether its last connection is gone.
    private static readonly TimeSpan StopPollInterval = TimeSpan.FromMilliseconds(20);

    // How long connections that were aborted may take to clean up: their loops only have to be woken.
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(1);

    private IoThreads? _ioThreads;
    private IListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private volatile bool _isStopping;

    /// <summary>Where it listens, with the real port; null before that.</summary>
    internal IPEndPoint? EndPoint { get; private set; }

    /// <summary>Whether the server stops.</summary>
    internal bool IsStopping => _isStopping;

    /// <summary>Begins to listen: from now on clients can connect, and wait for <see cref="Run"/>.</summary>
    /// <param name="ioThreads">How many threads wait for sockets, 1 or more.</param>
    /// <returns>Where it listens.</returns>
    /// <exception cref="SocketException">The address cannot be bound, or there are no file descriptors left.</exception>
    internal IPEndPoint Listen(int ioThreads)
    {
        Socket socket = Bind();
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        try
        {
            _ioThreads = new IoThreads(ioThreads, options.IsPortable);
            _listener = _ioThreads.Listen(socket);
            return EndPoint;
        }
        catch
        {
            socket.Dispose();
            _ioThreads?.Dispose();
            throw;
        }
    }

    /// <summary>Begins to accept.</summary>
    /// <param name="serve">Takes over an accepted socket. Called for one at a time.</param>
    internal void Run(Action<NonBlockingSocket> serve) => _accepting = RunAsync(_listener!, serve);

    /// <summary>Stops: lets in the clients that the kernel has accepted, tells all connections to go, and aborts those that stay.</summary>
    /// <param name="timeout">How long they have, 0 or more.</param>
    /// <param name="count">How many connections there are.</param>
    /// <param name="goAway">Asks every connection to end; with true only those whose messages are answered. Called repeatedly.</param>
    /// <param name="abort">Ends every connection at once.</param>
    /// <returns>How many ended in time, and how many were aborted.</returns>
    internal async Task<(int Ended, int Aborted)> StopAsync(TimeSpan timeout, Func<int> count, Action<bool> goAway, Action abort)
    {
        _isStopping = true;
        if (Interlocked.Exchange(ref _listener, null) is IListener listener)
        {
            if (listener.TryRefuse())
            {
                await Task.Delay(timeout < LastHandshakes ? timeout : LastHandshakes).ConfigureAwait(false);
            }

            // Closing it before would reset those that wait in it.
            listener.Close();
            await _accepting.ConfigureAwait(false);
        }

        int told = count();
        log.Stopping(told);
        await UntilNoneAsync(count, goAway, timeout).ConfigureAwait(false);
        int aborted = count();
        await UntilNoneAsync(count, _ => abort(), AbortTimeout).ConfigureAwait(false);
        return (Math.Max(told - aborted, 0), aborted);
    }

    /// <summary>Ends the I/O threads: after the stop.</summary>
    public void Dispose() => _ioThreads?.Dispose();

    /// <summary>Asks all connections to end, those too that come up while others are asked, until there are none or time is up.</summary>
    private static async Task UntilNoneAsync(Func<int> count, Action<bool> ask, TimeSpan timeout)
    {
        for (long start = MonotonicClock.Now, passed = 0; count() > 0; passed = MonotonicClock.Now - start)
        {
            bool isOver = passed >= (long)timeout.TotalMilliseconds;
            ask(!isOver && passed < (long)DrainGrace.TotalMilliseconds);
            if (isOver)
            {
                return;
            }

            await Task.Delay(StopPollInterval).ConfigureAwait(false);
        }
    }

    /// <summary>The loop. Never throws; complete once the listener is closed, and each connection that it had is served.</summary>
    private async Task RunAsync(IListener listener, Action<NonBlockingSocket> serve)
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
            catch (Exception exception) when (_isStopping && exception is SocketException or ObjectDisposedException)
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

    private Socket Bind()
    {
        var socket = new Socket(options.Host.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (options.Host.Equals(IPAddress.IPv6Any))
            {
                // [::] means every address, IPv4 included, as it does elsewhere.
                socket.DualMode = true;
            }

            // Accepted sockets inherit it. Output is gathered already: to hold it back would only delay it.
            socket.NoDelay = true;
            // So is this: else a receive would end before a byte that the peer marks as urgent, as if nothing came behind it.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.OutOfBandInline, true);
            socket.Bind(new IPEndPoint(options.Host, options.Port));
            // The kernel cuts this to its own maximum. After a router's restart every client comes back at the same moment.
            socket.Listen(int.MaxValue);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
