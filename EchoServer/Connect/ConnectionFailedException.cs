using EchoServer.Diagnosis;

namespace EchoServer.Connect;

/// <summary>A connection could not be opened, or what is needed of an open one did not work. The cause is known.</summary>
/// <param name="stage">What was being done.</param>
/// <param name="finding">What was seen, in a few words; escaped.</param>
/// <param name="fault">Why, and what to do.</param>
internal class ConnectionFailedException(Stage stage, string finding, Fault fault) : Exception(fault.ToString())
{
    /// <summary>What was being done.</summary>
    internal Stage Stage { get; } = stage;

    /// <summary>What was seen, in a few words; escaped.</summary>
    internal string Finding { get; } = finding;

    /// <summary>Why, and what to do.</summary>
    internal Fault Fault { get; } = fault;

    /// <summary>Whether nothing came in time.</summary>
    internal bool IsTimeout { get; init; }

    /// <summary>What answered the handshake; null when nothing did.</summary>
    internal ReceivedAnswer? Answer { get; init; }

    /// <summary>The last heads that were exchanged; null when it did not come to that.</summary>
    internal HandshakeHeads? Heads { get; set; }
}
