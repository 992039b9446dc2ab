using System.Net.Sockets;

namespace EchoServer.Transport;

/// <summary>With what the runtime offers on every platform, for those that have no <see cref="Epoll"/>: to develop on, not to be fast.</summary>
internal sealed class PortableSocket : NonBlockingSocket
{
    // How often a socket that takes nothing is tried again: the runtime has no wait for room that sends nothing.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(5);

    private readonly Socket _socket;

    /// <summary>Takes over a connected socket.</summary>
    /// <exception cref="SocketException">The connection is broken already. The socket is closed then.</exception>
    internal PortableSocket(Socket socket)
        : base(socket)
    {
        _socket = socket;
        socket.Blocking = false;
    }

    internal override bool TryReceive(Span<byte> buffer, out int count)
    {
        count = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        if (error is not SocketError.Success)
        {
            count = 0;
            Error = error == SocketError.WouldBlock ? SocketError.Success : error;
        }

        return error != SocketError.WouldBlock;
    }

    internal override bool IsEmptyAfter(int received, int room) => false;

    internal override bool TakeInputSignal() => false;

    internal override bool TryWaitForInput(Action<object?> continuation, object? state)
    {
        _ = ContinueAsync();
        return true;

        async Task ContinueAsync()
        {
            // Never from here, which the caller is still on its way out of. What breaks the connection, the next receive finds.
            await ReadableAsync().AsTask().ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
            continuation(state);
        }
    }

    internal override async ValueTask ReadableAsync() =>
        await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);

    internal override bool TrySend(ReadOnlySpan<byte> bytes, out int count)
    {
        count = _socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => true,
            SocketError.WouldBlock => false,
            _ => throw SendFailed(error),
        };
    }

    internal override async ValueTask WritableAsync() => await Task.Delay(RetryDelay).ConfigureAwait(false);

    internal override void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    internal override bool HasInput()
    {
        try
        {
            return _socket.Available > 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    internal override ulong BytesAcked() => 0;

    internal override void Close(bool dropsOutput) => _socket.Close(dropsOutput ? 0 : -1);
}
