using System.Net.Sockets;

namespace EchoServer.Transport;

/// <summary>Takes in connections: <see cref="EpollListener"/> on Linux, <see cref="PortableListener"/> elsewhere.</summary>
internal interface IListener : IDisposable
{
    /// <summary>Takes in the next connection, when there is one. One at a time.</summary>
    /// <returns>The connection; to be awaited once, before the next call.</returns>
    /// <exception cref="SocketException">Accepting failed, usually for want of file descriptors. The call may be repeated after a while.</exception>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    ValueTask<NonBlockingSocket> AcceptAsync();

    /// <summary>Has the kernel refuse new connections, where it can. Those that it has begun to accept can still be taken in. Any thread.</summary>
    /// <returns>False where it cannot.</returns>
    bool TryRefuse();

    /// <summary>Closes the listener once the connections that the kernel has accepted are taken in. Any thread.</summary>
    void Close();
}
