namespace EchoServer.Diagnosis;

/// <summary>The kind of an event of an open connection.</summary>
internal enum ClientEventKind
{
    Text,
    Binary,

    /// <summary>A ping. It is answered already.</summary>
    Ping,

    Pong,
    Close,

    /// <summary>The end of the stream (FIN) without a Close.</summary>
    Fin,

    /// <summary>A reset (RST) without a Close.</summary>
    Reset,

    /// <summary>The server broke the protocol, or a limit of this client, and was told so.</summary>
    Violation,

    /// <summary>Nothing gets through any more, and neither side was told: a probe finds that, or the kernel, which gives up sending.</summary>
    Lost,
}
