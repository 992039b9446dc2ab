namespace EchoServer.Metrics;

/// <summary>What a server and all its connections have counted so far, and how it is doing, at one moment.</summary>
internal sealed record ServerSnapshot
{
    /// <summary>When the server was made, which is soon after the process started.</summary>
    internal required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long ago that is, whatever became of the clock.</summary>
    internal required TimeSpan Uptime { get; init; }

    internal required int OpenConnections { get; init; }

    internal required int MaxConnections { get; init; }

    /// <summary>Memory, budget and TCP connections.</summary>
    internal required ServerStats Stats { get; init; }

    /// <summary>Totals since the start. They never go down.</summary>
    internal required ServerTotals Totals { get; init; }

    internal required HistogramCounts EchoTimes { get; init; }
}
