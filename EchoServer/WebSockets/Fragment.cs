namespace EchoServer.WebSockets;

/// <summary>Which part of a message, or control frame, a frame is (RFC 6455 §5.4).</summary>
/// <param name="Kind">What the whole is.</param>
/// <param name="IsFirst">Whether it begins with this frame.</param>
/// <param name="IsLast">Whether it ends with this frame.</param>
internal readonly record struct Fragment(Opcode Kind, bool IsFirst = true, bool IsLast = true)
{
    /// <summary>The opcode of the frame.</summary>
    public Opcode Opcode => IsFirst ? Kind : Opcode.Continuation;
}
