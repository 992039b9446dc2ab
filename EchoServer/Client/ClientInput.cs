using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <summary>A text, a binary message, a ping or a Close to be sent.</summary>
internal sealed record ClientInput(Opcode Opcode, byte[] Payload)
{
    /// <summary>The code of a Close.</summary>
    internal CloseCode Code { get; init; } = CloseCode.NormalClosure;

    /// <summary>The reason of a Close.</summary>
    internal string Reason { get; init; } = "";
}
