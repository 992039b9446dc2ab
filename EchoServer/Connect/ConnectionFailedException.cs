using EchoServer.Diagnosis;

namespace EchoServer.Connect;

/// <summary>A connection could not be opened, or broke.</summary>
/// <param name="diagnosis">Why, and what to do.</param>
/// <param name="answer">What answered the handshake, where something did.</param>
/// <param name="heads">The heads of the handshake, as far as it came to them.</param>
internal sealed class ConnectionFailedException(Fault diagnosis, ReceivedAnswer? answer = null, HandshakeHeads? heads = null)
    : Exception(diagnosis.ToString())
{
    /// <summary>Why, and what to do.</summary>
    internal Fault Fault { get; } = diagnosis;

    /// <summary>What answered the handshake; null when nothing did.</summary>
    internal ReceivedAnswer? Answer { get; } = answer;

    /// <summary>The heads of the handshake; null when it did not come to that.</summary>
    internal HandshakeHeads? Heads { get; } = heads;
}
