using System.Net.Sockets;
using EchoServer.Buffers;

namespace EchoServer.Transport;

/// <summary>Reads and writes a <see cref="NonBlockingSocket"/> as a stream. Does not own it.</summary>
/// <remarks>Continuations run on an I/O thread. A cancelled call shuts the socket down.</remarks>
internal sealed class SocketStream(NonBlockingSocket socket) : SequentialStream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using CancellationTokenRegistration registration = ShutDownWhen(cancellationToken);
        int count;
        while (!socket.TryReceive(buffer.Span, out count))
        {
            await socket.ReadableAsync().ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return count > 0 || socket.Error == SocketError.Success ? count : throw new SocketException((int)socket.Error);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using CancellationTokenRegistration registration = ShutDownWhen(cancellationToken);
        while (!buffer.IsEmpty)
        {
            if (socket.TrySend(buffer.Span, out int count))
            {
                buffer = buffer[count..];
            }
            else
            {
                await socket.WritableAsync().ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    private CancellationTokenRegistration ShutDownWhen(CancellationToken cancelled) =>
        cancelled.UnsafeRegister(static it => ((NonBlockingSocket)it!).Shutdown(SocketShutdown.Both), socket);
}
