using System.Net.Security;
using System.Net.Sockets;

namespace EchoServer.Load.Opening;

/// <summary>TLS, as the system's own policy has it.</summary>
internal sealed class TlsTransport : LoadTransport
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
