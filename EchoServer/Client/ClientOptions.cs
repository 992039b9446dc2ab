using EchoServer.Connect;

namespace EchoServer.Client;

/// <summary>What <c>client</c> does with its connection, beside how it is opened.</summary>
internal sealed record ClientOptions
{
    /// <summary>How the connection is opened. Its timeout is also how long an echo and a pong may take, and the server's Close, but that 5 s at most.</summary>
    internal required ConnectionOptions Connection { get; init; }

    /// <summary>Whether the URL was typed without a scheme: the output says which one is meant.</summary>
    internal bool IsSchemeMeant { get; init; }

    /// <summary>The messages of the command line; empty when they come from a person or a pipe.</summary>
    internal IReadOnlyList<string> Messages { get; init; } = [];

    /// <summary>How many echoes are awaited; null for one of each message.</summary>
    internal int? Count { get; init; }

    /// <summary>Whether the conversation ends with the echoes of the messages, and not when the server has said nothing for a while.</summary>
    internal bool NeedsEchoes => Messages.Count > 0;

    /// <summary>How long a server may say nothing after the input has ended.</summary>
    internal required TimeSpan Wait { get; init; }

    /// <summary>How often a ping is sent; null for never.</summary>
    internal TimeSpan? PingInterval { get; init; }

    internal bool Reconnects { get; init; }

    internal bool ShowsPings { get; init; }

    internal bool HasTimestamps { get; init; }

    internal bool IsJson { get; init; }

    /// <summary>Whether only messages and errors are shown.</summary>
    internal bool IsQuiet { get; init; }

    /// <summary>Whether the heads of the handshake are shown.</summary>
    internal bool IsVerbose { get; init; }
}
