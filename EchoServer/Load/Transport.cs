using System.Net.Security;
using System.Net.Sockets;
using EchoServer.Hosting;

namespace EchoServer.Load;

/// <summary>The bytes under a connection: TCP, or TLS over it.</summary>
/// <remarks>One thread may receive while another one sends; either, only one at a time. Disposing of it ends both.</remarks>
internal abstract class Transport : IDisposable
{
    /// <summary>What <see cref="ReceiveAsync"/> gives when there is nothing to receive after all.</summary>
    internal const int NothingYet = -1;

    /// <summary>Waits, without holding a buffer, until there is something to receive, or the end.</summary>
    internal abstract ValueTask WaitAsync();

    /// <summary>Receives what is there.</summary>
    /// <returns>The number of bytes; 0 at the end; or <see cref="NothingYet"/>.</returns>
    internal abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Receives, and waits before that if there is nothing yet.</summary>
    /// <returns>The number of bytes; 0 at the end.</returns>
    internal async ValueTask<int> ReceiveSomeAsync(Memory<byte> buffer)
    {
        int received;
        while ((received = await ReceiveAsync(buffer).ConfigureAwait(false)) == NothingYet)
        {
            await WaitAsync().ConfigureAwait(false);
        }

        return received;
    }

    /// <summary>Whether a receive that brought so much is to be followed by a wait, and not by another look.</summary>
    /// <param name="received">How many bytes came.</param>
    /// <param name="room">How many could have come.</param>
    internal abstract bool IsEmptyAfter(int received, int room);

    /// <summary>Sends; complete at once when the kernel takes it all.</summary>
    /// <returns>How many bytes were taken, at least one.</returns>
    internal abstract ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Says that nothing more will be sent.</summary>
    internal abstract void EndSending();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Plain TCP: receives and sends without a hand-over wherever the kernel is ready.</summary>
/// <param name="socket">A connected socket; owned by the transport from here on.</param>
internal sealed class TcpTransport(NonBlockingSocket socket) : Transport
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

/// <summary>TLS, as the system's own policy has it.</summary>
internal sealed class TlsTransport : Transport
{
    private readonly Socket _socket;
    private readonly SslStream _stream;

    /// <param name="socket">A connected socket; owned by the transport from here on.</param>
    internal TlsTransport(Socket socket)
    {
        _socket = socket;
        _stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>Agrees on TLS with the server, whose certificate must be valid for the name.</summary>
    internal Task AuthenticateAsync(string host, CancellationToken stop) =>
        _stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, stop);

    internal override ValueTask WaitAsync()
    {
        ValueTask<int> reading = _stream.ReadAsync(Memory<byte>.Empty);
        return reading.IsCompletedSuccessfully ? ValueTask.CompletedTask : new(reading.AsTask());
    }

    internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _stream.ReadAsync(buffer);

    /// <summary>A wait for what is decrypted already costs nothing.</summary>
    internal override bool IsEmptyAfter(int received, int room) => true;

    internal override ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        ValueTask sending = _stream.WriteAsync(bytes);
        if (sending.IsCompletedSuccessfully)
        {
            sending.GetAwaiter().GetResult();
            return new(bytes.Length);
        }

        return FinishAsync(sending, bytes.Length);
    }

    /// <summary>Not the close_notify alert, which would have to wait for its turn behind what is being sent: the FIN says it.</summary>
    internal override void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    public override void Dispose() => _stream.Dispose();

    private static async ValueTask<int> FinishAsync(ValueTask sending, int count)
    {
        await sending.ConfigureAwait(false);
        return count;
    }
}
