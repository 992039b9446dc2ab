namespace EchoServer.Tests.Attacks;

/// <summary>
/// A TCP client that means harm, one of a crowd: asynchronous, because a thread for each would be the test attacking itself. A cut
/// connection is not an error.
/// </summary>
internal sealed class Attacker : IDisposable
{
    // Far more than a refusal has; an attack that expects echoes reads them as they arrive.
    private const int MaxKeptBytes = 4 * 1024 * 1024;

    private readonly AsyncPeer _peer;

    private Attacker(AsyncPeer peer) => _peer = peer;

    public static async Task<Attacker> ConnectAsync(int port, CancellationToken patience, int bufferBytes = 0) =>
        new(await AsyncPeer.ConnectAsync(port, patience, bufferBytes, bufferBytes, toleratesReset: true));

    public Task UpgradeAsync(params string[] lines) => _peer.UpgradeAsync(lines);

    /// <summary>Sends.</summary>
    /// <returns>False when the server has cut the connection.</returns>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _peer.SendAsync(bytes);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async Task FloodUntilCutAsync(ReadOnlyMemory<byte> bytes)
    {
        while (await SendAsync(bytes))
        {
            // A connection that takes everything at once would otherwise keep this thread for itself.
            await Task.Yield();
        }
    }

    /// <summary>Reads once.</summary>
    /// <returns>How many bytes; 0 when the connection has ended, either way.</returns>
    public async Task<int> ReadAsync(Memory<byte> buffer)
    {
        try
        {
            return await _peer.ReceiveAsync(buffer);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Sends a start, then the same bytes until the server cuts the connection, and reads its answers meanwhile.</summary>
    public async Task<Answer> SendAndFloodAsync(byte[] start, byte[] flood)
    {
        Task<Answer> reading = ReadToEndAsync();
        await SendAsync(start);
        await FloodUntilCutAsync(flood);
        return await reading;
    }

    /// <summary>Sends, and reads answers meanwhile to the end of the stream, so that neither side waits for the other.</summary>
    public async Task<Answer> SendAndReadToEndAsync(byte[] bytes)
    {
        Task<Answer> reading = ReadToEndAsync();
        await SendAsync(bytes);
        return await reading;
    }

    public async Task<Answer> ReadToEndAsync()
    {
        using var answer = new MemoryStream();
        byte[] buffer = new byte[1024];
        while (await ReadAsync(buffer) is > 0 and int received)
        {
            answer.Write(buffer, 0, received);
            Assert.That(answer.Length, Is.LessThan(MaxKeptBytes), "the server says more than anyone asked it");
        }

        return new Answer(answer.ToArray());
    }

    public void Reset() => _peer.Reset();

    public void Dispose() => _peer.Dispose();
}
