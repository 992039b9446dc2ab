using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <summary>A text, a binary message, a ping or a Close to be sent.</summary>
/// <remarks>Code and reason are those of a Close.</remarks>
internal sealed record ClientInput(Opcode Opcode, byte[] Payload, CloseCode Code = CloseCode.NormalClosure, string Reason = "");
