using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EchoServer.WebSockets;

/// <summary>The header of one frame: everything before its payload (RFC 6455 §5.2).</summary>
/// <remarks>
/// <code>
///   0                   1                   2                   3
///   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///  +-+-+-+-+-------+-+-------------+-------------------------------+
///  |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
///  |I|S|S|S|  (4)  |A|     (7)     |             (16/64)           |
///  |N|V|V|V|       |S|             |   (if payload len==126/127)   |
///  | |1|2|3|       |K|             |                               |
///  +-+-+-+-+-------+-+-------------+ - - - - - - - - - - - - - - - +
///  |     Extended payload length continued, if payload len == 127  |
///  + - - - - - - - - - - - - - - - +-------------------------------+
///  |                               |Masking-key, if MASK set to 1  |
///  +-------------------------------+-------------------------------+
/// </code>
/// A value without state: safe on any thread.
/// </remarks>
internal readonly struct Frame
{
    /// <summary>The most bytes a control frame may carry (RFC 6455 §5.5).</summary>
    public const int MaxControlPayload = 125;

    /// <summary>The longest header: two bytes, a 64-bit length and a masking key.</summary>
    public const int MaxHeaderSize = 2 + sizeof(ulong) + MaskingKeySize;

    // RFC 6455 §5.2, the first two bytes.
    private const byte FinBit = 0x80;
    private const byte ReservedBits = 0x70;
    private const byte CompressedBit = 0x40;
    private const byte OpcodeBits = 0x0F;
    private const byte ControlBit = 0x08;
    private const byte MaskBit = 0x80;
    private const byte LengthBits = 0x7F;

    // RFC 6455 §5.2: these two values of the 7-bit length announce a 16-bit and a 64-bit length.
    private const int Length16Follows = 126;
    private const int Length64Follows = 127;
    private const int MaskingKeySize = sizeof(uint);

    private Frame(bool isFinal, bool isCompressed, Opcode opcode, bool isMasked, uint maskingKey, ulong payloadLength, int headerSize)
    {
        IsFinal = isFinal;
        IsCompressed = isCompressed;
        Opcode = opcode;
        IsMasked = isMasked;
        MaskingKey = maskingKey;
        PayloadLength = payloadLength;
        HeaderSize = headerSize;
    }

    /// <summary>Whether this is the last fragment of its message (FIN).</summary>
    public bool IsFinal { get; }

    /// <summary>Whether this begins a compressed message (RSV1; RFC 7692 §6).</summary>
    public bool IsCompressed { get; }

    /// <summary>What the frame is; a reserved value only from <see cref="TryReadLayout"/>.</summary>
    public Opcode Opcode { get; }

    /// <summary>Whether the payload is masked.</summary>
    public bool IsMasked { get; }

    /// <summary>The masking key in memory order, for <see cref="Masking"/>; 0, which changes nothing, when not masked.</summary>
    public uint MaskingKey { get; }

    /// <summary>Bytes of payload that follow the header, as declared.</summary>
    public ulong PayloadLength { get; }

    /// <summary>Bytes that the header takes, 2 to <see cref="MaxHeaderSize"/>.</summary>
    public int HeaderSize { get; }

    /// <summary>Whether the frame is a Close, Ping or Pong (RFC 6455 §5.5).</summary>
    public bool IsControl => ((byte)Opcode & ControlBit) != 0;

    /// <summary>Reads and checks the header at the start of the input.</summary>
    /// <param name="input">Bytes received, beginning at a frame.</param>
    /// <param name="role">Which end reads.</param>
    /// <param name="frame">The header, when <see cref="ParseStatus.Done"/>.</param>
    /// <param name="violation">The rule broken, when <see cref="ParseStatus.Bad"/>.</param>
    /// <remarks>Consumes nothing.</remarks>
    public static ParseStatus Read(ReadOnlySpan<byte> input, Role role, out Frame frame, out ProtocolViolation? violation) =>
        Read(input, role, mayCompress: false, out frame, out violation);

    /// <summary>Reads and checks the header at the start of the input, where permessage-deflate may have been agreed on.</summary>
    /// <param name="input">Bytes received, beginning at a frame.</param>
    /// <param name="role">Which end reads.</param>
    /// <param name="mayCompress">Whether permessage-deflate was agreed on: then a message may begin with RSV1 set (RFC 7692 §6).</param>
    /// <param name="frame">The header, when <see cref="ParseStatus.Done"/>.</param>
    /// <param name="violation">The rule broken, when <see cref="ParseStatus.Bad"/>.</param>
    /// <remarks>Consumes nothing.</remarks>
    public static ParseStatus Read(
        ReadOnlySpan<byte> input, Role role, bool mayCompress, out Frame frame, out ProtocolViolation? violation)
    {
        frame = default;
        violation = null;
        if (input.Length < 2)
        {
            return ParseStatus.NeedMore;
        }

        violation = CheckFirstTwoBytes(input[0], input[1], role, mayCompress);
        if (violation is not null)
        {
            return ParseStatus.Bad;
        }

        if (!TryReadLayout(input, out frame))
        {
            return ParseStatus.NeedMore;
        }

        violation = CheckLength(input[1] & LengthBits, frame.PayloadLength);
        return violation is null ? ParseStatus.Done : ParseStatus.Bad;
    }

    /// <summary>Reads the most common frame in few steps: a plain message of at most 125 bytes that is all there.</summary>
    /// <param name="input">Bytes received, beginning at a frame.</param>
    /// <param name="role">Which end reads.</param>
    /// <param name="opcode">Text or binary.</param>
    /// <param name="maskingKey">As <see cref="MaskingKey"/>.</param>
    /// <param name="headerSize">As <see cref="HeaderSize"/>.</param>
    /// <param name="size">Bytes that the whole frame takes.</param>
    /// <returns>False for all other frames, those that break a rule included: they are for the other methods.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadShortMessage(
        ReadOnlySpan<byte> input, Role role, out Opcode opcode, out uint maskingKey, out int headerSize, out int size)
    {
        const int maskedHeaderSize = 2 + MaskingKeySize;
        if (input.Length >= maskedHeaderSize)
        {
            // A mask bit that is missing, or there against the rule, makes this number too large.
            bool isMasked = role == Role.Server;
            int length = input[1] ^ (isMasked ? MaskBit : 0);
            headerSize = isMasked ? maskedHeaderSize : 2;
            size = headerSize + length;
            opcode = (Opcode)(input[0] ^ FinBit);
            maskingKey = isMasked ? MemoryMarshal.Read<uint>(input[2..]) : 0;
            return opcode is Opcode.Text or Opcode.Binary && length < Length16Follows && size <= input.Length;
        }

        opcode = default;
        maskingKey = 0;
        headerSize = size = 0;
        return false;
    }

    /// <summary>Reads a header without checking it, to step over the frame.</summary>
    /// <param name="input">Bytes received, beginning at a frame.</param>
    /// <param name="frame">The header, when there was enough input.</param>
    /// <returns>False when more bytes are needed.</returns>
    public static bool TryReadLayout(ReadOnlySpan<byte> input, out Frame frame)
    {
        frame = default;
        if (input.Length < 2)
        {
            return false;
        }

        bool isMasked = (input[1] & MaskBit) != 0;
        int shortLength = input[1] & LengthBits;
        int size = SizeOf(shortLength, isMasked);
        if (input.Length < size)
        {
            return false;
        }

        ulong length = shortLength switch
        {
            Length16Follows => BinaryPrimitives.ReadUInt16BigEndian(input[2..]),
            Length64Follows => BinaryPrimitives.ReadUInt64BigEndian(input[2..]),
            _ => (ulong)shortLength,
        };
        uint key = isMasked ? MemoryMarshal.Read<uint>(input[(size - MaskingKeySize)..]) : 0;
        frame = new Frame((input[0] & FinBit) != 0, (input[0] & CompressedBit) != 0, (Opcode)(input[0] & OpcodeBits), isMasked, key, length, size);
        return true;
    }

    /// <summary>The bytes that a header for such a payload takes.</summary>
    /// <param name="payloadLength">Bytes of payload.</param>
    /// <param name="masked">Whether a masking key is part of it.</param>
    /// <returns>2 to <see cref="MaxHeaderSize"/>.</returns>
    public static int SizeOfHeader(int payloadLength, bool masked) => SizeOf(ShortLength(payloadLength), masked);

    /// <summary>Writes a header; the payload is the caller's to write after it.</summary>
    /// <param name="destination">At least <see cref="SizeOfHeader"/> long.</param>
    /// <param name="opcode">What the frame is.</param>
    /// <param name="payloadLength">Bytes of payload that will follow.</param>
    /// <param name="isFinal">Whether this is the last fragment of its message.</param>
    /// <param name="maskingKey">A client's key in memory order, fresh from a strong random source (§5.3); null for a server.</param>
    /// <param name="isCompressed">Whether the frame begins a compressed message (RFC 7692 §6).</param>
    /// <returns>The number of bytes written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WriteHeader(
        Span<byte> destination, Opcode opcode, int payloadLength, bool isFinal = true, uint? maskingKey = null, bool isCompressed = false)
    {
        int shortLength = ShortLength(payloadLength);
        destination[0] = (byte)((isFinal ? FinBit : 0) | (isCompressed ? CompressedBit : 0) | (byte)opcode);
        if (shortLength < Length16Follows && !maskingKey.HasValue)
        {
            destination[1] = (byte)shortLength;
            return 2;
        }

        return WriteLongHeader(destination, shortLength, payloadLength, maskingKey);
    }

    private static int WriteLongHeader(Span<byte> destination, int shortLength, int payloadLength, uint? maskingKey)
    {
        int size = SizeOf(shortLength, maskingKey.HasValue);
        destination[1] = (byte)((maskingKey.HasValue ? MaskBit : 0) | shortLength);
        if (shortLength == Length16Follows)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)payloadLength);
        }
        else if (shortLength == Length64Follows)
        {
            BinaryPrimitives.WriteUInt64BigEndian(destination[2..], (ulong)payloadLength);
        }

        if (maskingKey is uint key)
        {
            MemoryMarshal.Write(destination[(size - MaskingKeySize)..], key);
        }

        return size;
    }

    /// <summary>Writes a whole frame whose payload comes in two parts.</summary>
    /// <param name="destination">At least <see cref="SizeOfHeader"/> and the payload long.</param>
    /// <param name="opcode">What the frame is.</param>
    /// <param name="first">The first part of the payload; may be empty.</param>
    /// <param name="second">The second part.</param>
    /// <param name="maskingKey">A client's key in memory order, fresh from a strong random source (§5.3); null for a server.</param>
    /// <param name="isCompressed">Whether the frame carries a compressed message (RFC 7692 §6).</param>
    /// <param name="isFinal">Whether it is the last frame of its message.</param>
    /// <returns>The number of bytes written.</returns>
    public static int Write(
        Span<byte> destination,
        Opcode opcode,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        uint? maskingKey = null,
        bool isCompressed = false,
        bool isFinal = true)
    {
        int payload = first.Length + second.Length;
        int header = WriteHeader(destination, opcode, payload, isFinal, maskingKey, isCompressed);
        if (!first.IsEmpty)
        {
            first.CopyTo(destination[header..]);
        }

        second.CopyTo(destination[(header + first.Length)..]);
        if (maskingKey is uint key)
        {
            Masking.Apply(destination.Slice(header, payload), key);
        }

        return header + payload;
    }

    private static ProtocolViolation? CheckFirstTwoBytes(byte first, byte second, Role role, bool mayCompress)
    {
        // RFC 6455 §5.2: reserved bits "MUST be 0 unless an extension is negotiated that defines meanings".
        if ((first & ReservedBits) != 0 && !(mayCompress && IsStartOfCompressed(first)))
        {
            return mayCompress && (first & ReservedBits) == CompressedBit
                ? new(CloseCode.ProtocolError, $"RSV1 is set on a frame that begins no message (opcode 0x{first & OpcodeBits:X})")
                : new(CloseCode.ProtocolError, $"reserved bits 0x{first & ReservedBits:X2} are set without an extension");
        }

        var opcode = (Opcode)(first & OpcodeBits);
        if (opcode is not (Opcode.Continuation or Opcode.Text or Opcode.Binary or Opcode.Close or Opcode.Ping or Opcode.Pong))
        {
            return new(CloseCode.ProtocolError, $"opcode 0x{(byte)opcode:X} is reserved");
        }

        // RFC 6455 §5.1: the server "MUST close the connection upon receiving a frame that is not masked", a client one that is.
        bool isMasked = (second & MaskBit) != 0;
        if (isMasked != (role == Role.Server))
        {
            return new(
                CloseCode.ProtocolError, isMasked ? "a frame from a server is masked" : "a frame from a client is not masked");
        }

        // RFC 6455 §5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
        if ((first & ControlBit) != 0)
        {
            if ((first & FinBit) == 0)
            {
                return new(CloseCode.ProtocolError, $"a {opcode} frame is fragmented");
            }

            if ((second & LengthBits) > MaxControlPayload)
            {
                return new(CloseCode.ProtocolError, $"a {opcode} frame is over {MaxControlPayload} bytes");
            }
        }

        return null;
    }

    /// <summary>RFC 7692 §6: RSV1 stands on the first frame of a data message, and on no other.</summary>
    private static bool IsStartOfCompressed(byte first) =>
        (first & ReservedBits) == CompressedBit && (Opcode)(first & OpcodeBits) is (Opcode.Text or Opcode.Binary);

    private static ProtocolViolation? CheckLength(int shortLength, ulong length)
    {
        // RFC 6455 §5.2: for 64 bits, "the most significant bit MUST be 0".
        if (length > long.MaxValue)
        {
            return new(CloseCode.ProtocolError, $"payload length 0x{length:X16} has its top bit set");
        }

        // RFC 6455 §5.2: "the minimal number of bytes MUST be used to encode the length".
        int least = shortLength switch { Length16Follows => Length16Follows, Length64Follows => ushort.MaxValue + 1, _ => 0 };
        return length < (ulong)least
            ? new(CloseCode.ProtocolError, $"payload length {length} is not encoded in the fewest bytes")
            : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ShortLength(int payloadLength) => payloadLength switch
    {
        < Length16Follows => payloadLength,
        <= ushort.MaxValue => Length16Follows,
        _ => Length64Follows,
    };

    private static int SizeOf(int shortLength, bool masked)
    {
        int extended = shortLength switch { Length16Follows => sizeof(ushort), Length64Follows => sizeof(ulong), _ => 0 };
        return 2 + extended + (masked ? MaskingKeySize : 0);
    }
}
