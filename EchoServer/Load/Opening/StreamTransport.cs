using EchoServer.Connect;

namespace EchoServer.Load.Opening;

/// <summary>TLS, or a connection through a proxy.</summary>
internal sealed class StreamTransport(TcpLink link) : LoadTransport
{
    private readonly Stream _stream = link.Stream;

    internal override ValueTask WaitAsync()
    {
        ValueTask<int> reading = _stream.ReadAsync(Memory<byte>.Empty);
        return reading.IsCompletedSuccessfully ? ValueTask.CompletedTask : new(reading.AsTask());
    }

    internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _stream.ReadAsync(buffer);

    /// <inheritdoc/>
    /// <remarks>A wait for bytes that are decrypted already costs nothing.</remarks>
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

    internal override void EndSending() => link.EndSending();

    public override void Dispose()
    {
        link.Dispose();
        _stream.Dispose();
    }

    private static async ValueTask<int> FinishAsync(ValueTask sending, int count)
    {
        await sending.ConfigureAwait(false);
        return count;
    }
}
