using EchoServer.Connect;

namespace EchoServer.Load.Opening;

/// <summary>TLS, or a connection through a proxy.</summary>
internal sealed class StreamTransport(TcpLink link) : LoadTransport
{
    private readonly Stream _stream = link.Stream;

    internal override async ValueTask WaitAsync() => await _stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);

    internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _stream.ReadAsync(buffer);

    // A wait for bytes that are decrypted already costs nothing.
    internal override bool IsEmptyAfter(int received, int room) => true;

    internal override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes).ConfigureAwait(false);
        return bytes.Length;
    }

    internal override void EndSending() => link.EndSending();

    public override void Dispose()
    {
        link.Dispose();
        _stream.Dispose();
    }
}
