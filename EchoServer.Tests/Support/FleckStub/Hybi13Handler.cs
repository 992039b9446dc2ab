#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's.
using System.Buffers.Binary;

namespace Fleck.Handlers;

/// <summary>Reads frames as Fleck's does: one opcode and one list of bytes for messages and control frames alike.</summary>
public sealed class Hybi13Handler : IHandler
{
    private readonly List<byte> _data = [];
    private readonly List<byte> _message = [];
    private Action<int, byte[]> _raise;
    private int _opcode;

    public static IHandler Create(WebSocketHttpRequest request, Action<string> onMessage, Action onClose, Action<byte[]> onBinary, Action<byte[]> onPing, Action<byte[]> onPong) =>
        new Hybi13Handler
        {
            _raise = (opcode, message) => (opcode switch
            {
                1 => () => onMessage(ReadText(message)),
                2 => () => onBinary(message),
                8 => onClose,
                9 => () => onPing(message),
                _ => (Action)(() => onPong(message)),
            })(),
        };

    public byte[] FrameText(string text) => FrameData(0x81, Encoding.UTF8.GetBytes(text));

    public byte[] FrameBinary(byte[] bytes) => FrameData(0x82, bytes);

    public byte[] FramePong(byte[] bytes) => FrameData(0x8A, bytes);

    public void Receive(IEnumerable<byte> data)
    {
        _data.AddRange(data);
        while (_data.Count >= 2)
        {
            byte[] frame = [.. _data];
            if ((frame[1] & 128) == 0)
            {
                throw new WebSocketException(1002);
            }

            int key = (frame[1] & 127) switch { 126 => 4, 127 => 10, _ => 2 };
            long length = key == 2 ? frame[1] & 127 : frame.Length < key ? long.MaxValue : frame[2..key].Aggregate(0L, (sum, b) => (sum << 8) | b);
            if (frame.Length - key - 4 < length)
            {
                return;
            }

            _message.AddRange(frame.Skip(key + 4).Take((int)length).Select((b, i) => (byte)(b ^ frame[key + (i % 4)])));
            _data.RemoveRange(0, key + 4 + (int)length);
            _opcode = (frame[0] & 15) is int opcode and not 0 ? opcode : _opcode;
            if (_opcode == 0)
            {
                throw new WebSocketException(1002);
            }

            if (frame[0] >= 128)
            {
                (opcode, byte[] message) = (_opcode, [.. _message]);
                _opcode = 0;
                _message.Clear();
                _raise(opcode, message);
            }
        }
    }

    private static string ReadText(byte[] bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (ArgumentException)
        {
            throw new WebSocketException(1007);
        }
    }

    private static byte[] FrameData(byte first, byte[] payload)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
        return payload.Length switch
        {
            < 126 => [first, (byte)payload.Length, .. payload],
            < 65536 => [first, 126, .. length[6..], .. payload],
            _ => [first, 127, .. length, .. payload],
        };
    }
}
