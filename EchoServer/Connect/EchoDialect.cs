namespace EchoServer.Connect;

/// <summary>How an echo server differs from a plain echo: the messages that it sends first, and the prefix of its text echoes.</summary>
/// <remarks>Learned from the messages that follow a first, unique one. Not thread-safe while it is being learned.</remarks>
internal sealed class EchoDialect
{
    /// <summary>The most messages before the first echo: a server that sends more is not an echo server.</summary>
    internal const int MaxGreetings = 20;

    private readonly List<byte[]> _greetings = [];

    /// <summary>Whether an echo was seen.</summary>
    internal bool IsKnown { get; private set; }

    /// <summary>The messages that the server sends of its own accord when a connection opens.</summary>
    internal IReadOnlyList<byte[]> Greetings => _greetings;

    /// <summary>The bytes in front of the echo of a text.</summary>
    internal byte[] Prefix { get; private set; } = [];

    /// <summary>Takes the next message after a unique one was sent on a new connection.</summary>
    /// <returns>Whether the message is the echo, so that all is known.</returns>
    internal bool Learn(byte[] message, ReadOnlySpan<byte> sent)
    {
        IsKnown = message.AsSpan().EndsWith(sent);
        if (IsKnown)
        {
            Prefix = message[..^sent.Length];
        }
        else
        {
            AddGreeting(message);
        }

        return IsKnown;
    }

    /// <summary>Takes a message that came before any that could be an echo.</summary>
    internal void AddGreeting(byte[] message) => _greetings.Add(message);

    /// <summary>Whether a message is the echo of a payload. A binary echo may have the prefix too.</summary>
    internal bool IsEcho(ReadOnlySpan<byte> message, ReadOnlySpan<byte> payload, bool isText) =>
        (message.Length == Prefix.Length + payload.Length && message.StartsWith(Prefix) && message.EndsWith(payload)) ||
        (!isText && message.SequenceEqual(payload));
}
