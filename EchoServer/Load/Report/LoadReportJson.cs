using System.Text.Json;
using EchoServer.Diagnosis;
using EchoServer.Load.Opening;
using EchoServer.Metrics;
using EchoServer.WebSockets;
using JsonMembers = (string Name, object? Value)[];

namespace EchoServer.Load.Report;

/// <summary>The report for a program: one JSON object on one line. Its names do not change; new ones may come.</summary>
internal static class LoadReportJson
{
    internal static byte[] Write(LoadReport report) => ReadableJson.Write(
        ReadableJson.Compact,
        [
            ("url", UrlText.Of(report.Options.Connection.Url)),
            ("ok", report.IsFine),
            ("connections", report.Options.Connections),
            ("opened", report.Client.Opened),
            ("openAtEnd", report.OpenAtEnd),
            ("connectSeconds", report.Client.ConnectElapsed.TotalSeconds),
            ("connectionsPerSecond", report.ConnectionsPerSecond),
            ("durationSeconds", report.Result.Elapsed.TotalSeconds),
            .. report.Options.IsHeldOnly ? [] : Messages(report),
            ("reconnects", Reconnects(report.Client.Reconnects)),
            ("errors", report.Client.Errors.Counts.Select(Of)),
            ("closeCodes", report.Client.Errors.CloseCodes.Select(Of)),
        ]);

    /// <summary>Writes what there is to report of a load that did not begin.</summary>
    internal static byte[] Write(LoadOptions options, Fault failure, int? status) => ReadableJson.Write(
        ReadableJson.Compact,
        [
            ("url", UrlText.Of(options.Connection.Url)),
            ("ok", false),
            ("cause", failure.Cause),
            ("advice", failure.Advice),
            .. Status(status),
        ]);

    private static JsonMembers Messages(LoadReport report) =>
    [
        ("compressedConnections", report.Options.Connection.OffersCompression ? report.Client.Compressed : null),
        ("messageType", report.Options.IsText ? "text" : "binary"),
        ("messageBytes", report.Options.MessageBytes),
        ("lines", report.Options.Lines?.Count),
        ("expectsEcho", report.Options.ExpectsEcho),
        ("inFlight", report.Options.IsWindowed ? report.Options.InFlight : null),
        ("ratePerSecond", report.Options.Rate),
        ("sent", report.Result.Sent),
        ("messages", report.Result.Messages),
        ("messagesPerSecond", report.MessagesPerSecond),
        ("payloadBytes", report.Result.Bytes),
        ("payloadBytesPerSecond", report.BytesPerSecond),
        ("unsent", report.Result.Unsent),
        ("unanswered", report.Result.Unanswered),
        ("latencyMilliseconds", report.IsLatencyKnown ? Percentiles(report.Result.Latency) : null),
    ];

    private static JsonMembers? Percentiles(LatencyHistogram times) => times.Count == 0 ? null :
    [
        .. LoadReport.Percentiles.Select(it => (it.Name, (object?)times.Percentile(it.Percent).TotalMilliseconds)),
        ("max", times.Max.TotalMilliseconds),
    ];

    private static JsonMembers? Reconnects(ReconnectResult? result) => result is null ? null :
    [
        ("ended", result.Lost),
        ("drained", result.Drained),
        ("servedAgain", result.Times.Count),
        ("unanswered", result.Unanswered),
        ("outageMilliseconds", Percentiles(result.Times)),
        ("failedAttempts", result.FailedAttempts.Select(Of)),
    ];

    private static JsonMembers Of(LoadErrorCount error) =>
    [
        ("kind", JsonNamingPolicy.CamelCase.ConvertName(error.Kind.ToString())),
        .. Status(error.Status == 0 ? null : error.Status),
        ("count", error.Count),
        ("first", error.Example),
    ];

    private static JsonMembers Of((CloseCode Code, long Count) seen) =>
    [
        ("code", (int)seen.Code),
        ("name", Enum.IsDefined(seen.Code) ? seen.Code.ToString() : ""),
        ("count", seen.Count),
    ];

    private static JsonMembers Status(int? status) => status is null ? [] : [("status", status)];
}
