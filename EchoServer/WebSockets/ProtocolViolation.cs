namespace EchoServer.WebSockets;

/// <summary>A rule of RFC 6455 that the peer broke.</summary>
/// <param name="Code">The close code that the rule asks for.</param>
/// <param name="Reason">One sentence part that quotes the offending value; ASCII and at most 123 bytes, to fit a Close frame.</param>
/// <remarks>The core names the broken rule; the connection decides the consequence.</remarks>
internal sealed record ProtocolViolation(CloseCode Code, string Reason);
