using System.Text;

namespace EchoServer.WebSockets;

/// <summary>One whole message, as its handler gets it.</summary>
/// <remarks>
/// A view of the receive buffer, which is used again as soon as the handler returns: valid only inside the callback (the compiler
/// sees to that), and the reason why an echo allocates nothing. Copy what must live longer.
/// </remarks>
internal readonly ref struct Message
{
    // As wide as a register: a copy right after a shorter write would have to wait for it.
    private readonly nint _isText;

    /// <summary>Makes a view of a message.</summary>
    /// <param name="isText">Whether it is text; the bytes are then known to be UTF-8.</param>
    /// <param name="bytes">The unmasked payload.</param>
    public Message(bool isText, ReadOnlySpan<byte> bytes)
    {
        _isText = isText ? 1 : 0;
        Bytes = bytes;
    }

    /// <summary>Whether the message is text (RFC 6455 §5.6) rather than binary.</summary>
    public bool IsText => _isText != 0;

    /// <summary>The payload: UTF-8, already checked, when it is text.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The text of the message.</summary>
    /// <returns>A copy, decoded as UTF-8; bytes of a binary message that are not UTF-8 become U+FFFD.</returns>
    public override string ToString() => Encoding.UTF8.GetString(Bytes);
}
