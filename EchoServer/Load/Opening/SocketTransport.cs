using System.Net.Sockets;
using EchoServer.Transport;

namespace EchoServer.Load.Opening;

/// <summary>Plain TCP: receives and sends on the calling thread where the kernel is ready.</summary>
/// <param name="socket">A connected socket; owned by the transport.</param>
internal sealed class SocketTransport(NonBlockingSocket socket) : LoadTransport
{
    internal override ValueTask WaitAsync() => socket.ReadableAsync();

    internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (!socket.TryReceive(buffer.Span, out int received))
        {
            return new(NothingYet);
        }

        return received > 0 || socket.Error == SocketError.Success ? new(received) : throw new SocketException((int)socket.Error);
    }

    internal override bool IsEmptyAfter(int received, int room) => socket.IsEmptyAfter(received, room);

    internal override ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes) =>
        socket.TrySend(bytes.Span, out int sent) ? new(sent) : WaitAndSendAsync(bytes);

    internal override void EndSending() => socket.Shutdown(SocketShutdown.Send);

    public override void Dispose() => socket.Close(dropsOutput: false);

    private async ValueTask<int> WaitAndSendAsync(ReadOnlyMemory<byte> bytes)
    {
        int sent;
        do
        {
            await socket.WritableAsync().ConfigureAwait(false);
        }
        while (!socket.TrySend(bytes.Span, out sent));
        return sent;
    }
}
