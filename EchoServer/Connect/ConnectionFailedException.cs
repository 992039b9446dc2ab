using EchoServer.Diagnosis;

namespace EchoServer.Connect;

/// <summary>A connection could not be opened, or failed when it was used. The cause is known.</summary>
internal class ConnectionFailedException(Stage stage, string finding, Fault fault, Exception? inner = null) : Exception(fault.ToString(), inner)
{
    internal Stage Stage { get; } = stage;

    /// <summary>The observation, in a few words; escaped.</summary>
    internal string Finding { get; } = UrlText.WithoutSecrets(finding);

    internal Fault Fault { get; } = fault;

    internal bool IsTimeout { get; init; }

    /// <summary>The answer to the handshake; null when none came.</summary>
    internal ReceivedAnswer? Answer { get; init; }

    /// <summary>The end of an open connection that was to stay open; null for other failures.</summary>
    internal ClientEvent? End { get; private init; }

    /// <summary>The last heads that were exchanged; null when there were none.</summary>
    internal HandshakeHeads? Heads { get; set; }

    /// <summary>Makes the exception for the end of a connection that was to stay open.</summary>
    internal static ConnectionFailedException Of(ClientEvent end, Uri url, Stage stage = Stage.Echo) =>
        new(stage, end.Describe(), end.Diagnose(url)) { End = end };

    /// <summary>Makes the exception for a server that sends messages, as many as these words say, and no echo.</summary>
    internal static ConnectionFailedException NoEcho(string messages) => new(Stage.Echo, $"{messages}, none of them the echo", new(
        "messages come, but none of them is the echo of the message sent: this is not an echo server",
        "check the path: any WebSocket echo will do, such as an EchoServer's / or /raw"));
}
