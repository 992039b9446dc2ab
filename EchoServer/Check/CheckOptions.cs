using EchoServer.Check.Conversations;
using EchoServer.Connect;

namespace EchoServer.Check;

/// <summary>The URL to check, and the optional probes.</summary>
internal sealed record CheckOptions
{
    internal required string TypedUrl { get; init; }

    internal required ConnectionOptions Connection { get; init; }

    /// <summary>How long a connection is to live without messages; null for no such probe.</summary>
    internal TimeSpan? Idle { get; init; }

    /// <summary>How many connections are to be open at once; null for no such probe.</summary>
    internal int? Connections { get; init; }

    internal bool ReachesInstances { get; init; }

    /// <summary>Whether the server is to echo, although it does not say that it is an EchoServer.</summary>
    internal bool ExpectsEcho { get; init; }

    /// <summary>The messages to send and to expect, in order; empty for no such probe. The last one is expected.</summary>
    internal IReadOnlyList<ConversationStep> Conversation { get; init; } = [];

    /// <summary>Whether a warning counts as a failure.</summary>
    internal bool IsStrict { get; init; }
}
