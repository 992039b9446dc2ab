using EchoServer.WebSockets;

namespace EchoServer.Connect;

/// <summary>What a connection has to tell.</summary>
internal enum ClientEventKind
{
    /// <summary>A text message.</summary>
    Text,

    /// <summary>A binary message.</summary>
    Binary,

    /// <summary>A ping, which is answered already.</summary>
    Ping,

    /// <summary>A pong.</summary>
    Pong,

    /// <summary>The server's Close: nothing comes after it.</summary>
    Close,

    /// <summary>The end of the stream (FIN) without a Close.</summary>
    Ended,

    /// <summary>The connection was reset, or broke otherwise, without a Close.</summary>
    Broken,

    /// <summary>The server broke the protocol: nothing is read after it, and it is told so.</summary>
    Violation,
}

/// <summary>Something that came over a connection.</summary>
/// <param name="Kind">What.</param>
/// <param name="Payload">The message, or what a ping or pong carries; owned by whoever gets it.</param>
internal sealed record ClientEvent(ClientEventKind Kind, byte[] Payload)
{
    /// <summary>The code of a <see cref="ClientEventKind.Close"/>, or of a <see cref="ClientEventKind.Violation"/>.</summary>
    internal CloseCode Code { get; init; } = CloseCode.AbnormalClosure;

    /// <summary>The reason that goes with it, unescaped.</summary>
    internal string Reason { get; init; } = "";

    /// <summary>What broke the connection.</summary>
    internal Exception? Cause { get; init; }

    /// <summary>Whether nothing comes after it.</summary>
    internal bool IsEnd => Kind is ClientEventKind.Close or ClientEventKind.Ended or ClientEventKind.Broken or ClientEventKind.Violation;
}
