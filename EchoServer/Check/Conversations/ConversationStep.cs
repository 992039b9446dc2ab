namespace EchoServer.Check.Conversations;

/// <summary>One step of a conversation with the server: a message to send, or one to expect.</summary>
/// <param name="Text">The text to send; null to expect a message. May be a secret, such as a token.</param>
/// <param name="Expected">The message to expect; null to send one.</param>
internal sealed record ConversationStep(string? Text, Expectation? Expected);
