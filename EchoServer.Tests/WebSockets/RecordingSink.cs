using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

/// <summary>Keeps the frames of a <see cref="WebSocketProtocol{TSink}"/>, as they would be on the wire.</summary>
internal readonly struct RecordingSink(Role role) : IFrameSink
{
    private readonly Wire _wire = new();

    public bool IsClosed => _wire.IsClosed;

    public byte[] Sent => _wire.Bytes.ToArray();

    public static byte[] Expect(Role role, params IEnumerable<WireFrame> frames) =>
        WireFrame.Join(frames.Select((frame, index) => frame with { Masked = role == Role.Client, Key = KeyOf(index) }));

    public bool Write(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        WriteFrame(opcode, first, second, isCompressed: false);

    public bool WriteCompressed(Opcode opcode, ReadOnlySpan<byte> payload, int messageBytes) =>
        WriteFrame(opcode, payload, default, isCompressed: true);

    public bool WriteClose(ReadOnlySpan<byte> payload)
    {
        bool isFirst = WriteFrame(Opcode.Close, payload, default, isCompressed: false);
        _wire.IsClosed = true;
        return isFirst;
    }

    /// <summary>Does as when the connection broke, or another thread sent a Close.</summary>
    public void CloseElsewhere() => _wire.IsClosed = true;

    private bool WriteFrame(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isCompressed)
    {
        if (_wire.IsClosed)
        {
            return false;
        }

        byte[] frame = new byte[Frame.MaxHeaderSize + first.Length + second.Length];
        uint? key = role == Role.Client ? BitConverter.ToUInt32(KeyOf(_wire.Frames)) : null;
        _wire.Frames++;
        _wire.Bytes.Write(frame, 0, Frame.Write(frame, opcode, first, second, key, isCompressed));
        return true;
    }

    private static byte[] KeyOf(int index) => [0x37, 0xFA, 0x21, (byte)index];

    private sealed class Wire
    {
        public MemoryStream Bytes { get; } = new();

        public int Frames { get; set; }

        public bool IsClosed { get; set; }
    }
}
