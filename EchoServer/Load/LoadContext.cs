using EchoServer.Connect;

namespace EchoServer.Load;

/// <summary>Shared by all connections of a load.</summary>
/// <param name="Options">The load.</param>
/// <param name="Dialect">The greeting and the prefix of the server.</param>
/// <param name="Payload">The payloads of the messages.</param>
internal sealed record LoadContext(LoadOptions Options, EchoDialect Dialect, LoadPayload Payload)
{
    /// <summary>Whether the protocol is WebSocket, not raw TCP. Computed once, because each message asks for it.</summary>
    internal bool IsWebSocket { get; } = Options.IsWebSocket;

    /// <summary>The bytes that precede the payload in an echo.</summary>
    internal byte[] Prefix { get; } = Dialect.Prefix;
}
