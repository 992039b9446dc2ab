using EchoServer.Diagnosis;

namespace EchoServer.Connect;

/// <summary>The answer without its body, the bytes of its head with folded lines unfolded, and the bytes behind it.</summary>
internal sealed record ReceivedHead(ReceivedAnswer Answer, byte[] Head, byte[] Rest);
