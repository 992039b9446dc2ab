namespace EchoServer.Load.Opening;

/// <summary>A connection on which frames are spoken from here on.</summary>
/// <param name="Transport">Where its bytes go.</param>
/// <param name="Received">What came behind the answer to the handshake.</param>
internal sealed record OpenedTransport(LoadTransport Transport, byte[] Received);
