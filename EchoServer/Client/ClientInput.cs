using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <summary>Something to be sent.</summary>
/// <param name="Opcode">A text, a binary message, a ping or a Close.</param>
/// <param name="Payload">The message, or what the ping carries.</param>
internal sealed record ClientInput(Opcode Opcode, byte[] Payload)
{
    /// <summary>The code of a Close.</summary>
    internal CloseCode Code { get; init; } = CloseCode.NormalClosure;

    /// <summary>The reason of a Close.</summary>
    internal string Reason { get; init; } = "";
}
