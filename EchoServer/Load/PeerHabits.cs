namespace EchoServer.Load;

/// <summary>What a server does beside echoing, as one connection saw it before the load begins.</summary>
/// <param name="Greetings">How many messages it sends on its own when a connection opens.</param>
/// <param name="Prefix">The bytes that it puts in front of an echo.</param>
/// <param name="Payload">How the messages for it look.</param>
internal sealed record PeerHabits(int Greetings, byte[] Prefix, LoadPayload Payload);
