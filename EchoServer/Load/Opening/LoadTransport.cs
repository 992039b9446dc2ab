using EchoServer.Connect;
using EchoServer.Transport;

namespace EchoServer.Load.Opening;

/// <summary>Moves the bytes of a connection.</summary>
/// <remarks>One thread may receive while another one sends. Disposing of it ends both.</remarks>
internal abstract class LoadTransport : IDisposable
{
    /// <summary>The result of <see cref="ReceiveAsync"/> when there was nothing to receive.</summary>
    internal const int NothingYet = -1;

    /// <summary>Makes the transport of an open connection, which it owns.</summary>
    internal static LoadTransport Over(TcpLink link) =>
        link.NonBlockingSocket is NonBlockingSocket socket ? new SocketTransport(socket) : new StreamTransport(link);

    /// <summary>Waits, without a buffer, until there is something to receive, or the end.</summary>
    internal abstract ValueTask WaitAsync();

    /// <summary>Receives the bytes that have arrived.</summary>
    /// <returns>The number of bytes; 0 at the end; or <see cref="NothingYet"/>.</returns>
    internal abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Whether a wait is to follow a receive that brought so many bytes, not another receive.</summary>
    internal abstract bool IsEmptyAfter(int received, int room);

    /// <summary>Sends; complete at once when the kernel takes all bytes.</summary>
    /// <returns>How many bytes were taken, at least one.</returns>
    internal abstract ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Tells the server that no more bytes come (FIN).</summary>
    internal abstract void EndSending();

    public abstract void Dispose();
}
