using System.Buffers.Binary;
using System.Net;

namespace EchoServer.Tests.Attacks;

/// <summary>
/// A TCP client that means harm, one of a crowd: asynchronous, because a thread for each would be the test attacking itself. A cut
/// connection is not an error. Every wait ends with the token that it was made with.
/// </summary>
internal sealed class Attacker(CancellationToken patience) : IDisposable
{
    // RFC 6455 §5.2
    private const int FinBit = 0x80;

    // Far more than a refusal has; an attack that expects echoes reads them as they arrive.
    private const int MaxKeptBytes = 4 * 1024 * 1024;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Connects, with the kernel's own buffers or smaller ones. A reset is left to the next send or receive.</summary>
    public static async Task<Attacker> ConnectAsync(int port, CancellationToken patience, int? bufferBytes = null)
    {
        var attacker = new Attacker(patience);
        try
        {
            if (bufferBytes is int size)
            {
                attacker._socket.ReceiveBufferSize = attacker._socket.SendBufferSize = size;
            }

            await attacker._socket.ConnectAsync(IPAddress.Loopback, port, patience);
            return attacker;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return attacker;
        }
        catch
        {
            attacker.Dispose();
            throw;
        }
    }

    /// <summary>Connects and upgrades to WebSocket on <c>/raw</c>, where the server says nothing by itself.</summary>
    public static async Task<Attacker> OpenAsync(
        int port, CancellationToken patience, int? bufferBytes = null, params string[] lines)
    {
        Attacker attacker = await ConnectAsync(port, patience, bufferBytes);
        await attacker.SendAsync(Encoding.ASCII.GetBytes(RawPeer.UpgradeRequest("/raw", lines)));
        string head = await attacker.ReadHeadAsync();
        return head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal)
            ? attacker
            : throw new InvalidDataException($"no upgrade: {head}");
    }

    /// <summary>Sends.</summary>
    /// <returns>False when the server has cut the connection.</returns>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, patience)..];
            }

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
            return await _socket.ReceiveAsync(buffer, patience);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Reads an answer's head; after it nothing comes unasked except a refusal's body, which is dropped.</summary>
    public async Task<string> ReadHeadAsync()
    {
        byte[] buffer = new byte[1024];
        int length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            int received = await ReadAsync(buffer.AsMemory(length));
            length += received > 0 ? received : throw new EndOfStreamException("end of stream in an answer's head");
        }

        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    /// <summary>Reads up to a Close frame, which must have this code; only pings may come before it.</summary>
    public async Task ExpectCloseAsync(int code)
    {
        await using var stream = new NetworkStream(_socket, ownsSocket: false);
        byte[] header = new byte[2];
        byte[] payload;
        do
        {
            await stream.ReadExactlyAsync(header, patience);
            payload = new byte[header[1]];
            await stream.ReadExactlyAsync(payload, patience);
        }
        while (header[0] == (FinBit | WireFrame.PingOpcode));

        if (header[0] != (FinBit | WireFrame.CloseOpcode) || BinaryPrimitives.ReadUInt16BigEndian(payload) != code)
        {
            throw new InvalidDataException($"no Close {code}: {Convert.ToHexString(header)} {Convert.ToHexString(payload)}");
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

    public void Reset() => _socket.Close(0);

    public void Dispose() => _socket.Dispose();
}
