using System.Net;

namespace EchoServer.Server;

/// <summary>An engine that accepts WebSocket connections: the seam between the application and whatever carries it.</summary>
/// <remarks>All members may be called from any thread.</remarks>
internal interface IWebSocketServer : IAsyncDisposable
{
    /// <summary>Where the server listens, with the real port; null before <see cref="Start"/>.</summary>
    IPEndPoint? EndPoint { get; }

    /// <summary>Binds and begins to accept connections.</summary>
    /// <param name="configure">
    /// Called once for each connection, after its handshake was accepted and before its <see cref="IWebSocketConnection.OnOpen"/>:
    /// sets the callbacks.
    /// </param>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound: in use, no permission, not of this machine.</exception>
    void Start(Action<IWebSocketConnection> configure);

    /// <summary>Stops accepting, says 1001 (going away) to every client, waits for their answers and ends the connections that are left.</summary>
    /// <param name="timeout">How long to wait for the clients, 0 or more.</param>
    /// <returns>A task that is complete when no connection is left.</returns>
    Task StopAsync(TimeSpan timeout);
}
