using System.Net;
using System.Net.Sockets;
using System.Text;
using EchoServer.Tests.Support.Peers;

namespace EchoServer.Tests.Attacks;

/// <summary>
/// A TCP client that means harm, one of a crowd: asynchronous, because a thread for each would be the test attacking itself. Every
/// wait ends with the token that it was made with.
/// </summary>
internal sealed class Attacker : IDisposable
{
    // Far more than the server has to say to anyone who is refused; an attack that expects echoes reads them as they come.
    private const int MaxKeptBytes = 4 * 1024 * 1024;

    private readonly Socket _socket;
    private readonly CancellationToken _patience;

    private Attacker(Socket socket, CancellationToken patience)
    {
        _socket = socket;
        _patience = patience;
    }

    /// <summary>Connects.</summary>
    /// <param name="port">The server's port on 127.0.0.1.</param>
    /// <param name="patience">Ends every wait of this attacker.</param>
    /// <param name="bufferBytes">The size of the kernel's buffers on this side; null for its own choice.</param>
    public static async Task<Attacker> ConnectAsync(int port, CancellationToken patience, int? bufferBytes = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (bufferBytes is int size)
            {
                socket.ReceiveBufferSize = size;
                socket.SendBufferSize = size;
            }

            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), patience);
            return new Attacker(socket, patience);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // Accepted, and cut again before this side saw the first: whoever sends or reads will find that out.
            return new Attacker(socket, patience);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Upgrades to WebSocket on <c>/raw</c>, where the server says nothing by itself.</summary>
    /// <param name="lines">More header lines.</param>
    public async Task UpgradeAsync(params string[] lines)
    {
        await SendAsync(Encoding.ASCII.GetBytes(RawPeer.UpgradeRequest("/raw", lines)));
        byte[] buffer = new byte[512];
        int length = 0;
        do
        {
            int received = await _socket.ReceiveAsync(buffer.AsMemory(length), _patience);
            length += received > 0 ? received : throw new EndOfStreamException("the server ended the connection during the handshake");
        }
        while (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8));

        string head = Encoding.ASCII.GetString(buffer, 0, length);
        if (!head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"no upgrade: {head}");
        }
    }

    /// <summary>Sends.</summary>
    /// <returns>False when the server has cut the connection.</returns>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, _patience)..];
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Sends the same bytes over and over until the server cuts the connection.</summary>
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
            return await _socket.ReceiveAsync(buffer, _patience);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Sends while it reads what comes back, to its end: a server that is busy answering need not be waited for.</summary>
    public async Task<Answer> SendAndReadToEndAsync(byte[] bytes)
    {
        Task<Answer> reading = ReadToEndAsync();
        await SendAsync(bytes);
        return await reading;
    }

    /// <summary>Reads until the connection ends, by end of stream or reset.</summary>
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

    /// <summary>Ends the connection with a reset (RST).</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
