namespace EchoServer.Metrics;

/// <summary>How a server is doing, at one moment.</summary>
/// <param name="Connections">Connections, those in their handshake or their close included.</param>
/// <param name="BudgetUsed">Bytes of the memory budget in use.</param>
/// <param name="BudgetPeak">The most bytes of the budget that were ever in use.</param>
/// <param name="BudgetLimit">The memory budget in bytes.</param>
/// <param name="HeapBytes">Bytes on the managed heap, garbage that was not collected yet included.</param>
internal sealed record ServerStats(int Connections, long BudgetUsed, long BudgetPeak, long BudgetLimit, long HeapBytes);
