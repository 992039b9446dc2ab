using System.Net.Sockets;

namespace EchoServer.Transport;

/// <summary>With what the runtime offers on every platform; see <see cref="PortableSocket"/>.</summary>
/// <param name="socket">A listening socket; owned from now on.</param>
internal sealed class PortableListener(Socket socket) : IListener
{
    /// <inheritdoc/>
    public async ValueTask<NonBlockingSocket> AcceptAsync() => new PortableSocket(await socket.AcceptAsync().ConfigureAwait(false));

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
