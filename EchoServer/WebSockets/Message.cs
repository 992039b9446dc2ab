using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EchoServer.WebSockets;

/// <summary>One whole message, as its handler gets it.</summary>
/// <remarks>
/// A view of the receive buffer, which is used again as soon as the handler returns: valid only inside the callback (the compiler
/// sees to that), and the reason why an echo allocates nothing. Copy what must live longer.
/// </remarks>
internal readonly ref struct Message
{
    // Two words, so that calls pass a message in registers: a span of its own would make it three, passed through memory.
    private readonly ref byte _start;

    // From the highest bit: 16 bits of headroom, one for text, the length.
    private readonly long _shape;

    private const int HeadroomShift = 48;
    private const long TextBit = 1L << 47;

    /// <summary>Makes a view of a message.</summary>
    /// <param name="isText">Whether it is text; the bytes are then known to be UTF-8.</param>
    /// <param name="bytes">The unmasked payload.</param>
    /// <param name="headroom">As <see cref="Headroom"/>, at most 32767.</param>
    public Message(bool isText, ReadOnlySpan<byte> bytes, int headroom = 0)
    {
        _start = ref MemoryMarshal.GetReference(bytes);
        _shape = ((long)headroom << HeadroomShift) | (isText ? TextBit : 0) | (long)bytes.Length;
    }

    /// <summary>Whether the message is text (RFC 6455 §5.6) rather than binary.</summary>
    public bool IsText => (_shape & TextBit) != 0;

    /// <summary>The payload: UTF-8, already checked, when it is text.</summary>
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.CreateReadOnlySpan(ref _start, (int)_shape);

    /// <summary>How many bytes right before <see cref="Bytes"/> may be written over.</summary>
    internal int Headroom => (int)(_shape >>> HeadroomShift);

    /// <summary>Makes a frame (RFC 6455 §5.2) of a prefix and the message where it lies, without a copy. The message stays as it is.</summary>
    /// <returns>The frame, in the <see cref="Headroom"/> and the message; empty where there is too little of it.</returns>
    internal Span<byte> ToFrame(Opcode opcode, ReadOnlySpan<byte> prefix)
    {
        int payload = prefix.Length + Bytes.Length;
        int header = Frame.SizeOfHeader(payload, masked: false);
        int before = header + prefix.Length;
        if (before > Headroom)
        {
            return default;
        }

        Span<byte> frame = MemoryMarshal.CreateSpan(ref Unsafe.Subtract(ref _start, before), before + Bytes.Length);
        Frame.WriteHeader(frame, opcode, payload);
        prefix.CopyTo(frame[header..]);
        return frame;
    }

    /// <summary>The text of the message.</summary>
    /// <returns>A copy, decoded as UTF-8; bytes of a binary message that are not UTF-8 become U+FFFD.</returns>
    public override string ToString() => Encoding.UTF8.GetString(Bytes);
}
