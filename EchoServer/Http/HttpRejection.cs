namespace EchoServer.Http;

/// <summary>Why a request is refused: in one sentence for the person at the other end, which quotes the offending value, escaped.</summary>
/// <remarks>The core names the flaw; the connection sends the answer and closes.</remarks>
internal sealed record HttpRejection(HttpStatus Status, string Reason)
{
    /// <summary>The sentence, without values of its query that only their sender may know.</summary>
    public string Reason { get; init; } = SensitiveFields.HideInQueries(Reason);

    /// <summary>The methods that the answer to a wrong method names (RFC 9110 §10.2.1): for a handshake GET alone.</summary>
    public string Allow { get; init; } = "GET";
}

/// <summary>An application's answer to a sound handshake: a rejection, or null, and a subprotocol, or null for the first that the client offers.</summary>
internal readonly record struct HandshakeRuling(HttpRejection? Rejection = null, string? Subprotocol = null);
