namespace EchoServer.Load;

/// <summary>The load cannot be put on at all, and one line says why.</summary>
/// <param name="message">A sentence part fit for a terminal: what came from the network is escaped.</param>
internal sealed class LoadException(string message) : Exception(message);
