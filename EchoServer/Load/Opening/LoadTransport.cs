using System.Net.Sockets;
using EchoServer.Connect;
using EchoServer.Transport;

namespace EchoServer.Load.Opening;

/// <summary>Moves the bytes of a connection: with plain TCP on the calling thread where the kernel is ready, otherwise (TLS, a proxy) as a stream.</summary>
/// <remarks>One thread may receive while another one sends. Disposing of it ends both.</remarks>
/// <param name="link">An open connection; owned.</param>
internal sealed class LoadTransport(TcpLink link) : IDisposable
{
    /// <summary>The result of <see cref="ReceiveAsync"/> when there was nothing to receive.</summary>
    internal const int NothingYet = -1;

    private readonly NonBlockingSocket? _socket = link.NonBlockingSocket;
    private readonly Stream _stream = link.Stream;

    /// <summary>Waits, without a buffer, until there is something to receive, or the end.</summary>
    internal ValueTask WaitAsync() => _socket?.ReadableAsync() ?? WaitForStreamAsync();

    /// <summary>Receives the bytes that have arrived.</summary>
    /// <returns>The number of bytes; 0 at the end; or <see cref="NothingYet"/>.</returns>
    internal ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_socket is null)
        {
            return _stream.ReadAsync(buffer);
        }

        int received = _socket.TryReceive(buffer.Span, out int count) ? count : NothingYet;
        return received != 0 || _socket.Error == SocketError.Success ? new(received) : throw new SocketException((int)_socket.Error);
    }

    /// <summary>Whether a wait is to follow a receive that brought so many bytes, not another receive.</summary>
    /// <remarks>A wait for bytes that are decrypted already costs nothing.</remarks>
    internal bool IsEmptyAfter(int received, int room) => _socket?.IsEmptyAfter(received, room) ?? true;

    /// <summary>Sends; complete at once when the kernel takes all bytes.</summary>
    /// <returns>How many bytes were taken, at least one.</returns>
    internal ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes) =>
        _socket is not null && _socket.TrySend(bytes.Span, out int sent) ? new(sent) : WaitAndSendAsync(bytes);

    /// <summary>Tells the server that no more bytes come (FIN).</summary>
    internal void EndSending() => link.EndSending();

    public void Dispose()
    {
        link.Dispose();
        _stream.Dispose();
    }

    private async ValueTask WaitForStreamAsync() => await _stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);

    private async ValueTask<int> WaitAndSendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_socket is null)
        {
            await _stream.WriteAsync(bytes).ConfigureAwait(false);
            return bytes.Length;
        }

        int sent;
        do
        {
            await _socket.WritableAsync().ConfigureAwait(false);
        }
        while (!_socket.TrySend(bytes.Span, out sent));
        return sent;
    }
}
