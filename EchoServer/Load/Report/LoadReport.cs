using EchoServer.Metrics;

namespace EchoServer.Load.Report;

/// <summary>The result of a load, for a person (<see cref="LoadReportText"/>) or a program (<see cref="LoadReportJson"/>).</summary>
/// <remarks>The client is closed. How many connections were open is as of the end of the run.</remarks>
internal sealed record LoadReport(LoadOptions Options, LoadClient Client, LoadResult Result, int OpenAtEnd)
{
    /// <summary>The percentiles of a report: as text, as a name in JSON, as a number.</summary>
    internal static readonly (string Text, string Name, double Percent)[] Percentiles =
        [("p50", "p50", 50), ("p90", "p90", 90), ("p99", "p99", 99), ("p99.9", "p999", 99.9)];

    /// <summary>Whether there were echoes, or messages that need none, or connections to hold, and no error.</summary>
    internal bool IsFine => Client.Errors.Total == 0 && (Options.IsHeldOnly ? Client.Opened : Options.ExpectsEcho ? Result.Messages : Result.Sent) > 0;

    /// <summary>Whether each answer belongs to a message. Without echoes only equal numbers show that, those after the run included.</summary>
    internal bool IsLatencyKnown => Result.Messages > 0 && (Options.ExpectsEcho || (Result.Unanswered == 0 && Client.Untimed == 0));

    internal double ConnectionsPerSecond => PerSecond(Client.Opened, Client.ConnectElapsed);

    internal double MessagesPerSecond => PerSecond(Result.Messages, Result.Elapsed);

    internal double BytesPerSecond => PerSecond(Result.Bytes, Result.Elapsed);

    private static double PerSecond(double count, TimeSpan time) => time > TimeSpan.Zero ? count / time.TotalSeconds : 0;
}

/// <summary>The result of one run. Errors are counted over all runs: <see cref="LoadClient.Errors"/>.</summary>
/// <param name="Messages">Right echoes, or answers where they need not be echoes.</param>
/// <param name="Bytes">Their payload. That of echoes is as it was sent, without prefix and frames: so many bytes went each way.</param>
/// <param name="Elapsed">From the first message to the end of sending, or the last echo when that came later.</param>
/// <param name="Latency">How long each right echo took: from when its message was sent, with a rate from when it was due.</param>
/// <param name="Unsent">With a rate: messages that were due and still waited for echoes at the end.</param>
/// <param name="Sent">All messages of the run.</param>
/// <param name="Unanswered">Messages on open connections that had no echo or answer in time.</param>
internal sealed record LoadResult(
    long Messages, long Bytes, TimeSpan Elapsed, LatencyHistogram Latency, long Unsent, long Sent = 0, long Unanswered = 0);
