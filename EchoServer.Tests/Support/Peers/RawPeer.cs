using System.Net;

namespace EchoServer.Tests.Support.Peers;

/// <summary>One end of a TCP connection that can do what no good WebSocket client or server would. Blocking, with a bound on every wait.</summary>
internal sealed class RawPeer : IDisposable
{
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public RawPeer(int port, IPAddress? address = null)
        : this(new Socket((address ?? IPAddress.Loopback).AddressFamily, SocketType.Stream, ProtocolType.Tcp)) =>
        _socket.Connect(address ?? IPAddress.Loopback, port);

    /// <summary>The other way round: a server's side of a connection that it has accepted.</summary>
    public RawPeer(Socket socket)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _socket.ReceiveTimeout = (int)ServerProcess.Patience.TotalMilliseconds;
        _socket.SendTimeout = (int)ServerProcess.Patience.TotalMilliseconds;
    }

    public Socket Socket => _socket;

    public static string UpgradeRequest(string path = "/raw", params string[] extraLines) => string.Join(
        "\r\n",
        [
            $"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
            $"Sec-WebSocket-Key: {Key}", "Sec-WebSocket-Version: 13", .. extraLines, "", "",
        ]);

    /// <summary>Connects and sends a request.</summary>
    public static RawPeer Ask(int port, string request)
    {
        var peer = new RawPeer(port);
        peer.Send(request);
        return peer;
    }

    public static RawPeer Open(int port, string path = "/raw")
    {
        RawPeer peer = Ask(port, UpgradeRequest(path));
        string head = peer.ReadHead();
        if (!head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
        {
            peer.Dispose();
            throw new InvalidOperationException($"no upgrade: {head}");
        }

        return peer;
    }

    public void Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    public void Send(WireFrame frame) => Send(frame.ToBytes());

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    /// <summary>Sends the same bytes over and over, until the other end cuts the connection.</summary>
    /// <returns>Whether that happened before they were sent so often.</returns>
    public bool FloodUntilCut(byte[] bytes, int times = 1_000)
    {
        try
        {
            for (int i = 0; i < times; i++)
            {
                Send(bytes);
            }

            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Sends in pieces, each a TCP segment of its own.</summary>
    public void SendChopped(ReadOnlySpan<byte> bytes, int size)
    {
        for (; bytes.Length > size; bytes = bytes[size..])
        {
            Send(bytes[..size]);
        }

        Send(bytes);
    }

    /// <summary>Says that nothing more comes (FIN), and still reads.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection (FIN), whatever the other end still sends: a close with unread input is a reset instead.</summary>
    public void End()
    {
        EndSending();
        ReadToEndAndDrop();
        Dispose();
    }

    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>Reads the head of a request or an answer. As servers do, ends a connection that begins with a TLS hello in its place.</summary>
    public string ReadHead()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(ReadByte() ?? throw new EndOfStreamException($"end of stream in: {head}")));
            if (head[0] == TlsFront.HandshakeRecord)
            {
                End();
                throw new EndOfStreamException("a TLS hello in place of a head");
            }
        }

        return head.ToString();
    }

    /// <summary>Reads a frame; null at the end of the stream between two frames.</summary>
    public WireFrame? ReadFrame()
    {
        if (ReadByte() is not byte first)
        {
            return null;
        }

        byte second = ReadExactly(1)[0];
        int length = ReadLength(second);
        byte[] key = (second & 0x80) != 0 ? ReadExactly(4) : [];
        byte[] payload = ReadExactly(length);
        for (int i = 0; i < payload.Length && key.Length > 0; i++)
        {
            payload[i] ^= key[i % 4];
        }

        return new WireFrame(first & 0x0F, payload, (first & 0x80) != 0, (first >> 4) & 7) { Masked = key.Length > 0, Key = key };
    }

    public WireFrame ReadOneFrame() => ReadFrame() ?? throw new EndOfStreamException("the server ended the connection");

    public string ReadText()
    {
        WireFrame frame = ReadOneFrame();
        return frame is { Opcode: WireFrame.TextOpcode, Fin: true }
            ? Encoding.UTF8.GetString(frame.Payload)
            : throw new InvalidDataException($"not a text message: {frame}");
    }

    /// <summary>Reads until the server ends the stream; a reset throws.</summary>
    public byte[] ReadToEnd()
    {
        using var bytes = new MemoryStream();
        while (ReadByte() is byte b)
        {
            bytes.WriteByte(b);
        }

        return bytes.ToArray();
    }

    public void ReadToEndAndDrop()
    {
        while (Fill())
        {
            _start = _end;
        }
    }

    public byte[] ReadExactly(int count)
    {
        byte[] bytes = new byte[count];
        int done = 0;
        while (done < count)
        {
            if (!Fill())
            {
                throw new EndOfStreamException($"end of stream after {done} of {count} bytes");
            }

            int take = Math.Min(count - done, _end - _start);
            _buffer.AsSpan(_start, take).CopyTo(bytes.AsSpan(done));
            _start += take;
            done += take;
        }

        return bytes;
    }

    /// <summary>Reads bytes and drops them, without allocating.</summary>
    public void Skip(int count)
    {
        while (count > 0)
        {
            if (!Fill())
            {
                throw new EndOfStreamException($"end of stream {count} bytes too early");
            }

            int take = Math.Min(count, _end - _start);
            _start += take;
            count -= take;
        }
    }

    /// <summary>Reads a server's frame and drops it, without allocating.</summary>
    public void SkipFrame()
    {
        Skip(1);
        Skip(ReadLength(ReadByte() ?? throw new EndOfStreamException("end of stream in a frame")));
    }

    /// <summary>Passes on what this end and another send, until one of them ends.</summary>
    public void Join(RawPeer other)
    {
        using var near = new NetworkStream(_socket);
        using var far = new NetworkStream(other._socket);
        Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near)).Wait(ServerProcess.Patience);
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Reads the length of a payload, whose first seven bits are in the second byte of the frame.</summary>
    private int ReadLength(int second)
    {
        int length = second & 0x7F;
        int bytes = length switch { 126 => 2, 127 => 8, _ => 0 };
        length = bytes > 0 ? 0 : length;
        for (int i = 0; i < bytes; i++)
        {
            length = checked((length * 256) + (ReadByte() ?? throw new EndOfStreamException("end of stream in a frame")));
        }

        return length;
    }

    private byte? ReadByte() => Fill() ? _buffer[_start++] : null;

    private bool Fill()
    {
        if (_start == _end)
        {
            _start = 0;
            _end = _socket.Receive(_buffer);
        }

        return _end > _start;
    }
}
