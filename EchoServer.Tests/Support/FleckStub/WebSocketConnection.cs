#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's.
#pragma warning disable CA5350 // RFC 6455 §4.2.2 asks for SHA-1.
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Fleck;

/// <summary>Calls its socket as Fleck's does: a read of 4 KiB behind each event, the opening behind the sent handshake.</summary>
public sealed class WebSocketConnection(ISocket socket, Action<IWebSocketConnection> initialize) : IWebSocketConnection
{
    private readonly List<byte> _data = [];
    private readonly List<byte> _message = [];
    private bool _isAnswered;
    private bool _isClosing;
    private int _opcode;

    public ISocket Socket { get; set; } = socket;
    public Action OnOpen { get; set; }
    public Action<string> OnMessage { get; set; }
    public Action<byte[]> OnBinary { get; set; }
    public Action<byte[]> OnPing { get; set; }
    public bool IsAvailable => !_isClosing && Socket.Connected;

    public Task Send(string message) => Send(1, Encoding.UTF8.GetBytes(message));

    public Task Send(byte[] message) => Send(2, message);

    public Task SendPong(byte[] message) => Send(10, message);

    public void Close(int code)
    {
        if (IsAvailable)
        {
            _isClosing = true;
            Write([0x88, 2, (byte)(code >> 8), (byte)code], CloseSocket);
        }
    }

    public void StartReceiving() => Read(new byte[4096]);

    private void Read(byte[] buffer)
    {
        if (IsAvailable)
        {
            Socket.Receive(
                buffer,
                count =>
                {
                    Take(buffer.AsSpan(0, count));
                    Read(buffer);
                },
                exception =>
                {
                    FleckLog.LogAction(LogLevel.Error, "Application Error", exception);
                    Close(exception is InvalidDataException ? 1002 : 1011);
                });
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (_isAnswered)
        {
            _data.AddRange(bytes);
            ReadFrames();
            return;
        }

        // As in Fleck: what stands behind the head in the same read is lost.
        string key = Encoding.ASCII.GetString(bytes).Split("Sec-WebSocket-Key:")[1].Split("\r\n")[0];
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        _isAnswered = true;
        initialize(this);
        Write(
            Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"),
            () => OnOpen());
    }

    private void ReadFrames()
    {
        while (_data.Count >= 2)
        {
            Span<byte> frame = CollectionsMarshal.AsSpan(_data);
            int key = (frame[1] & 127) switch { 126 => 4, 127 => 10, _ => 2 };
            if ((frame[1] & 128) == 0)
            {
                throw new InvalidDataException("not masked");
            }

            if (frame.Length < key + 4)
            {
                return;
            }

            int length = key == 2 ? frame[1] & 127 : (int)frame[2..key].ToArray().Aggregate(0L, (sum, b) => (sum << 8) | b);
            if (frame.Length < key + 4 + length)
            {
                return;
            }

            for (int i = 0; i < length; i++)
            {
                _message.Add((byte)(frame[key + 4 + i] ^ frame[key + (i % 4)]));
            }

            bool isFinal = frame[0] >= 128;
            _opcode = (frame[0] & 15) is int opcode and not 0 ? opcode : _opcode;
            _data.RemoveRange(0, key + 4 + length);
            if (isFinal)
            {
                byte[] message = [.. _message];
                _message.Clear();
                Raise(message);
            }
        }
    }

    private void Raise(byte[] message)
    {
        switch (_opcode)
        {
            case 1:
                OnMessage(Encoding.UTF8.GetString(message));
                break;
            case 2:
                OnBinary(message);
                break;
            case 8:
                Close(1000);
                break;
            case 9:
                OnPing(message);
                break;
        }
    }

    private Task Send(byte opcode, byte[] payload)
    {
        if (!IsAvailable)
        {
            return Task.FromException(new InvalidOperationException("Data sent while closing or after close. Ignoring."));
        }

        byte[] head = [(byte)(0x80 | opcode), (byte)(payload.Length < 126 ? payload.Length : payload.Length < 65536 ? 126 : 127)];
        byte[] length = BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness((ulong)payload.Length));
        return Write([.. head, .. length[(head[1] switch { 126 => 6, 127 => 0, _ => 8 })..], .. payload], () => { });
    }

    private Task Write(byte[] bytes, Action sent) => Socket.Send(bytes, sent, _ => CloseSocket());

    private void CloseSocket()
    {
        _isClosing = true;
        Socket.Close();
        Socket.Dispose();
    }
}
