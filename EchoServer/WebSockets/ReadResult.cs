namespace EchoServer.WebSockets;

/// <summary>What <see cref="MessageReader.Read"/> found.</summary>
internal enum ReadResult
{
    /// <summary>Nothing whole yet: call again with the unconsumed bytes and more behind them.</summary>
    NeedMore,

    /// <summary>A whole text or binary message.</summary>
    Message,

    /// <summary>A ping; its payload is due back in a pong.</summary>
    Ping,

    /// <summary>A pong.</summary>
    Pong,

    /// <summary>A Close frame; <see cref="ClosePayload.Read"/> reads its payload.</summary>
    Close,

    /// <summary>The peer broke a rule: <see cref="MessageReader.Violation"/>. Only <see cref="MessageReader.DiscardUntilClose"/> helps.</summary>
    Violation,
}
