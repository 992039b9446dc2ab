namespace EchoServer.Load.Opening;

/// <summary>The bytes under a connection: TCP, or TLS over it.</summary>
/// <remarks>One thread may receive while another one sends; either, only one at a time. Disposing of it ends both.</remarks>
internal abstract class LoadTransport : IDisposable
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
