namespace EchoServer.Http;

/// <summary>Why a request is refused: in one sentence for the person at the other end, which quotes the offending value, escaped.</summary>
/// <remarks>The core names the flaw; the connection sends the answer and closes.</remarks>
internal sealed record HttpRejection(HttpStatus Status, string Reason)
{
    /// <summary>The methods that the answer to a wrong method names (RFC 9110 §10.2.1): for a handshake GET alone.</summary>
    public string Allow { get; init; } = "GET";
}

/// <summary>What an application makes of a handshake that is sound.</summary>
/// <param name="Rejection">Why it is refused; null to accept it.</param>
/// <param name="Subprotocol">The subprotocol to answer with, whatever was offered; null for the first that the client offers.</param>
internal readonly record struct HandshakeRuling(HttpRejection? Rejection = null, string? Subprotocol = null);
