using System.Net.Sockets;

namespace EchoServer.Transport;

/// <summary>With what the runtime offers on every platform; see <see cref="PortableSocket"/>.</summary>
/// <param name="socket">A listening socket; owned from now on.</param>
internal sealed class PortableListener(Socket socket) : IListener
{
    private readonly CancellationTokenSource _closing = new();

    public async ValueTask<NonBlockingSocket> AcceptAsync()
    {
        try
        {
            return new PortableSocket(await socket.AcceptAsync(_closing.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (socket.Poll(0, SelectMode.SelectRead))
        {
            return new PortableSocket(await socket.AcceptAsync().ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            Dispose();
            throw new ObjectDisposedException(nameof(PortableListener));
        }
    }

    public bool TryRefuse() => false;

    public void Close() => _closing.Cancel();

    public void Dispose()
    {
        socket.Dispose();
        _closing.Dispose();
    }
}
