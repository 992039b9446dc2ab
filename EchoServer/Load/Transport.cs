using System.Net.Security;
using System.Net.Sockets;

namespace EchoServer.Load;

/// <summary>The bytes under a connection: TCP, or TLS over it.</summary>
/// <remarks>One thread may receive while another one sends; either, only one at a time. Disposing of it ends both.</remarks>
internal abstract class Transport : IDisposable
{
    /// <summary>What <see cref="ReceiveAsync"/> gives when there is nothing to receive after all.</summary>
    internal const int NothingYet = -1;

    /// <summary>Waits, without holding a buffer, until there is something to receive, or the end.</summary>
    internal abstract ValueTask<int> WaitAsync();

    /// <summary>Receives what is there.</summary>
    /// <returns>The number of bytes; 0 at the end; or <see cref="NothingYet"/>.</returns>
    internal abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends; complete at once when the kernel takes it all.</summary>
    /// <returns>How many bytes were taken, at least one.</returns>
    internal abstract ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Says that nothing more will be sent.</summary>
    internal abstract void EndSending();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Plain TCP: receives and sends without a hand-over wherever the kernel is ready.</summary>
internal sealed class TcpTransport : Transport
{
    private readonly Socket _socket;

    /// <param name="socket">A connected socket; owned by the transport from here on.</param>
    internal TcpTransport(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;
    }

    internal override ValueTask<int> WaitAsync() => _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);

    internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int received = _socket.Receive(buffer.Span, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => new(received),
            SocketError.WouldBlock => new(NothingYet),
            _ => throw new SocketException((int)error),
        };
    }

    internal override ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        int sent = _socket.Send(bytes.Span, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => new(sent),
            SocketError.WouldBlock => _socket.SendAsync(bytes, SocketFlags.None),
            _ => throw new SocketException((int)error),
        };
    }

    internal override void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    public override void Dispose() => _socket.Dispose();
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

    internal override ValueTask<int> WaitAsync() => _stream.ReadAsync(Memory<byte>.Empty);

    internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _stream.ReadAsync(buffer);

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
