namespace EchoServer.WebSockets;

/// <summary>Which end of the connection reads: it decides whether frames must or must not be masked (RFC 6455 §5.1).</summary>
internal enum Role : byte
{
    /// <summary>Reads what a client sends: every frame must be masked.</summary>
    Server,

    /// <summary>Reads what a server sends: no frame may be masked.</summary>
    Client,
}
