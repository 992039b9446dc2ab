namespace EchoServer.Server;

/// <summary>The limits in force: the options, and what was made of those that leave it to the server.</summary>
/// <param name="Options">The options.</param>
/// <param name="MaxConnections">The most WebSocket connections.</param>
/// <param name="MemoryBudgetBytes">The most bytes that all connections together may make the server keep.</param>
internal sealed record ServerLimits(ServerOptions Options, int MaxConnections, long MemoryBudgetBytes);
