using EchoServer.Metrics;

namespace EchoServer.Load.Report;

/// <summary>The result of one run. Errors are counted over all runs: <see cref="LoadClient.Errors"/>.</summary>
/// <param name="Messages">Right echoes, or answers where they need not be echoes.</param>
/// <param name="Bytes">Their payload. That of echoes is as it was sent, without prefix and frames: so many bytes went each way.</param>
/// <param name="Elapsed">From the first message to the end of sending, or the last echo when that came later.</param>
/// <param name="Latency">How long each right echo took: from when its message was sent, with a rate from when it was due.</param>
/// <param name="Unsent">With a rate: messages that were due and still waited for echoes at the end.</param>
internal sealed record LoadResult(long Messages, long Bytes, TimeSpan Elapsed, LatencyHistogram Latency, long Unsent)
{
    internal long Sent { get; init; }

    /// <summary>Messages on open connections that had no echo or answer in time.</summary>
    internal long Unanswered { get; init; }
}
