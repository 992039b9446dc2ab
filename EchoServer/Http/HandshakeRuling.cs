namespace EchoServer.Http;

/// <summary>What an application makes of a handshake that is sound.</summary>
/// <param name="Rejection">Why it is refused; null to accept it.</param>
/// <param name="Subprotocol">The subprotocol to answer with, whatever was offered; null for the first that the client offers.</param>
internal readonly record struct HandshakeRuling(HttpRejection? Rejection = null, string? Subprotocol = null);
