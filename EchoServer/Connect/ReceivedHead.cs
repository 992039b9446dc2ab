using EchoServer.Diagnosis;

namespace EchoServer.Connect;

/// <summary>The head of an answer, and the bytes behind it.</summary>
/// <param name="Answer">The answer, without its body.</param>
/// <param name="Head">The head's bytes as they arrived; folded lines are unfolded.</param>
/// <param name="Rest">The bytes behind the head.</param>
internal sealed record ReceivedHead(ReceivedAnswer Answer, byte[] Head, byte[] Rest);
