namespace EchoServer.Connect;

/// <summary>One header field of the handshake request, checked.</summary>
internal readonly record struct HeaderField(string Name, string Value);
