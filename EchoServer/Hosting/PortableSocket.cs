using System.Net.Sockets;

namespace EchoServer.Hosting;

/// <summary>With what the runtime offers on every platform, for those that have no <see cref="Epoll"/>: to develop on, not to be fast.</summary>
internal sealed class PortableSocket : NonBlockingSocket
{
    // How often a socket that takes nothing is tried again: the runtime has no wait for room that sends nothing.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(5);

    internal PortableSocket(Socket socket)
        : base(socket) => socket.Blocking = false;

    /// <inheritdoc/>
    internal override bool TryReceive(Span<byte> buffer, out int count)
    {
        count = Socket.Receive(buffer, SocketFlags.None, out SocketError error);
        if (error is not SocketError.Success)
        {
            count = 0;
            Error = error == SocketError.WouldBlock ? SocketError.Success : error;
        }

        return error != SocketError.WouldBlock;
    }

    /// <inheritdoc/>
    internal override bool IsEmptyAfter(int received, int room) => false;

    /// <inheritdoc/>
    internal override async ValueTask ReadableAsync() =>
        await Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);

    /// <inheritdoc/>
    internal override bool TrySend(ReadOnlySpan<byte> bytes, out int count)
    {
        count = Socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => true,
            SocketError.WouldBlock => false,
            _ => throw new SocketException((int)error),
        };
    }

    /// <inheritdoc/>
    internal override async ValueTask WritableAsync() => await Task.Delay(RetryDelay).ConfigureAwait(false);
}
