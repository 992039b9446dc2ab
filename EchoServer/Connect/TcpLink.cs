using System.Net.Sockets;
using EchoServer.Transport;

namespace EchoServer.Connect;

/// <summary>A connection as a stream that TLS can be laid over. Disposing of it ends it.</summary>
/// <remarks>One may read while another one writes; either, only one at a time.</remarks>
internal sealed class TcpLink : IDisposable
{
    private readonly Socket? _socket;

    internal TcpLink(Socket socket)
    {
        _socket = socket;
        Stream = new NetworkStream(socket, ownsSocket: true);
    }

    internal TcpLink(NonBlockingSocket socket)
    {
        NonBlockingSocket = socket;
        Stream = new SocketStream(socket);
    }

    /// <summary>The socket under the stream, if I/O threads of this program wait for it; null if the runtime does.</summary>
    internal NonBlockingSocket? NonBlockingSocket { get; }

    /// <summary>Where bytes go and come from; TLS replaces it.</summary>
    internal Stream Stream { get; set; }

    /// <inheritdoc cref="Step.WantsCertificate"/>
    internal bool WantsCertificate { get; set; }

    /// <summary>The last heads that were exchanged over it; null when none were.</summary>
    internal HandshakeHeads? Heads { get; set; }

    /// <summary>Says that nothing more will be sent (FIN).</summary>
    internal void EndSending()
    {
        NonBlockingSocket?.Shutdown(SocketShutdown.Send);
        try
        {
            _socket?.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    public void Dispose()
    {
        // Not the stream's own end: TLS would wait to send its close_notify to a peer that may not read.
        _socket?.Dispose();
        NonBlockingSocket?.Close(dropsOutput: false);
    }
}
