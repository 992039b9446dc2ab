namespace EchoServer.Load;

/// <summary>The load cannot begin.</summary>
/// <param name="message">The cause, in one line; text from the network is escaped.</param>
internal sealed class LoadException(string message) : Exception(message);
