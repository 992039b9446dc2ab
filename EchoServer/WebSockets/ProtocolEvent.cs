namespace EchoServer.WebSockets;

/// <summary>What <see cref="WebSocketProtocol{TSink}.Receive"/> found.</summary>
internal enum ProtocolEvent
{
    /// <summary>Nothing to tell. If nothing was consumed either, more bytes are needed.</summary>
    None,

    /// <summary>A whole text message.</summary>
    Text,

    /// <summary>A whole binary message.</summary>
    Binary,

    /// <summary>A ping. It is answered already.</summary>
    Ping,

    /// <summary>A pong.</summary>
    Pong,

    /// <summary>The peer's Close came and is answered: all later input is dropped.</summary>
    Closed,

    /// <summary>The peer broke a rule, and was told so in a Close frame. Only its own Close is awaited now: call again, even if nothing was consumed.</summary>
    Failed,
}
