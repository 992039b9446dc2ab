using System.Buffers.Binary;

namespace EchoServer.Tests.Support.Wire;

/// <summary>How a test writes a frame's payload length, also where that is not the minimal way.</summary>
internal enum LengthForm
{
    Minimal,
    Bits16,
    Bits64,
}

/// <summary>
/// Frames as the tests write and read them: made from the figure in RFC 6455 §5.2 and not from the code under test, so that the
/// two check each other. It can write what no good client sends.
/// </summary>
internal sealed record WireFrame(int Opcode, byte[] Payload, bool Fin = true, int Rsv = 0)
{
    public const int Continuation = 0x0;
    public const int TextOpcode = 0x1;
    public const int BinaryOpcode = 0x2;
    public const int CloseOpcode = 0x8;
    public const int PingOpcode = 0x9;
    public const int PongOpcode = 0xA;

    public bool Masked { get; init; } = true;

    public byte[] Key { get; init; } = [0x37, 0xFA, 0x21, 0x3D];

    public LengthForm LengthForm { get; init; }

    /// <summary>What the header declares, when that is not the payload's length.</summary>
    public ulong? DeclaredLength { get; init; }

    public static WireFrame Text(string text, bool fin = true) => new(TextOpcode, Encoding.UTF8.GetBytes(text), fin);

    public static WireFrame Text(byte[] bytes, bool fin = true) => new(TextOpcode, bytes, fin);

    public static WireFrame Binary(byte[] bytes, bool fin = true) => new(BinaryOpcode, bytes, fin);

    public static WireFrame More(byte[] bytes, bool fin = false) => new(Continuation, bytes, fin);

    public static WireFrame Ping(byte[] bytes) => new(PingOpcode, bytes);

    public static WireFrame Pong(byte[] bytes) => new(PongOpcode, bytes);

    public static WireFrame Close(int code, string reason = "") =>
        new(CloseOpcode, [(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)]);

    public static WireFrame CloseEmpty() => new(CloseOpcode, []);

    /// <summary>The code in a Close frame's payload; 1005 when there is none.</summary>
    public int CloseCode => Payload.Length < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(Payload);

    public string CloseReason => Payload.Length < 2 ? "" : Encoding.UTF8.GetString(Payload.AsSpan(2));

    public byte[] ToBytes() => Join(this);

    public static byte[] Join(params IEnumerable<WireFrame> frames)
    {
        using var bytes = new MemoryStream();
        foreach (WireFrame frame in frames)
        {
            frame.WriteTo(bytes);
        }

        return bytes.ToArray();
    }

    private void WriteTo(MemoryStream bytes)
    {
        bytes.WriteByte((byte)((Fin ? 0x80 : 0) | (Rsv << 4) | Opcode));
        int mask = Masked ? 0x80 : 0;
        ulong length = DeclaredLength ?? (ulong)Payload.Length;
        LengthForm form = LengthForm != LengthForm.Minimal ? LengthForm
            : length < 126 ? LengthForm.Minimal
            : length < 65536 ? LengthForm.Bits16
            : LengthForm.Bits64;
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, length);
        switch (form)
        {
            case LengthForm.Bits16:
                bytes.WriteByte((byte)(mask | 126));
                bytes.Write(number[6..]);
                break;
            case LengthForm.Bits64:
                bytes.WriteByte((byte)(mask | 127));
                bytes.Write(number);
                break;
            default:
                bytes.WriteByte((byte)(mask | (int)length));
                break;
        }

        byte[] payload = [.. Payload];
        if (Masked)
        {
            bytes.Write(Key);
            for (int i = 0; i < payload.Length; i++)
            {
                payload[i] ^= Key[i & 3];
            }
        }

        bytes.Write(payload);
    }
}
