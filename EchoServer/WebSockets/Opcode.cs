namespace EchoServer.WebSockets;

/// <summary>What a frame is (RFC 6455 §5.2); the other ten values are reserved.</summary>
internal enum Opcode : byte
{
    /// <summary>The next fragment of the message that was begun.</summary>
    Continuation = 0x0,

    /// <summary>A text message, or its first fragment.</summary>
    Text = 0x1,

    /// <summary>A binary message, or its first fragment.</summary>
    Binary = 0x2,

    /// <summary>Begins or answers the closing handshake (§5.5.1).</summary>
    Close = 0x8,

    /// <summary>Asks for a pong (§5.5.2).</summary>
    Ping = 0x9,

    /// <summary>Answers a ping, or stands alone as a heartbeat (§5.5.3).</summary>
    Pong = 0xA,
}
