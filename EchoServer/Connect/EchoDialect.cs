namespace EchoServer.Connect;

/// <summary>How an echo server differs from a plain echo: the messages that it sends first, and the prefix of its text echoes.</summary>
/// <remarks>Learned from the messages that follow a first, unique one. Not thread-safe while it is being learned.</remarks>
internal sealed class EchoDialect
{
    // A server that sends more before the first echo is not an echo server.
    private const int MaxGreetings = 20;
    private const int MaxGreetingBytes = 1024 * 1024;

    private readonly List<byte[]> _greetings = [];

    /// <summary>Whether an echo was seen.</summary>
    internal bool IsKnown { get; private set; }

    /// <summary>The messages that the server sends of its own accord when a connection opens.</summary>
    internal IReadOnlyList<byte[]> Greetings => _greetings;

    /// <summary>The bytes in front of the echo of a text.</summary>
    internal byte[] Prefix { get; private set; } = [];

    /// <summary>Learns from the messages up to the echo of a unique one, which is being sent on a new connection.</summary>
    /// <remarks>The step has the deadline, and names a failure.</remarks>
    /// <exception cref="ConnectionFailedException">No echo came.</exception>
    internal static async Task<(EchoDialect Dialect, ClientEvent Echo)> LearnAsync(
        ClientConnection connection, ReadOnlyMemory<byte> sent, Step step, CancellationToken stop)
    {
        var dialect = new EchoDialect();
        while (true)
        {
            ClientEvent? received = await connection.ReceiveMessageAsync(step.Deadline, step.Url, stop).ConfigureAwait(false);
            if (received is null)
            {
                throw dialect.Greetings.Count > 0
                    ? ConnectionFailedException.NoEcho(Numbers.Of(dialect.Greetings.Count, "message"))
                    : step.TimedOut();
            }

            if (received.Payload.AsSpan().EndsWith(sent.Span))
            {
                (dialect.IsKnown, dialect.Prefix) = (true, received.Payload[..^sent.Length]);
                return (dialect, received);
            }

            if (!dialect.TryAddGreeting(received.Payload))
            {
                throw ConnectionFailedException.NoEcho(
                    dialect.Greetings.Count == MaxGreetings ? $"over {MaxGreetings} messages" : $"messages of over {MaxGreetingBytes} bytes");
            }
        }
    }

    /// <summary>Takes a message that came before any that could be an echo.</summary>
    /// <returns>False when there are more of them, or more of their bytes, than greetings have.</returns>
    internal bool TryAddGreeting(byte[] message)
    {
        bool hasRoom = _greetings.Count < MaxGreetings && _greetings.Sum(greeting => greeting.Length) + message.Length <= MaxGreetingBytes;
        if (hasRoom)
        {
            _greetings.Add(message);
        }

        return hasRoom;
    }

    /// <summary>Whether a message is the echo of a payload. A binary echo may have the prefix too.</summary>
    internal bool IsEcho(ReadOnlySpan<byte> message, ReadOnlySpan<byte> payload, bool isText) =>
        (message.Length == Prefix.Length + payload.Length && message.StartsWith(Prefix) && message.EndsWith(payload)) ||
        (!isText && message.SequenceEqual(payload));
}
