namespace EchoServer.Connect;

/// <summary>The heads of a handshake as they were on the wire.</summary>
/// <param name="Request">What was sent, with CR LF; empty when it did not come to that.</param>
/// <param name="Response">What came, up to and with the empty line.</param>
internal sealed record HandshakeHeads(string Request, string Response);
