namespace EchoServer.Http;

/// <summary>Why a request is refused.</summary>
/// <param name="Status">The status code of the answer.</param>
/// <param name="Reason">One sentence for the person at the other end, which quotes the offending value, escaped.</param>
/// <remarks>The core only says what is wrong; the connection turns it into bytes and a close.</remarks>
internal sealed record HttpRejection(HttpStatus Status, string Reason)
{
    /// <summary>The methods that the answer to a wrong method names (RFC 9110 §10.2.1): for a handshake GET alone.</summary>
    public string Allow { get; init; } = "GET";
}
