using System.Buffers.Binary;

namespace EchoServer.Tests.Attacks;

/// <summary>All that the server said to one attacker, from the upgrade or, where there was none, from the start.</summary>
internal sealed class Answer
{
    public Answer(byte[] bytes)
    {
        Text = Encoding.Latin1.GetString(bytes);
        bool isHttp = Text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal);
        Status = isHttp ? int.Parse(Text.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture) : 0;
        Frames = isHttp ? [] : ReadFrames(bytes);
    }

    /// <summary>The status of an HTTP answer; 0 when it is none.</summary>
    public int Status { get; }

    public string Text { get; }

    public IReadOnlyList<WireFrame> Frames { get; }

    /// <summary>The code of the Close frame; 0 when there was none.</summary>
    public int CloseCode => Frames.FirstOrDefault(frame => frame.Opcode == WireFrame.CloseOpcode)?.CloseCode ?? 0;

    public string[] Echoes =>
        [.. Frames.Where(frame => frame.Opcode == WireFrame.TextOpcode).Select(frame => Encoding.UTF8.GetString(frame.Payload))];

    /// <summary>Reads a frame of a server, which is not masked (RFC 6455 §5.2).</summary>
    /// <returns>The frame and its size on the wire; null when it is not whole.</returns>
    public static (WireFrame Frame, int Size)? TryReadFrame(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
        {
            return null;
        }

        (int header, ulong length) = bytes[1] switch
        {
            126 => (4, bytes.Length < 4 ? ulong.MaxValue : BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])),
            127 => (10, bytes.Length < 10 ? ulong.MaxValue : BinaryPrimitives.ReadUInt64BigEndian(bytes[2..])),
            byte small => (2, small),
        };
        if (length > int.MaxValue || bytes.Length - header < (int)length)
        {
            return null;
        }

        byte[] payload = bytes.Slice(header, (int)length).ToArray();
        return (new WireFrame(bytes[0] & 0x0F, payload, (bytes[0] & 0x80) != 0), header + (int)length);
    }

    private static List<WireFrame> ReadFrames(ReadOnlySpan<byte> bytes)
    {
        var frames = new List<WireFrame>();
        while (TryReadFrame(bytes) is (WireFrame frame, int size))
        {
            frames.Add(frame);
            bytes = bytes[size..];
        }

        return frames;
    }
}
