namespace EchoServer.Http;

/// <summary>The head of a response is larger than <see cref="HeadRules.MaxBytes"/>.</summary>
internal sealed class HeadTooLargeException(string message) : IOException(message);
