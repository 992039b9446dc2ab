using EchoServer.Buffers;
using EchoServer.Connect;

namespace EchoServer.Load;

/// <summary>Shared by all connections of a load.</summary>
internal sealed record LoadContext(LoadOptions Options, EchoDialect Dialect, LoadPayload Payload)
{
    /// <summary>Whether the protocol is WebSocket, not raw TCP. Computed once, because each message asks for it.</summary>
    internal bool IsWebSocket { get; } = Options.IsWebSocket;

    /// <summary>What the connections keep of messages that have not ended is counted here.</summary>
    internal MemoryBudget Budget { get; } = new(Options.MemoryBudgetBytes);

    /// <summary>Makes the context of a load, whose numbered messages must or need not be UTF-8.</summary>
    internal static LoadContext Of(LoadOptions options, EchoDialect dialect, bool isUtf8) =>
        new(options, dialect, options.Lines is null ? new StampedPayload(options.MessageBytes, isUtf8) : new LinePayload(options.Lines));
}
