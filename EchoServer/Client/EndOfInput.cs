namespace EchoServer.Client;

/// <summary>When a conversation ends, once there is nothing more to send.</summary>
internal enum EndOfInput
{
    /// <summary>At once.</summary>
    Closes,

    /// <summary>When the server has said nothing for a while.</summary>
    WaitsForSilence,

    /// <summary>When the echoes have come.</summary>
    WaitsForEchoes,
}
