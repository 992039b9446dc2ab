namespace EchoServer.WebSockets;

/// <summary>Takes the frames that a <see cref="WebSocketProtocol{TSink}"/> sends, in order.</summary>
/// <remarks>
/// Implemented by structs, so that no call goes through an interface. The sink writes the frames (<see cref="Frame.Write"/>), and a
/// client's sink masks each with a fresh key (RFC 6455 §5.3). It alone knows what other threads have sent before.
/// </remarks>
internal interface IFrameSink
{
    /// <summary>Whether a Close frame was accepted, or nothing can be sent any more.</summary>
    bool IsClosed { get; }

    /// <summary>Takes an unfragmented frame that is not a Close.</summary>
    /// <param name="opcode">What the frame is.</param>
    /// <param name="first">The first part of its payload; may be empty.</param>
    /// <param name="second">The second part.</param>
    /// <returns>False when the frame was dropped because the sink is closed.</returns>
    bool Write(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second);

    /// <summary>Takes a compressed message (RFC 7692 §6.1).</summary>
    /// <param name="opcode">Text or binary.</param>
    /// <param name="payload">The message, compressed.</param>
    /// <param name="messageBytes">The length before compression; used for metrics.</param>
    /// <returns>False when the frame was dropped because the sink is closed.</returns>
    bool WriteCompressed(Opcode opcode, ReadOnlySpan<byte> payload, int messageBytes);

    /// <summary>Takes a Close frame: the last frame. Any thread that may call <see cref="WebSocketProtocol{TSink}.Close"/>.</summary>
    /// <param name="payload">As <see cref="ClosePayload.Write"/> makes it.</param>
    /// <returns>False when the frame was dropped because the sink is closed.</returns>
    bool WriteClose(ReadOnlySpan<byte> payload);
}
